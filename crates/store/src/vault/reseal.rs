//! Deposits that are sealed anew, to another data key: what is left, and what takes the place of what (docs/spec/reseal.md).

use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, ManifestHash, Tag};

use super::{IndexRow, VaultStore, deposits, unavailable};
use crate::StoreError;
use crate::sql::{Transaction, statement};

/// Held while rows are settled, which must not happen while they are exchanged: what was read already would come back. As in
/// `migrations/vault/postgres/0003_settled.sql`.
pub(super) const SETTLE_LOCK: i64 = 0x6e69_6768_7473_0002;

/// A deposit that was sealed anew. Id, site, reference, facets and day stay.
#[derive(Debug, Clone)]
pub struct Resealed {
    /// Which.
    pub deposit_id: DepositId,
    /// SHA-256 of the locator whose place the new one takes.
    pub before: EnvelopeHash,
    /// Manifest that it is sealed under now.
    pub manifest: ManifestHash,
    /// Data key that it is sealed to now.
    pub key_id: KeyId,
    /// Sealed locator.
    pub locator: Vec<u8>,
    /// All of its fields.
    pub fields: Vec<ResealedField>,
}

/// An envelope that takes the place of another: tag, kind and month of expiry stay.
#[derive(Clone)]
pub struct ResealedField {
    /// Where it lies.
    pub tag: Tag,
    /// SHA-256 of the envelope whose place it takes.
    pub before: EnvelopeHash,
    /// SHA-256 of the new one.
    pub hash: EnvelopeHash,
    /// Envelope v1.
    pub envelope: Vec<u8>,
}

impl VaultStore {
    /// How many deposits are sealed to each of these keys, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn deposits_under(&self, keys: &[KeyId]) -> Result<Vec<(KeyId, u64)>, StoreError> {
        let mut counts = Vec::with_capacity(keys.len());
        for key in keys {
            let row =
                statement("/* vault deposits_under */ SELECT count(*) AS number FROM deposit_index WHERE key_id = $1")
                    .bind(&key.0)
                    .fetch_one(&self.pool)
                    .await
                    .map_err(unavailable)?;
            let number: i64 = row.get("number").map_err(unavailable)?;
            counts.push((*key, number.unsigned_abs()));
        }
        Ok(counts)
    }

    /// The first deposits that are sealed to a key, by id, after this one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn next_under(
        &self,
        key: &KeyId,
        after: Option<&DepositId>,
        limit: u32,
    ) -> Result<Vec<IndexRow>, StoreError> {
        // Before every id, as no bytes sort before some
        let after: &[u8] = after.map_or(&[], |id| &id.0);
        deposits::under(&self.pool, key, after, limit).await
    }

    /// Puts a deposit that was sealed anew in the place of what it was: all of it or nothing. False when what is there is not
    /// what it takes the place of, because somebody else was first, or something was changed; then nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn reseal(&self, resealed: &Resealed) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        transaction.serialise(SETTLE_LOCK).await.map_err(unavailable)?;
        let stored = deposits::stored(&mut transaction, &resealed.deposit_id).await?;
        let Some(stored) = stored.filter(|row| EnvelopeHash::of(&row.locator) == resealed.before) else {
            return Ok(false);
        };
        let updated = statement(
            "/* vault reseal deposit */ UPDATE deposit_index SET manifest = $1, key_id = $2, locator = $3 \
             WHERE deposit_id = $4 AND locator = $5",
        )
        .bind(&resealed.manifest.0)
        .bind(&resealed.key_id.0)
        .bind(&resealed.locator)
        .bind(&resealed.deposit_id.0)
        .bind(&stored.locator)
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        if updated == 0 {
            return Ok(false);
        }
        // In the order of tags, which says nothing of that in the deposit
        let mut fields: Vec<&ResealedField> = resealed.fields.iter().collect();
        fields.sort_unstable_by_key(|field| field.tag);
        for field in fields {
            if !replace(&mut transaction, &resealed.key_id, field).await? {
                return Ok(false);
            }
        }
        transaction.commit().await.map_err(unavailable)?;
        Ok(true)
    }
}

/// False when the old row is not there.
async fn replace(transaction: &mut Transaction, key: &KeyId, field: &ResealedField) -> Result<bool, StoreError> {
    if let Transaction::Postgres(_) = transaction {
        let row = statement("/* vault replace_field */ SELECT replace_field($1, $2, $3, $4, $5) AS number")
            .bind(&field.tag.0)
            .bind(&field.before.0)
            .bind(&field.hash.0)
            .bind(&key.0)
            .bind(&field.envelope)
            .fetch_one(transaction)
            .await
            .map_err(unavailable)?;
        return Ok(row.get::<i64>("number").map_err(unavailable)? == 1);
    }
    let updated = statement(
        "/* vault update field */ UPDATE field SET envelope_hash = $1, key_id = $2, envelope = $3 \
         WHERE tag = $4 AND envelope_hash = $5",
    )
    .bind(&field.hash.0)
    .bind(&key.0)
    .bind(&field.envelope)
    .bind(&field.tag.0)
    .bind(&field.before.0)
    .execute(transaction)
    .await
    .map_err(unavailable)?;
    Ok(updated == 1)
}

/// Shows the size only.
impl std::fmt::Debug for ResealedField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ResealedField({} bytes)", self.envelope.len())
    }
}
