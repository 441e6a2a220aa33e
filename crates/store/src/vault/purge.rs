//! Data keys whose private items are destroyed, once nothing that is sealed to them is left (docs/spec/custody.md).

use nightsafe_core::scalar::KeyId;
use nightsafe_core::time::UnixTime;

use super::reseal::SETTLE_LOCK;
use super::{GRANT_LOCK, INTAKE_LOCK, VaultStore, unavailable};
use crate::StoreError;
use crate::sql::{On, Transaction, statement};

/// A data key that opens nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgedKey {
    /// Key id.
    pub key_id: KeyId,
    /// Suite name.
    pub suite: String,
    /// When its items were destroyed.
    pub at: UnixTime,
}

impl VaultStore {
    /// Data keys whose items were destroyed, in the order of their ids. [`Self::custody`] has the others.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn purged_keys(&self) -> Result<Vec<PurgedKey>, StoreError> {
        let rows = statement(
            "/* vault purged_keys */ SELECT p.key_id, k.suite, p.at FROM purged_key p \
             JOIN data_key k ON k.key_id = p.key_id ORDER BY p.key_id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        rows.iter()
            .map(|row| {
                let at: i64 = row.get("at").map_err(unavailable)?;
                let (key_id, suite) = (super::key_id(row)?, super::text(row, "suite")?);
                Ok(PurgedKey { key_id, suite, at: UnixTime::from_seconds(at.unsigned_abs()) })
            })
            .collect()
    }

    /// Whether a deposit, or a field that is left of one, is sealed to this key. Reads all field rows when there is none, and
    /// keeps nobody waiting.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn has_sealed(&self, key: &KeyId) -> Result<bool, StoreError> {
        has_sealed(&self.pool, key).await
    }

    /// Destroys all private items of a data key, however they are kept, and what is remembered of who had them: all or nothing.
    /// False when something that is sealed to it is there, in its place or in quarantine, when the key is not there, or when it
    /// was purged before; then nothing changes. Who takes deposits in waits until the end.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn purge_key(&self, key: &KeyId, now: UnixTime) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        if !purge(&mut transaction, key, now).await? {
            return Ok(false);
        }
        transaction.commit().await.map_err(unavailable)?;
        Ok(true)
    }
}

/// Within a transaction, which is to be given up unless it is true.
pub(super) async fn purge(transaction: &mut Transaction, key: &KeyId, now: UnixTime) -> Result<bool, StoreError> {
    for lock in [SETTLE_LOCK, INTAKE_LOCK, GRANT_LOCK] {
        transaction.serialise(lock).await.map_err(unavailable)?;
    }
    let now = now.seconds().cast_signed();
    if let Transaction::Postgres(_) = transaction {
        // With the owner's rights: the vault's role can delete no recovery grant otherwise
        let row = statement("/* vault purge_key */ SELECT purge_key($1, $2) AS number")
            .bind(&key.0)
            .bind(now)
            .fetch_one(transaction)
            .await
            .map_err(unavailable)?;
        return Ok(row.get::<i64>("number").map_err(unavailable)? == 1);
    }
    if has_sealed(&mut *transaction, key).await? {
        return Ok(false);
    }
    let purged = statement(
        "/* vault insert purged */ INSERT INTO purged_key (key_id, at) SELECT key_id, $2 FROM data_key WHERE key_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM quarantine WHERE instr(body, $1) > 0) ON CONFLICT DO NOTHING",
    )
    .bind(&key.0)
    .bind(now)
    .execute(&mut *transaction)
    .await
    .map_err(unavailable)?;
    if purged == 0 {
        return Ok(false);
    }
    for delete in [
        "/* vault destroy wrapped */ DELETE FROM wrapped_item WHERE key_id = $1",
        "/* vault destroy recovery */ DELETE FROM recovery_grant WHERE key_id = $1",
        "/* vault destroy grants */ DELETE FROM admin_grant WHERE key_id = $1",
        "/* vault forget grants */ DELETE FROM ended_grant WHERE key_id = $1",
    ] {
        statement(delete).bind(&key.0).execute(&mut *transaction).await.map_err(unavailable)?;
    }
    Ok(true)
}

/// Whether nothing of this key opens any more. Who asks within a transaction holds the lock that keeps it so.
pub(super) async fn is_purged(transaction: &mut Transaction, key: &KeyId) -> Result<bool, StoreError> {
    let found = statement("/* vault is_purged */ SELECT 1 FROM purged_key WHERE key_id = $1")
        .bind(&key.0)
        .fetch_optional(transaction)
        .await
        .map_err(unavailable)?;
    Ok(found.is_some())
}

async fn has_sealed<'c>(on: impl Into<On<'c>>, key: &KeyId) -> Result<bool, StoreError> {
    let found = statement(
        "/* vault has_sealed */ SELECT 1 WHERE EXISTS (SELECT 1 FROM deposit_index WHERE key_id = $1) \
         OR EXISTS (SELECT 1 FROM field_row WHERE key_id = $1)",
    )
    .bind(&key.0)
    .fetch_optional(on)
    .await
    .map_err(unavailable)?;
    Ok(found.is_some())
}

#[cfg(test)]
mod tests {
    use super::super::POSTGRES;
    use super::{GRANT_LOCK, INTAKE_LOCK, SETTLE_LOCK};

    #[test]
    fn the_function_takes_the_same_locks_in_the_same_order() {
        let function = POSTGRES.schema.migrations.iter().find(|step| step.name == "purged").unwrap().sql;
        let place = |lock: i64| function.find(&format!("pg_advisory_xact_lock({lock})")).unwrap();
        assert!([SETTLE_LOCK, INTAKE_LOCK, GRANT_LOCK].map(place).is_sorted());
    }
}
