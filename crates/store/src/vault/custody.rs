//! Data keys with their wrapped items and recovery grants; manifests.

use nightsafe_core::scalar::{KeyId, ManifestHash};

use super::identities::{StoredGrant, insert_admin_grant};
use super::{VaultStore, unavailable};
use crate::StoreError;
use crate::sql::{Row, Transaction, statement};

/// A data key with the items that open it, each wrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustodyKey {
    /// Key id.
    pub key_id: KeyId,
    /// Suite name.
    pub suite: String,
    /// Public key.
    pub public_key: Vec<u8>,
    /// Private items that are wrapped under the passphrase, in the order of their names.
    pub items: Vec<CustodyItem>,
}

/// A private item, wrapped under the passphrase (docs/spec/custody.md).
#[derive(Clone, PartialEq, Eq)]
pub struct CustodyItem {
    /// Item name.
    pub item: String,
    /// Wrapped item.
    pub wrapped: Vec<u8>,
}

/// A private item, sealed to a recovery key (docs/spec/custody.md).
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryGrant {
    /// Item name.
    pub item: String,
    /// Recovery key that it is sealed to.
    pub recovery_key_id: KeyId,
    /// Sealed item.
    pub sealed: Vec<u8>,
}

/// A data key to be added, with everything that can open it.
#[derive(Debug, Clone)]
pub struct NewDataKey {
    /// Public part and wrapped items.
    pub key: CustodyKey,
    /// The same items, sealed to the recovery key.
    pub grants: Vec<RecoveryGrant>,
    /// The same items, granted to admins.
    pub admin_grants: Vec<StoredGrant>,
}

impl VaultStore {
    /// Adds a data key with its items and grants, all or nothing. False when the key is there
    /// already; then nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn add_data_key(&self, new: &NewDataKey) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let added = statement(
            "/* vault add_data_key */ INSERT INTO data_key (key_id, suite, public_key) \
             VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(&new.key.key_id.0)
        .bind(&new.key.suite)
        .bind(&new.key.public_key)
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        if added == 0 {
            return Ok(false);
        }
        for item in &new.key.items {
            insert_item(&mut transaction, &new.key.key_id, item).await?;
        }
        for grant in &new.grants {
            insert_grant(&mut transaction, &new.key.key_id, grant).await?;
        }
        for grant in &new.admin_grants {
            insert_admin_grant(&mut transaction, grant).await?;
        }
        transaction.commit().await.map_err(unavailable)?;
        Ok(true)
    }

    /// Every data key with its wrapped items, of which keys that are granted to admins have none. Those whose items were
    /// destroyed are not among them: [`Self::purged_keys`] has them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn custody(&self) -> Result<Vec<CustodyKey>, StoreError> {
        let rows = statement(
            "/* vault custody */ SELECT k.key_id, k.suite, k.public_key, w.item, w.wrapped \
             FROM data_key k LEFT JOIN wrapped_item w ON w.key_id = k.key_id \
             WHERE NOT EXISTS (SELECT 1 FROM purged_key p WHERE p.key_id = k.key_id) ORDER BY k.key_id, w.item",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let mut keys: Vec<CustodyKey> = Vec::new();
        for row in &rows {
            let key_id = super::key_id(row)?;
            if keys.last().is_none_or(|key| key.key_id != key_id) {
                let (suite, public_key) = (super::text(row, "suite")?, super::bytes(row, "public_key")?);
                keys.push(CustodyKey { key_id, suite, public_key, items: Vec::new() });
            }
            if let (Some(key), Some(item)) = (keys.last_mut(), wrapped_item(row)?) {
                key.items.push(item);
            }
        }
        Ok(keys)
    }

    /// The recovery grants of a data key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn recovery_grants(&self, key_id: &KeyId) -> Result<Vec<RecoveryGrant>, StoreError> {
        let rows = statement(
            "/* vault recovery_grants */ SELECT item, recovery_key_id, sealed \
             FROM recovery_grant WHERE key_id = $1 ORDER BY recovery_key_id, item",
        )
        .bind(&key_id.0)
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        rows.iter().map(read_recovery_grant).collect()
    }

    /// Adds a signed manifest. False when it is there already; the first signatures stay.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn add_manifest(&self, hash: &ManifestHash, sequence: u64, note: &str) -> Result<bool, StoreError> {
        let added = statement(
            "/* vault add_manifest */ INSERT INTO manifest (manifest, sequence, note) \
             VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(&hash.0)
        .bind(i64::try_from(sequence).unwrap_or(i64::MAX))
        .bind(note)
        .execute(&self.pool)
        .await
        .map_err(unavailable)?;
        Ok(added > 0)
    }

    /// The notes of all manifests, in the order of their sequence numbers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn manifests(&self) -> Result<Vec<String>, StoreError> {
        let rows = statement("/* vault manifests */ SELECT note FROM manifest ORDER BY sequence, manifest")
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable)?;
        rows.iter().map(|row| super::text(row, "note")).collect()
    }

    /// The note of one manifest.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn manifest(&self, hash: &ManifestHash) -> Result<Option<String>, StoreError> {
        statement("/* vault manifest */ SELECT note FROM manifest WHERE manifest = $1")
            .bind(&hash.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?
            .map(|row| row.get("note").map_err(unavailable))
            .transpose()
    }
}

pub(super) fn read_recovery_grant(row: &Row) -> Result<RecoveryGrant, StoreError> {
    Ok(RecoveryGrant {
        item: super::text(row, "item")?,
        recovery_key_id: super::fixed(row, "recovery_key_id").map(KeyId)?,
        sealed: super::bytes(row, "sealed")?,
    })
}

/// The item of a row, if the key has any.
fn wrapped_item(row: &Row) -> Result<Option<CustodyItem>, StoreError> {
    let item: Option<String> = row.get("item").map_err(unavailable)?;
    item.map(|item| Ok(CustodyItem { item, wrapped: super::bytes(row, "wrapped")? })).transpose()
}

async fn insert_item(transaction: &mut Transaction, key_id: &KeyId, item: &CustodyItem) -> Result<(), StoreError> {
    statement(
        "/* vault insert_item */ INSERT INTO wrapped_item (key_id, item, wrapped) \
         VALUES ($1, $2, $3)",
    )
    .bind(&key_id.0)
    .bind(&item.item)
    .bind(&item.wrapped)
    .execute(transaction)
    .await
    .map_err(unavailable)?;
    Ok(())
}

async fn insert_grant(transaction: &mut Transaction, key_id: &KeyId, grant: &RecoveryGrant) -> Result<(), StoreError> {
    statement(
        "/* vault insert_grant */ INSERT INTO recovery_grant \
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

/// Shows the name only.
impl std::fmt::Debug for CustodyItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CustodyItem({})", self.item)
    }
}

/// Shows the names only.
impl std::fmt::Debug for RecoveryGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecoveryGrant({}, {})", self.item, self.recovery_key_id)
    }
}
