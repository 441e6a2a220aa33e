//! Taking deposits in: one transaction a batch, the same result however often it is repeated.

use std::collections::BTreeMap;

use nightsafe_core::audit::PointHash;
use nightsafe_core::envelope::Envelope;
use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, Tag};

use super::{INTAKE_LOCK, IndexRow, VaultStore, deposits, purge, unavailable};
use crate::StoreError;
use crate::sql::{Row, Transaction, statement};

/// A deposit as it came from the outbox.
#[derive(Clone)]
pub struct Arrival {
    /// The id that the outbox has it under; need not be right.
    pub deposit_id: [u8; 32],
    /// Day of arrival at ingest.
    pub day: String,
    /// Goes into quarantine only; the vault keeps no nonces.
    pub nonce: [u8; 32],
    /// Canonical body, for quarantine only.
    pub body: Vec<u8>,
    /// SHA-256 over nonce and body.
    pub body_hash: [u8; 32],
    /// What the body says, or why it says nothing.
    pub content: Result<(IndexRow, Vec<FieldRow>), Reason>,
}

/// A row of the field table.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldRow {
    /// Where the locator's secret puts it.
    pub tag: Tag,
    /// SHA-256 of the envelope.
    pub envelope_hash: EnvelopeHash,
    /// Field kind.
    pub kind: String,
    /// Data key that the envelope is sealed to.
    pub key_id: KeyId,
    /// Month of expiry, `YYYY-MM`.
    pub expires: String,
    /// Envelope v1.
    pub envelope: Vec<u8>,
}

impl FieldRow {
    /// What an audit entry names the envelope by; `None` when what lies there is none.
    pub fn point(&self) -> Option<PointHash> {
        point_of(self.envelope.clone())
    }
}

pub(super) fn point_of(envelope: Vec<u8>) -> Option<PointHash> {
    Envelope::parse(envelope).ok().map(|envelope| PointHash::of(envelope.x25519_point()))
}

/// Why a deposit is in quarantine. The text is stable: it is in the table and in logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Not a canonical body, or a member is out of its limits.
    Malformed,
    /// The id is not the hash of nonce and body.
    WrongId,
    /// For another site.
    WrongSite,
    /// The vault holds other content under the same id, or under the same tag and envelope hash.
    Conflict,
    /// Sealed to a data key whose private items were destroyed: nobody opens it.
    PurgedKey,
}

/// What became of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its rows are new.
    Stored,
    /// It had been taken in before.
    AlreadyThere,
    /// It is in quarantine.
    Quarantined(Reason),
}

/// The same on both engines, but for where new rows go.
macro_rules! insert_field {
    ($table:literal) => {
        concat!(
            "/* vault insert_field */ INSERT INTO ",
            $table,
            " (tag, envelope_hash, kind, key_id, expires, envelope) VALUES ($1, $2, $3, $4, $5, $6)"
        )
    };
}

/// Field rows of the whole batch, in the order of their tags.
type Pending<'a> = BTreeMap<(Tag, EnvelopeHash), &'a FieldRow>;

impl Reason {
    /// The name in table and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::WrongId => "wrong-id",
            Self::WrongSite => "wrong-site",
            Self::Conflict => "conflict",
            Self::PurgedKey => "purged-key",
        }
    }
}

impl VaultStore {
    /// Takes a batch in, or all of it into quarantine where it must go, in one transaction. After
    /// `Ok` every arrival can be deleted from the outbox. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`]: then nothing was stored.
    pub async fn take_in(&self, arrivals: &[Arrival]) -> Result<Vec<Outcome>, StoreError> {
        let mut transaction = self.write().await?;
        transaction.serialise(INTAKE_LOCK).await.map_err(unavailable)?;
        let mut pending = Pending::new();
        let mut outcomes = Vec::with_capacity(arrivals.len());
        for arrival in arrivals {
            let outcome = match &arrival.content {
                Ok((index, fields)) => take(&mut transaction, index, fields, &mut pending).await?,
                Err(reason) => Outcome::Quarantined(*reason),
            };
            if let Outcome::Quarantined(reason) = outcome {
                quarantine(&mut transaction, arrival, reason).await?;
            }
            outcomes.push(outcome);
        }
        // In the order of tags, not of deposits: neighbours in the file and in the write-ahead
        // log are then not neighbours by deposit
        for field in pending.values() {
            insert_field(&mut transaction, field).await?;
        }
        transaction.commit().await.map_err(unavailable)?;
        Ok(outcomes)
    }
}

async fn take<'a>(
    transaction: &mut Transaction,
    index: &IndexRow,
    fields: &'a [FieldRow],
    pending: &mut Pending<'a>,
) -> Result<Outcome, StoreError> {
    let mut new = Vec::with_capacity(fields.len());
    for field in fields {
        let other = match pending.get(&(field.tag, field.envelope_hash)) {
            Some(other) => Some((*other).clone()),
            None => stored_field(transaction, field).await?,
        };
        match other {
            None => new.push(((field.tag, field.envelope_hash), field)),
            Some(other) if other == *field => {}
            Some(_) => return Ok(Outcome::Quarantined(Reason::Conflict)),
        }
    }
    match deposits::stored(&mut *transaction, &index.deposit_id).await? {
        Some(row) if row.same_deposit(index) => Ok(Outcome::AlreadyThere),
        Some(_) => Ok(Outcome::Quarantined(Reason::Conflict)),
        // Its rows are gone because their time was over
        None if is_taken(transaction, &index.deposit_id).await? => Ok(Outcome::AlreadyThere),
        // Whoever purges a key holds the lock of intake, too: either it finds this deposit, or this finds the key gone
        None if purge::is_purged(transaction, &index.key_id).await? => Ok(Outcome::Quarantined(Reason::PurgedKey)),
        None => {
            deposits::insert(transaction, index).await?;
            keep_id(transaction, &index.deposit_id).await?;
            pending.extend(new);
            Ok(Outcome::Stored)
        }
    }
}

async fn is_taken(transaction: &mut Transaction, id: &DepositId) -> Result<bool, StoreError> {
    let found = statement("/* vault is_taken */ SELECT 1 FROM taken WHERE deposit_id = $1")
        .bind(&id.0)
        .fetch_optional(transaction)
        .await
        .map_err(unavailable)?;
    Ok(found.is_some())
}

async fn keep_id(transaction: &mut Transaction, id: &DepositId) -> Result<(), StoreError> {
    statement("/* vault keep id */ INSERT INTO taken (deposit_id) VALUES ($1)")
        .bind(&id.0)
        .execute(transaction)
        .await
        .map_err(unavailable)?;
    Ok(())
}

async fn stored_field(transaction: &mut Transaction, field: &FieldRow) -> Result<Option<FieldRow>, StoreError> {
    statement(
        "/* vault stored_field */ SELECT tag, envelope_hash, kind, key_id, expires, envelope \
         FROM field_row WHERE tag = $1 AND envelope_hash = $2",
    )
    .bind(&field.tag.0)
    .bind(&field.envelope_hash.0)
    .fetch_optional(transaction)
    .await
    .map_err(unavailable)?
    .map(|row| read_field(&row))
    .transpose()
}

async fn insert_field(transaction: &mut Transaction, field: &FieldRow) -> Result<(), StoreError> {
    // New rows lie apart on PostgreSQL, until settling
    let insert = match transaction {
        Transaction::Sqlite(_) => insert_field!("field"),
        Transaction::Postgres(_) => insert_field!("field_staging"),
    };
    statement(insert)
        .bind(&field.tag.0)
        .bind(&field.envelope_hash.0)
        .bind(&field.kind)
        .bind(&field.key_id.0)
        .bind(&field.expires)
        .bind(&field.envelope)
        .execute(transaction)
        .await
        .map_err(unavailable)?;
    Ok(())
}

async fn quarantine(transaction: &mut Transaction, arrival: &Arrival, reason: Reason) -> Result<(), StoreError> {
    statement(
        "/* vault quarantine */ INSERT INTO quarantine \
         (deposit_id, body_hash, day, reason, nonce, body) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT DO NOTHING",
    )
    .bind(&arrival.deposit_id)
    .bind(&arrival.body_hash)
    .bind(&arrival.day)
    .bind(reason.as_str())
    .bind(&arrival.nonce)
    .bind(&arrival.body)
    .execute(transaction)
    .await
    .map_err(unavailable)?;
    Ok(())
}

pub(super) fn read_field(row: &Row) -> Result<FieldRow, StoreError> {
    Ok(FieldRow {
        tag: super::tag(row)?,
        envelope_hash: super::envelope_hash(row)?,
        kind: super::text(row, "kind")?,
        key_id: super::key_id(row)?,
        expires: super::text(row, "expires")?,
        envelope: row.get("envelope").map_err(unavailable)?,
    })
}

/// Shows the size only.
impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Arrival({} bytes)", self.body.len())
    }
}

/// Shows what the row shows to everybody.
impl std::fmt::Debug for FieldRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FieldRow({}, {} bytes)", self.kind, self.envelope.len())
    }
}
