//! Audit keys: what entries of the log are sealed to, and who can open them. Which one is used is said by the roster.

use nightsafe_core::scalar::{IdentityId, KeyId};

use super::custody::read_recovery_grant;
use super::{RecoveryGrant, StoredGrant, VaultStore, bytes, key_id, text, unavailable};
use crate::StoreError;
use crate::sql::{Row, Transaction, statement};

/// The public part of an audit key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAuditKey {
    /// Key id.
    pub key_id: KeyId,
    /// Public key, X-Wing.
    pub public_key: Vec<u8>,
}

/// An audit key to be added, with everything that can open it.
#[derive(Debug, Clone)]
pub struct NewAuditKey {
    /// Public part.
    pub key: StoredAuditKey,
    /// Its items, sealed to the recovery key.
    pub grants: Vec<RecoveryGrant>,
    /// The same items, granted to admins.
    pub admin_grants: Vec<StoredGrant>,
}

impl VaultStore {
    /// Adds an audit key with its grants, all or nothing. False when the key is there already; then nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn add_audit_key(&self, new: &NewAuditKey) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let added = statement(
            "/* vault add_audit_key */ INSERT INTO audit_key (key_id, public_key) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(&new.key.key_id.0)
        .bind(&new.key.public_key)
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        if added == 0 {
            return Ok(false);
        }
        for grant in &new.grants {
            insert_recovery_grant(&mut transaction, &new.key.key_id, grant).await?;
        }
        for grant in &new.admin_grants {
            insert_audit_grant(&mut transaction, grant).await?;
        }
        transaction.commit().await.map_err(unavailable)?;
        Ok(true)
    }

    /// All audit keys that there ever were, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn audit_keys(&self) -> Result<Vec<StoredAuditKey>, StoreError> {
        let rows = statement("/* vault audit_keys */ SELECT key_id, public_key FROM audit_key ORDER BY key_id")
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable)?;
        rows.iter()
            .map(|row| Ok(StoredAuditKey { key_id: key_id(row)?, public_key: bytes(row, "public_key")? }))
            .collect()
    }

    /// What is granted of audit keys to an identity, in the order of keys and items.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn audit_grants_to(&self, recipient: &IdentityId) -> Result<Vec<StoredGrant>, StoreError> {
        let rows = statement(
            "/* vault audit_grants_to */ SELECT key_id, item, granted FROM audit_grant WHERE recipient = $1 \
             ORDER BY key_id, item",
        )
        .bind(recipient.as_bytes())
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let grant = |row: &Row| {
            Ok(StoredGrant {
                key_id: key_id(row)?,
                recipient: *recipient,
                item: text(row, "item")?,
                granted: bytes(row, "granted")?,
            })
        };
        rows.iter().map(grant).collect()
    }

    /// The recovery grants of an audit key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn audit_recovery_grants(&self, key_id: &KeyId) -> Result<Vec<RecoveryGrant>, StoreError> {
        let rows = statement(
            "/* vault audit_recovery_grants */ SELECT item, recovery_key_id, sealed \
             FROM audit_recovery_grant WHERE key_id = $1 ORDER BY recovery_key_id, item",
        )
        .bind(&key_id.0)
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        rows.iter().map(read_recovery_grant).collect()
    }
}

/// Adds a grant of an audit key; what is granted already stays. `None` when the key is no audit key.
pub(super) async fn insert_grant_if_audit_key(
    transaction: &mut Transaction,
    grant: &StoredGrant,
) -> Result<Option<u64>, StoreError> {
    let found = statement("/* vault is_audit_key */ SELECT 1 FROM audit_key WHERE key_id = $1")
        .bind(&grant.key_id.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(unavailable)?;
    match found {
        Some(_) => insert_audit_grant(transaction, grant).await.map(Some),
        None => Ok(None),
    }
}

async fn insert_audit_grant(transaction: &mut Transaction, grant: &StoredGrant) -> Result<u64, StoreError> {
    statement(
        "/* vault add_audit_grant */ INSERT INTO audit_grant (key_id, recipient, item, granted) \
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(&grant.key_id.0)
    .bind(grant.recipient.as_bytes())
    .bind(&grant.item)
    .bind(&grant.granted)
    .execute(transaction)
    .await
    .map_err(unavailable)
}

async fn insert_recovery_grant(
    transaction: &mut Transaction,
    key_id: &KeyId,
    grant: &RecoveryGrant,
) -> Result<(), StoreError> {
    statement(
        "/* vault add_audit_recovery_grant */ INSERT INTO audit_recovery_grant \
         (key_id, item, recovery_key_id, sealed) VALUES ($1, $2, $3, $4)",
    )
    .bind(&key_id.0)
    .bind(&grant.item)
    .bind(&grant.recovery_key_id.0)
    .bind(&grant.sealed)
    .execute(transaction)
    .await
    .map_err(unavailable)?;
    Ok(())
}
