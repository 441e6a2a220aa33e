//! Opening what the vault holds, as the admin does, and finding what is missing or there twice.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nightsafe_core::grant::{AdminGrant, open_key};
use nightsafe_core::identity::{Identity, Unlock, WrappedIdentity};
use nightsafe_core::keys::{DataPublicKey, PrivateItems};
use nightsafe_core::opening::{Opener, SealedDeposit, SealedRow};
use nightsafe_core::roster;
use nightsafe_core::scalar::DepositId;
use nightsafe_core::suite::Suite;
use nightsafe_login::{ServerSetup, Stretch, export_key};
use nightsafe_store::Database;
use nightsafe_store::outbox::OutboxReader;
use nightsafe_store::vault::{CustodyKey, FieldRow, Filter, IndexRow, VaultStore};
use tokio::runtime::Runtime;

use crate::process::pause;
use crate::shoppers::Held;
use crate::site::{ADMIN, RealSite};

/// All deposits must be in the vault by then.
const DRAIN: Duration = Duration::from_secs(90);

/// Deposits in one page.
const PAGE: u32 = 500;

/// Every receipt opens to what was sealed, nothing is there twice, nothing is in quarantine.
pub fn all_open_once(site: &RealSite, vault: &str, held: &[Held]) {
    Runtime::new().unwrap().block_on(async {
        let opening = Opening::start(site, vault).await;
        for one in held {
            assert_eq!(opening.texts(&one.id).await, [one.phone.as_str()], "{}", one.reference);
        }
        let references = opening.references().await;
        for one in held {
            assert!(references.contains(&one.reference), "{} is lost", one.reference);
        }
        assert_eq!(opening.quarantined().await, 0);
        opening.close().await;
    });
}

/// Waits until the outbox is empty; fails with the number of deposits that are left.
///
/// # Errors
/// That number.
pub fn drain(outbox: &str) -> Result<(), u64> {
    let start = Instant::now();
    loop {
        let left = backlog(outbox);
        if left == 0 {
            return Ok(());
        }
        if start.elapsed() > DRAIN {
            return Err(left);
        }
        pause(Duration::from_millis(100));
    }
}

/// How many deposits wait in an outbox.
pub fn backlog(outbox: &str) -> u64 {
    let outbox: Database = outbox.parse().unwrap();
    Runtime::new().unwrap().block_on(async {
        let reader = OutboxReader::open(&outbox).await.unwrap();
        let left = reader.backlog().await.unwrap();
        reader.close().await;
        left
    })
}

/// The vault's database, with the admin's keys.
#[derive(Debug)]
pub struct Opening {
    opener: Arc<Opener>,
    store: VaultStore,
}

/// The first admin, who signs in as with a browser, and all that is granted to her.
pub async fn first_admin(site: &RealSite, store: &VaultStore) -> (Identity, Vec<PrivateItems>) {
    let login = ServerSetup::from_bytes(&std::fs::read(site.data().join("keys/login.key")).unwrap()).unwrap();
    let record = store.admin_record("anna").await.unwrap().unwrap();
    let export_key = export_key(&login, "anna", &record, ADMIN.as_bytes(), &Stretch::STANDARD).unwrap();
    let (anchor, stored) = (site.anchor(), store.identity_of("anna").await.unwrap().unwrap());
    let wrapped = WrappedIdentity::parse(&stored.wrapped[0].wrapped).unwrap();
    let admin = wrapped.unwrap(&anchor.site, &stored.id, &Unlock::Login(&export_key)).unwrap();
    let roster = roster::verify_at_any_time(&store.roster().await.unwrap(), &anchor).unwrap();
    let granted = store.grants_to(&admin.id()).await.unwrap();
    let custody = store.custody().await.unwrap();
    let open = |key: &CustodyKey| {
        let public = DataPublicKey::parse(Suite::from_name(&key.suite).unwrap(), &key.public_key).unwrap();
        let own = granted.iter().filter(|grant| grant.key_id == key.key_id);
        let grants: Vec<_> = own.map(|grant| AdminGrant::parse(&grant.granted).unwrap()).collect();
        open_key(&admin, &roster, &public, &grants).unwrap()
    };
    let keys = custody.iter().map(open).collect();
    (admin, keys)
}

impl Opening {
    /// Opens the vault, and unlocks the data keys that `nightsafe init` put there.
    pub async fn start(site: &RealSite, vault: &str) -> Self {
        let store = VaultStore::open(&vault.parse::<Database>().unwrap()).await.unwrap();
        let manifest = site.manifest();
        let name = manifest.manifest().site.clone();
        let (_, keys) = first_admin(site, &store).await;
        Self::of(Arc::new(Opener::new(name, keys, vec![manifest])), store)
    }

    /// Somebody with these keys and manifests.
    pub fn of(opener: Arc<Opener>, store: VaultStore) -> Self {
        Self { opener, store }
    }

    /// The texts of all values of a deposit, which must be there once, whole and unchanged.
    pub async fn texts(&self, id: &DepositId) -> Vec<String> {
        let row = self.row(id).await;
        let deposit = self.opener.open_locator(&sealed(&row, &facets(&row)));
        assert_eq!(deposit.differences(), [], "{id:?}");
        let stored = self.rows(id).await;
        let rows: Vec<_> = stored.iter().map(|row| SealedRow { tag: row.tag, envelope: &row.envelope }).collect();
        let opened = self.opener.open_rows(&deposit, &rows, &[]);
        assert_eq!(opened.differences, [], "{id:?}");
        let values = opened.fields.iter().flat_map(|(_, value)| value.parts());
        values.map(|(_, text)| text.to_owned()).collect()
    }

    /// The field rows of a deposit, one of each.
    pub async fn rows(&self, id: &DepositId) -> Vec<FieldRow> {
        let row = self.row(id).await;
        let deposit = self.opener.open_locator(&sealed(&row, &facets(&row)));
        let mut stored = Vec::new();
        for listed in self.opener.listed(&deposit) {
            let rows = self.store.field_rows(&listed.tag).await.unwrap();
            assert_eq!(rows.len(), 1, "rows of one field of {id:?}");
            stored.extend(rows);
        }
        stored
    }

    /// Whether a deposit does not open to these keys as it was sealed.
    pub async fn differs(&self, id: &DepositId) -> bool {
        let row = self.row(id).await;
        !self.opener.open_locator(&sealed(&row, &facets(&row))).differences().is_empty()
    }

    async fn row(&self, id: &DepositId) -> IndexRow {
        self.store.deposit(id).await.unwrap().unwrap_or_else(|| panic!("{id:?} has a receipt and is lost"))
    }

    /// Whether a deposit is there.
    pub async fn has(&self, id: &DepositId) -> bool {
        self.store.deposit(id).await.unwrap().is_some()
    }

    /// References of all deposits in the vault. None may be there twice: each order of a test has one of its own.
    pub async fn references(&self) -> BTreeSet<String> {
        let (mut references, mut after) = (BTreeSet::new(), None);
        loop {
            let page = self.store.search(&Filter::default(), after.as_ref(), PAGE).await.unwrap();
            for row in page.rows {
                assert!(references.insert(row.reference.clone()), "{} is there twice", row.reference);
            }
            after = page.next;
            if after.is_none() {
                return references;
            }
        }
    }

    /// How many deposits are in quarantine.
    pub async fn quarantined(&self) -> usize {
        self.store.quarantined(100).await.unwrap().len()
    }

    pub async fn close(self) {
        self.store.close().await;
    }
}

fn facets(row: &IndexRow) -> Vec<(&str, &str)> {
    row.facets.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

fn sealed<'a>(row: &'a IndexRow, facets: &'a [(&'a str, &'a str)]) -> SealedDeposit<'a> {
    SealedDeposit {
        site: &row.site,
        reference: &row.reference,
        manifest: row.manifest,
        key_id: row.key_id,
        facets,
        locator: &row.locator,
    }
}
