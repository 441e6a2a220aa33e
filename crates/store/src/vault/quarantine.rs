//! Deposits that could not be taken in, for the operator who resolves them. The vault's own role may add some and read
//! them; only the owner of the database may drop one.

use super::{VaultStore, unavailable};
use crate::StoreError;
use crate::sql::statement;

/// A row of the quarantine, without its body. Id and content together name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The id under which it came.
    pub deposit_id: [u8; 32],
    /// SHA-256 over nonce and body.
    pub content: [u8; 32],
    /// Bytes of its body.
    pub size: u64,
    /// Day of arrival at ingest.
    pub day: String,
    /// [`Reason::as_str`].
    pub reason: String,
}

impl VaultStore {
    /// What is in quarantine, oldest day first, at most `limit` rows.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn quarantined(&self, limit: u32) -> Result<Vec<Quarantined>, StoreError> {
        let rows = statement(
            "/* vault quarantined */ SELECT deposit_id, body_hash, day, reason, \
             CAST(length(body) AS bigint) AS size FROM quarantine ORDER BY day, deposit_id, body_hash LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        rows.iter()
            .map(|row| {
                let size: i64 = row.get("size").map_err(unavailable)?;
                Ok(Quarantined {
                    deposit_id: super::fixed(row, "deposit_id")?,
                    content: super::fixed(row, "body_hash")?,
                    size: size.unsigned_abs(),
                    day: super::text(row, "day")?,
                    reason: super::text(row, "reason")?,
                })
            })
            .collect()
    }

    /// Contents of all rows that came under an id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn quarantined_under(&self, deposit_id: &[u8; 32]) -> Result<Vec<[u8; 32]>, StoreError> {
        let rows = statement(
            "/* vault quarantined under */ SELECT body_hash FROM quarantine WHERE deposit_id = $1 ORDER BY body_hash",
        )
        .bind(deposit_id)
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        rows.iter().map(|row| super::fixed(row, "body_hash")).collect()
    }

    /// The body of a row as it came; `None` when there is no such row.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn quarantined_body(
        &self,
        deposit_id: &[u8; 32],
        content: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        statement("/* vault quarantined body */ SELECT body FROM quarantine WHERE deposit_id = $1 AND body_hash = $2")
            .bind(deposit_id)
            .bind(content)
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?
            .map(|row| super::bytes(&row, "body"))
            .transpose()
    }

    /// Deletes a row; whether it was there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], also when the role may not.
    pub async fn drop_quarantined(&self, deposit_id: &[u8; 32], content: &[u8; 32]) -> Result<bool, StoreError> {
        let gone =
            statement("/* vault drop quarantined */ DELETE FROM quarantine WHERE deposit_id = $1 AND body_hash = $2")
                .bind(deposit_id)
                .bind(content)
                .execute(&self.pool)
                .await
                .map_err(unavailable)?;
        Ok(gone > 0)
    }
}
