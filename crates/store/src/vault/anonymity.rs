//! How many field rows there are that nothing tells apart: the sets in which a thief has to guess.

use nightsafe_core::scalar::KeyId;

use super::{VaultStore, unavailable};
use crate::StoreError;
use crate::sql::statement;

/// Field rows that differ in nothing but their tags and their ciphertext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnonymitySet {
    /// Field kind.
    pub kind: String,
    /// Data key.
    pub key_id: KeyId,
    /// Month of expiry, `YYYY-MM`.
    pub expires: String,
    /// Bytes of an envelope, which follow from the kind's bucket.
    pub size: u64,
    /// How many there are.
    pub rows: u64,
}

impl VaultStore {
    /// All sets, the smallest first. Reads every field row.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn anonymity_sets(&self) -> Result<Vec<AnonymitySet>, StoreError> {
        let rows = statement(
            "/* vault anonymity_sets */ SELECT kind, key_id, expires, CAST(length(envelope) AS bigint) AS size, \
             CAST(count(*) AS bigint) AS number FROM field_row GROUP BY kind, key_id, expires, length(envelope) \
             ORDER BY number, expires, kind, size, key_id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        rows.iter()
            .map(|row| {
                let (size, number): (i64, i64) =
                    (row.get("size").map_err(unavailable)?, row.get("number").map_err(unavailable)?);
                Ok(AnonymitySet {
                    kind: super::text(row, "kind")?,
                    key_id: super::key_id(row)?,
                    expires: super::text(row, "expires")?,
                    size: size.unsigned_abs(),
                    rows: number.unsigned_abs(),
                })
            })
            .collect()
    }
}
