//! Identities of admins, and what is granted to whom. Nothing here is verified: browsers do that, from the site
//! keys down.

use nightsafe_core::scalar::{IdentityId, KeyId};

use super::audit_keys::insert_grant_if_audit_key;
use super::{GRANT_LOCK, VaultStore, unavailable};
use crate::StoreError;
use crate::sql::{Row, Transaction, statement};

/// An admin's identity as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredIdentity {
    /// Its name.
    pub id: IdentityId,
    /// Public identity (docs/spec/identity.md).
    pub public: Vec<u8>,
    /// Every way to unlock it, in the order of methods and slots.
    pub wrapped: Vec<StoredWrapped>,
}

/// An identity's private halves under one way to unlock them.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredWrapped {
    /// Method name.
    pub method: String,
    /// Which of the method's; empty where there is one only.
    pub slot: String,
    /// Wrapped identity (docs/spec/identity.md).
    pub wrapped: Vec<u8>,
}

/// A private item of a data key, or of an audit key, that is granted to an admin.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredGrant {
    /// The key.
    pub key_id: KeyId,
    /// Who can open it.
    pub recipient: IdentityId,
    /// Item name.
    pub item: String,
    /// Admin grant (docs/spec/custody.md).
    pub granted: Vec<u8>,
}

impl VaultStore {
    /// Gives an admin an identity, all or nothing. False when there is no such admin, when the admin has one, or when
    /// the identity is there already; then nothing changes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn add_identity(&self, admin: &str, identity: &StoredIdentity) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let added = statement(
            "/* vault add_identity */ INSERT INTO identity (identity_id, public) SELECT $1, $2 \
             WHERE EXISTS (SELECT 1 FROM admin WHERE name = $3) ON CONFLICT DO NOTHING",
        )
        .bind(identity.id.as_bytes())
        .bind(&identity.public)
        .bind(admin)
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        let named = statement(
            "/* vault name_identity */ INSERT INTO admin_identity (admin, identity_id) SELECT $1, $2 \
             WHERE EXISTS (SELECT 1 FROM admin WHERE name = $1) ON CONFLICT DO NOTHING",
        )
        .bind(admin)
        .bind(identity.id.as_bytes())
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        if added == 0 || named == 0 {
            return Ok(false); // what the first statement did is undone
        }
        for wrapped in &identity.wrapped {
            insert_wrapped(&mut transaction, &identity.id, wrapped).await?;
        }
        transaction.commit().await.map_err(unavailable)?;
        Ok(true)
    }

    /// The identity that an admin's sign-in unlocks.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn identity_of(&self, admin: &str) -> Result<Option<StoredIdentity>, StoreError> {
        let rows = statement(
            "/* vault identity_of */ SELECT i.identity_id, i.public, w.method, w.slot, w.wrapped \
             FROM admin_identity a JOIN identity i ON i.identity_id = a.identity_id \
             JOIN wrapped_identity w ON w.identity_id = i.identity_id WHERE a.admin = $1 ORDER BY w.method, w.slot",
        )
        .bind(admin)
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let Some(first) = rows.first() else { return Ok(None) };
        Ok(Some(StoredIdentity {
            id: identity_id(first, "identity_id")?,
            public: super::bytes(first, "public")?,
            wrapped: rows.iter().map(wrapped).collect::<Result<_, _>>()?,
        }))
    }

    /// Whether a sign-in unlocks this identity.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn has_identity(&self, id: &IdentityId) -> Result<bool, StoreError> {
        let row = statement("/* vault has_identity */ SELECT 1 FROM admin_identity WHERE identity_id = $1")
            .bind(id.as_bytes())
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(row.is_some())
    }

    /// All public identities, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn public_identities(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = statement("/* vault public_identities */ SELECT public FROM identity ORDER BY identity_id")
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable)?;
        rows.iter().map(|row| super::bytes(row, "public")).collect()
    }

    /// Adds grants of data keys and of audit keys, all or nothing; what is granted already stays as it is, and what is of a
    /// purged key is left out, as it would have been destroyed by now. Gives how many are new.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], also when a key or a recipient is not there.
    pub async fn add_grants(&self, grants: &[StoredGrant]) -> Result<u64, StoreError> {
        let mut transaction = self.write().await?;
        let added = insert_grants(&mut transaction, grants).await?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(added)
    }

    /// What is granted of data keys to an identity, in the order of keys and items.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn grants_to(&self, recipient: &IdentityId) -> Result<Vec<StoredGrant>, StoreError> {
        let rows = statement(
            "/* vault grants_to */ SELECT key_id, item, granted FROM admin_grant WHERE recipient = $1 \
             ORDER BY key_id, item",
        )
        .bind(recipient.as_bytes())
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let grant = |row: &Row| {
            Ok(StoredGrant {
                key_id: super::key_id(row)?,
                recipient: *recipient,
                item: super::text(row, "item")?,
                granted: super::bytes(row, "granted")?,
            })
        };
        rows.iter().map(grant).collect()
    }

    /// To whom data keys and audit keys are granted, with the number of items, in the order of keys and recipients.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn grant_holders(&self) -> Result<Vec<(KeyId, IdentityId, u64)>, StoreError> {
        let rows = statement(
            "/* vault grant_holders */ SELECT key_id, recipient, count(*) AS items FROM \
             (SELECT key_id, recipient FROM admin_grant UNION ALL SELECT key_id, recipient FROM audit_grant) AS granted \
             GROUP BY key_id, recipient ORDER BY key_id, recipient",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let holder = |row: &Row| {
            let items: i64 = row.get("items").map_err(unavailable)?;
            Ok((super::key_id(row)?, identity_id(row, "recipient")?, items.unsigned_abs()))
        };
        rows.iter().map(holder).collect()
    }
}

impl VaultStore {
    /// Which data keys were granted to identities that have ended, in the order of keys and identities.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn ended_grants(&self) -> Result<Vec<(KeyId, IdentityId)>, StoreError> {
        let rows =
            statement("/* vault ended_grants */ SELECT key_id, recipient FROM ended_grant ORDER BY key_id, recipient")
                .fetch_all(&self.pool)
                .await
                .map_err(unavailable)?;
        rows.iter().map(|row| Ok((super::key_id(row)?, identity_id(row, "recipient")?))).collect()
    }
}

async fn insert_wrapped(
    transaction: &mut Transaction,
    id: &IdentityId,
    wrapped: &StoredWrapped,
) -> Result<(), StoreError> {
    statement(
        "/* vault add_wrapped_identity */ INSERT INTO wrapped_identity (identity_id, method, slot, wrapped) \
         VALUES ($1, $2, $3, $4)",
    )
    .bind(id.as_bytes())
    .bind(&wrapped.method)
    .bind(&wrapped.slot)
    .bind(&wrapped.wrapped)
    .execute(transaction)
    .await
    .map_err(unavailable)?;
    Ok(())
}

pub(super) async fn insert_grants(transaction: &mut Transaction, grants: &[StoredGrant]) -> Result<u64, StoreError> {
    transaction.serialise(GRANT_LOCK).await.map_err(unavailable)?;
    let mut added = 0_u64;
    for grant in grants {
        added = added.saturating_add(insert_admin_grant(transaction, grant).await?);
    }
    Ok(added)
}

/// Of a data key or of an audit key: no id is that of both. With [`GRANT_LOCK`], unless the key has just been added.
pub(super) async fn insert_admin_grant(transaction: &mut Transaction, grant: &StoredGrant) -> Result<u64, StoreError> {
    if let Some(added) = insert_grant_if_audit_key(transaction, grant).await? {
        return Ok(added);
    }
    statement(
        "/* vault add_admin_grant */ INSERT INTO admin_grant (key_id, recipient, item, granted) \
         SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT 1 FROM purged_key WHERE key_id = $1) ON CONFLICT DO NOTHING",
    )
    .bind(&grant.key_id.0)
    .bind(grant.recipient.as_bytes())
    .bind(&grant.item)
    .bind(&grant.granted)
    .execute(transaction)
    .await
    .map_err(unavailable)
}

fn identity_id(row: &Row, column: &'static str) -> Result<IdentityId, StoreError> {
    super::fixed(row, column).map(IdentityId)
}

fn wrapped(row: &Row) -> Result<StoredWrapped, StoreError> {
    Ok(StoredWrapped {
        method: super::text(row, "method")?,
        slot: super::text(row, "slot")?,
        wrapped: super::bytes(row, "wrapped")?,
    })
}

/// Shows the names only.
impl std::fmt::Debug for StoredWrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredWrapped({}, {:?})", self.method, self.slot)
    }
}

/// Shows the names only.
impl std::fmt::Debug for StoredGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredGrant({} of {} to {})", self.item, self.key_id, self.recipient)
    }
}
