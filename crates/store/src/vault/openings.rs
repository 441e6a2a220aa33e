//! Handing out field rows, and the record of it.

use nightsafe_core::audit::PointHash;
use nightsafe_core::log::{CheckpointError, Hash};
use nightsafe_core::scalar::{DepositId, EnvelopeHash, Tag};
use nightsafe_core::time::UnixTime;

use super::intake::{FieldRow, point_of, read_field};
use super::log::append;
use super::{AppendError, Appended, NewLeaf, VaultStore, unavailable};
use crate::StoreError;
use crate::sql::{On, Transaction, statement};

/// What is wanted of one deposit.
#[derive(Debug, Clone)]
pub struct OpeningRequest {
    /// Deposit id.
    pub deposit_id: DepositId,
    /// Fields to hand out.
    pub open: Vec<FieldOpening>,
    /// Tags of which only the hashes are wanted.
    pub check: Vec<Tag>,
}

/// One field to hand out.
#[derive(Debug, Clone)]
pub struct FieldOpening {
    /// Field kind.
    pub kind: String,
    /// Which of the deposit's fields of that kind, from 0.
    pub index: u32,
    /// Where it lies. Used to find the row, never stored.
    pub tag: Tag,
    /// What for.
    pub purpose: String,
}

/// What the vault has for one deposit's tags.
#[derive(Debug, Clone, Default)]
pub struct OpenedFields {
    /// Rows under the tags of `open`, several a tag when somebody resealed.
    pub rows: Vec<FieldRow>,
    /// Rows under the tags of `check`, by hash; and those of `open` that are no envelopes, which nobody can open.
    pub present: Vec<PresentField>,
}

/// A row that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresentField {
    /// Its tag.
    pub tag: Tag,
    /// SHA-256 of its envelope.
    pub hash: EnvelopeHash,
    /// What an audit entry names it by; `None` when what lies there is no envelope.
    pub point: Option<PointHash>,
}

/// Why nothing was handed out, and nothing recorded.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such deposit.
    #[error("there is no deposit {0}")]
    UnknownDeposit(DepositId),
    /// The rows are not those that were agreed to.
    #[error("the entry names other envelopes than there are")]
    Differs,
    /// The audit log was not appended to.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}

/// One recorded opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Field kind.
    pub kind: String,
    /// Which of the deposit's fields of that kind.
    pub index: u32,
    /// What for.
    pub purpose: String,
    /// Who.
    pub admin: String,
    /// When.
    pub at: UnixTime,
}

impl VaultStore {
    /// Hands out the rows of a batch and records their openings, in one transaction: no row leaves without its record,
    /// and there is no record of what was not there. `Err` of the inner result is the first deposit that does not exist;
    /// then nothing is recorded and nothing handed out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn open_fields(
        &self,
        requests: &[OpeningRequest],
        admin: &str,
        now: UnixTime,
    ) -> Result<Result<Vec<OpenedFields>, DepositId>, StoreError> {
        let mut transaction = self.write().await?;
        let answers = match hand_out(&mut transaction, requests, |_| true, Some((admin, now))).await {
            Ok(answers) => answers,
            Err(Refused::UnknownDeposit(id)) => return Ok(Err(id)),
            Err(Refused::Store(error)) => return Err(error),
        };
        transaction.commit().await.map_err(unavailable)?;
        Ok(Ok(answers))
    }

    /// The same with the audit log: the leaves are appended in the same transaction, once `agrees` has seen what is to be
    /// handed out. All or nothing. What is no envelope, and so has no place in an entry, is told by its hash only.
    ///
    /// # Errors
    /// [`OpenError`]
    pub async fn open_fields_recorded<A, S>(
        &self,
        (requests, admin, now): (&[OpeningRequest], &str, UnixTime),
        leaves: &[NewLeaf],
        agrees: A,
        sign: S,
    ) -> Result<(Vec<OpenedFields>, Appended), OpenError>
    where
        A: FnOnce(&[OpenedFields]) -> bool,
        S: FnOnce(u64, Hash) -> Result<String, CheckpointError>,
    {
        self.open_with_leaves((requests, Some((admin, now))), leaves, agrees, sign).await
    }

    /// The same to seal it anew, which the audit log alone records: nobody reads it.
    ///
    /// # Errors
    /// [`OpenError`]
    pub async fn open_to_reseal<A, S>(
        &self,
        requests: &[OpeningRequest],
        leaves: &[NewLeaf],
        agrees: A,
        sign: S,
    ) -> Result<(Vec<OpenedFields>, Appended), OpenError>
    where
        A: FnOnce(&[OpenedFields]) -> bool,
        S: FnOnce(u64, Hash) -> Result<String, CheckpointError>,
    {
        self.open_with_leaves((requests, None), leaves, agrees, sign).await
    }

    async fn open_with_leaves<A, S>(
        &self,
        (requests, recorded): (&[OpeningRequest], Option<(&str, UnixTime)>),
        leaves: &[NewLeaf],
        agrees: A,
        sign: S,
    ) -> Result<(Vec<OpenedFields>, Appended), OpenError>
    where
        A: FnOnce(&[OpenedFields]) -> bool,
        S: FnOnce(u64, Hash) -> Result<String, CheckpointError>,
    {
        let mut transaction = self.write().await?;
        let answers = match hand_out(&mut transaction, requests, |row| row.point().is_some(), recorded).await {
            Ok(answers) => answers,
            Err(Refused::UnknownDeposit(id)) => return Err(OpenError::UnknownDeposit(id)),
            Err(Refused::Store(error)) => return Err(error.into()),
        };
        if !agrees(&answers) {
            return Err(OpenError::Differs);
        }
        let appended = append(&mut transaction, leaves, sign).await?;
        transaction.commit().await.map_err(unavailable)?;
        Ok((answers, appended))
    }

    /// Every row under a tag, for opening without a server.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn field_rows(&self, tag: &Tag) -> Result<Vec<FieldRow>, StoreError> {
        rows_of(&self.pool, tag).await
    }

    /// Openings of a deposit, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn openings(&self, id: &DepositId) -> Result<Vec<Opening>, StoreError> {
        let rows = statement(
            "/* vault openings */ SELECT kind, field_no, purpose, admin, at FROM opening \
             WHERE deposit_id = $1 ORDER BY at, number",
        )
        .bind(&id.0)
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        rows.iter()
            .map(|row| {
                let index: i64 = row.get("field_no").map_err(unavailable)?;
                let at: i64 = row.get("at").map_err(unavailable)?;
                Ok(Opening {
                    kind: super::text(row, "kind")?,
                    index: u32::try_from(index).map_err(|_| super::damaged("field_no"))?,
                    purpose: super::text(row, "purpose")?,
                    admin: super::text(row, "admin")?,
                    at: UnixTime::from_seconds(at.unsigned_abs()),
                })
            })
            .collect()
    }
}

enum Refused {
    UnknownDeposit(DepositId),
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What there is under the tags, and the record of it, where it is to be kept; within a transaction, which is to be given up on an error.
async fn hand_out(
    transaction: &mut Transaction,
    requests: &[OpeningRequest],
    takes: fn(&FieldRow) -> bool,
    recorded: Option<(&str, UnixTime)>,
) -> Result<Vec<OpenedFields>, Refused> {
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        if !exists(transaction, &request.deposit_id).await? {
            return Err(Refused::UnknownDeposit(request.deposit_id));
        }
        let mut opened = OpenedFields::default();
        for field in &request.open {
            let rows = rows_of(&mut *transaction, &field.tag).await?;
            // A row of another kind is not what the record would say was opened
            let rows = rows.into_iter().filter(|row| row.kind == field.kind);
            let (rows, others): (Vec<_>, Vec<_>) = rows.partition(takes);
            if let Some((admin, now)) = recorded
                && !rows.is_empty()
            {
                record(transaction, &request.deposit_id, field, admin, now).await?;
            }
            opened.rows.extend(rows);
            let none = |row: FieldRow| PresentField { tag: row.tag, hash: row.envelope_hash, point: None };
            opened.present.extend(others.into_iter().map(none));
        }
        opened.present.extend(present(transaction, &request.check).await?);
        answers.push(opened);
    }
    Ok(answers)
}

async fn exists(transaction: &mut Transaction, id: &DepositId) -> Result<bool, StoreError> {
    let found = statement("/* vault exists */ SELECT 1 FROM deposit_index WHERE deposit_id = $1")
        .bind(&id.0)
        .fetch_optional(transaction)
        .await
        .map_err(unavailable)?;
    Ok(found.is_some())
}

async fn record(
    transaction: &mut Transaction,
    id: &DepositId,
    field: &FieldOpening,
    admin: &str,
    now: UnixTime,
) -> Result<(), StoreError> {
    statement(
        "/* vault record opening */ INSERT INTO opening \
         (deposit_id, kind, field_no, purpose, admin, at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&id.0)
    .bind(&field.kind)
    .bind(i64::from(field.index))
    .bind(&field.purpose)
    .bind(admin)
    .bind(now.seconds().cast_signed())
    .execute(transaction)
    .await
    .map_err(unavailable)?;
    Ok(())
}

async fn present(transaction: &mut Transaction, tags: &[Tag]) -> Result<Vec<PresentField>, StoreError> {
    let mut present = Vec::new();
    for tag in tags {
        let rows = statement(
            "/* vault check field */ SELECT envelope_hash, envelope FROM field_row WHERE tag = $1 \
             ORDER BY envelope_hash",
        )
        .bind(&tag.0)
        .fetch_all(&mut *transaction)
        .await
        .map_err(unavailable)?;
        for row in &rows {
            let (hash, envelope) = (super::envelope_hash(row)?, super::bytes(row, "envelope")?);
            present.push(PresentField { tag: *tag, hash, point: point_of(envelope) });
        }
    }
    Ok(present)
}

async fn rows_of<'c>(on: impl Into<On<'c>>, tag: &Tag) -> Result<Vec<FieldRow>, StoreError> {
    let rows = statement(
        "/* vault field rows */ SELECT tag, envelope_hash, kind, key_id, expires, envelope \
         FROM field_row WHERE tag = $1 ORDER BY envelope_hash",
    )
    .bind(&tag.0)
    .fetch_all(on)
    .await
    .map_err(unavailable)?;
    rows.iter().map(read_field).collect()
}
