//! Handing out field rows, and the record of it.

use nightsafe_core::scalar::{DepositId, EnvelopeHash, Tag};
use nightsafe_core::time::UnixTime;

use super::intake::{FieldRow, read_field};
use super::{VaultStore, unavailable};
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
    /// Rows under the tags of `check`, by hash.
    pub present: Vec<(Tag, EnvelopeHash)>,
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
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            if !exists(&mut transaction, &request.deposit_id).await? {
                return Ok(Err(request.deposit_id));
            }
            let mut opened = OpenedFields::default();
            for field in &request.open {
                let rows = rows_of(&mut transaction, &field.tag).await?;
                // A row of another kind is not what the record would say was opened
                let rows: Vec<_> = rows.into_iter().filter(|row| row.kind == field.kind).collect();
                if !rows.is_empty() {
                    record(&mut transaction, &request.deposit_id, field, admin, now).await?;
                }
                opened.rows.extend(rows);
            }
            opened.present = present(&mut transaction, &request.check).await?;
            answers.push(opened);
        }
        transaction.commit().await.map_err(unavailable)?;
        Ok(Ok(answers))
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

async fn present(transaction: &mut Transaction, tags: &[Tag]) -> Result<Vec<(Tag, EnvelopeHash)>, StoreError> {
    let mut present = Vec::new();
    for tag in tags {
        let rows = statement(
            "/* vault check field */ SELECT envelope_hash FROM field_row WHERE tag = $1 \
             ORDER BY envelope_hash",
        )
        .bind(&tag.0)
        .fetch_all(&mut *transaction)
        .await
        .map_err(unavailable)?;
        for row in &rows {
            present.push((*tag, super::envelope_hash(row)?));
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
