//! Index rows: insert, read one, search with keyset pages.

use std::collections::BTreeMap;

use nightsafe_core::scalar::{DepositId, KeyId, ManifestHash};

use super::{VaultStore, unavailable};
use crate::StoreError;
use crate::sql::{On, Row, Transaction, statement};

/// The facet columns, in the order of the table. Their names are the facets' names.
pub const FACETS: [&str; 8] =
    ["brand", "last4", "expiry", "postal_code", "country", "street_number", "area_code", "email"];

/// What is known of a deposit without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexRow {
    /// Deposit id.
    pub deposit_id: DepositId,
    /// Site name.
    pub site: String,
    /// The shop's reference.
    pub reference: String,
    /// Manifest that it was sealed under.
    pub manifest: ManifestHash,
    /// Data key that it is sealed to.
    pub key_id: KeyId,
    /// Facet name (one of [`FACETS`]) to text.
    pub facets: BTreeMap<String, String>,
    /// Day of arrival at ingest, `YYYY-MM-DD`.
    pub day: String,
    /// Sealed locator.
    pub locator: Vec<u8>,
}

/// What a row must be like; `None` matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The shop's reference, whole.
    pub reference: Option<String>,
    /// Card brand.
    pub brand: Option<String>,
    /// Last four digits of the card number.
    pub last4: Option<String>,
    /// Postal code, whole.
    pub postal_code: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Day of arrival.
    pub day: Option<String>,
}

/// The last row of the page before: where the next one starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Its day.
    pub day: String,
    /// Its id.
    pub deposit_id: DepositId,
}

/// A page of a search, newest day first.
#[derive(Debug, Clone)]
pub struct Page {
    /// Rows.
    pub rows: Vec<IndexRow>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<After>,
}

macro_rules! columns {
    () => {
        "deposit_id, site, reference, manifest, key_id, brand, last4, expiry, postal_code, \
         country, street_number, area_code, email, day, locator"
    };
}

/// One statement for each column that a search can start from, so that each has an index to walk;
/// the other terms are checked on the rows that it yields.
macro_rules! search {
    ($name:literal, $by:literal) => {
        concat!(
            "/* vault search ",
            $name,
            " */ SELECT ",
            columns!(),
            " FROM deposit_index WHERE ",
            $by,
            " AND ($1 IS NULL OR reference = $1) AND ($2 IS NULL OR brand = $2) \
             AND ($3 IS NULL OR last4 = $3) AND ($4 IS NULL OR postal_code = $4) \
             AND ($5 IS NULL OR country = $5) AND ($6 IS NULL OR day = $6) \
             AND day <= $7 AND (day < $7 OR deposit_id > $8) \
             ORDER BY day DESC, deposit_id LIMIT $9"
        )
    };
}

const BY_REFERENCE: &str = search!("by reference", "reference = $1");
const BY_LAST4: &str = search!("by last4", "last4 = $3");
const BY_POSTAL_CODE: &str = search!("by postal_code", "postal_code = $4");
const BY_BRAND: &str = search!("by brand", "brand = $2");
const BY_COUNTRY: &str = search!("by country", "country = $5");
const BY_DAY: &str = search!("by day", "day <= $7");

/// Every statement that [`VaultStore::search`] can run, so that a test can ask for their plans.
#[doc(hidden)]
pub fn search_statements() -> [&'static str; 6] {
    [BY_REFERENCE, BY_LAST4, BY_POSTAL_CODE, BY_BRAND, BY_COUNTRY, BY_DAY]
}

impl IndexRow {
    /// Whether what arrived, under the id's hash, is this deposit. A retry may come on a later day, and after the deposit was
    /// sealed anew, to another key.
    pub(super) fn same_deposit(&self, arrived: &Self) -> bool {
        let Self { deposit_id, site, reference, manifest, key_id, facets, day: _, locator } = self;
        let sealed_anew = *key_id != arrived.key_id;
        *deposit_id == arrived.deposit_id
            && *site == arrived.site
            && *reference == arrived.reference
            && *facets == arrived.facets
            && (sealed_anew || *manifest == arrived.manifest && *locator == arrived.locator)
    }
}

impl Filter {
    /// The statement that starts from the most telling term given.
    fn statement(&self) -> &'static str {
        if self.reference.is_some() {
            BY_REFERENCE
        } else if self.last4.is_some() {
            BY_LAST4
        } else if self.postal_code.is_some() {
            BY_POSTAL_CODE
        } else if self.day.is_some() {
            BY_DAY
        } else if self.brand.is_some() {
            BY_BRAND
        } else if self.country.is_some() {
            BY_COUNTRY
        } else {
            BY_DAY
        }
    }

    /// First day to look at: a search for one day starts there.
    fn start(&self, after: Option<&After>) -> (String, Vec<u8>) {
        match after {
            Some(after) => (after.day.clone(), after.deposit_id.0.to_vec()),
            // Sorts before every id and after every day
            None => (self.day.clone().unwrap_or_else(|| "9999-12-31".to_owned()), Vec::new()),
        }
    }
}

impl VaultStore {
    /// Rows that match, newest day first, at most `limit` of them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn search(&self, filter: &Filter, after: Option<&After>, limit: u32) -> Result<Page, StoreError> {
        let (day, id) = filter.start(after);
        let rows = statement(filter.statement())
            .bind(&filter.reference)
            .bind(&filter.brand)
            .bind(&filter.last4)
            .bind(&filter.postal_code)
            .bind(&filter.country)
            .bind(&filter.day)
            .bind(&day)
            .bind(&id)
            // One more than asked for tells whether there is a next page
            .bind(i64::from(limit).saturating_add(1))
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable)?;
        let mut rows = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| After { day: row.day.clone(), deposit_id: row.deposit_id });
        Ok(Page { rows, next })
    }

    /// One row, `None` when there is no such deposit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn deposit(&self, id: &DepositId) -> Result<Option<IndexRow>, StoreError> {
        stored(&self.pool, id).await
    }

    /// The manifest that a deposit was sealed under, `None` when there is no such deposit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn manifest_of(&self, id: &DepositId) -> Result<Option<ManifestHash>, StoreError> {
        statement("/* vault manifest_of */ SELECT manifest FROM deposit_index WHERE deposit_id = $1")
            .bind(&id.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?
            .map(|row| super::manifest(&row))
            .transpose()
    }
}

pub(super) async fn stored<'c>(on: impl Into<On<'c>>, id: &DepositId) -> Result<Option<IndexRow>, StoreError> {
    statement(concat!("/* vault deposit */ SELECT ", columns!(), " FROM deposit_index WHERE deposit_id = $1"))
        .bind(&id.0)
        .fetch_optional(on)
        .await
        .map_err(unavailable)?
        .map(|row| read(&row))
        .transpose()
}

/// Rows of one data key, by id, after these bytes.
pub(super) async fn under<'c>(
    on: impl Into<On<'c>>,
    key: &KeyId,
    after: &[u8],
    limit: u32,
) -> Result<Vec<IndexRow>, StoreError> {
    let rows = statement(concat!(
        "/* vault next_under */ SELECT ",
        columns!(),
        " FROM deposit_index WHERE key_id = $1 AND deposit_id > $2 ORDER BY deposit_id LIMIT $3"
    ))
    .bind(&key.0)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(on)
    .await
    .map_err(unavailable)?;
    rows.iter().map(read).collect()
}

pub(super) async fn insert(transaction: &mut Transaction, index: &IndexRow) -> Result<(), StoreError> {
    let mut query = statement(concat!(
        "/* vault insert deposit */ INSERT INTO deposit_index (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    ))
    .bind(&index.deposit_id.0)
    .bind(&index.site)
    .bind(&index.reference)
    .bind(&index.manifest.0)
    .bind(&index.key_id.0);
    for facet in FACETS {
        query = query.bind(index.facets.get(facet));
    }
    query.bind(&index.day).bind(&index.locator).execute(transaction).await.map_err(unavailable)?;
    Ok(())
}

fn read(row: &Row) -> Result<IndexRow, StoreError> {
    let mut facets = BTreeMap::new();
    for facet in FACETS {
        if let Some(text) = row.get::<Option<String>>(facet).map_err(unavailable)? {
            facets.insert(facet.to_owned(), text);
        }
    }
    Ok(IndexRow {
        deposit_id: super::deposit_id(row)?,
        site: super::text(row, "site")?,
        reference: super::text(row, "reference")?,
        manifest: super::manifest(row)?,
        key_id: super::key_id(row)?,
        facets,
        day: super::text(row, "day")?,
        locator: super::bytes(row, "locator")?,
    })
}
