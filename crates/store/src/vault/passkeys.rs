//! Passkeys: what assertions are held against, and what their PRFs unlock. Both come and go together.

use nightsafe_core::passkey::PasskeyId;
use nightsafe_core::time::UnixTime;

use super::{VaultStore, bytes, fixed, text, unavailable};
use crate::StoreError;
use crate::sql::{Row, Transaction, statement};

/// How many an admin may have.
pub const MAX_PASSKEYS: i64 = 8;

/// A passkey of an admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its name in requests and in the audit log.
    pub id: PasskeyId,
    /// Whose.
    pub admin: String,
    /// WebAuthn credential id.
    pub credential: Vec<u8>,
    /// COSE key.
    pub public_key: Vec<u8>,
    /// The authenticator's count when it was last used.
    pub sign_count: u32,
    /// What the admin calls it.
    pub name: String,
    /// When it was added.
    pub made: UnixTime,
    /// When it last signed in.
    pub last_used: Option<UnixTime>,
    /// Whether it unlocks the identity by itself.
    pub unlocks: bool,
}

/// A passkey that is to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewPasskey<'p> {
    /// Its name in requests and in the audit log.
    pub id: &'p PasskeyId,
    /// Whose.
    pub admin: &'p str,
    /// SHA-256 of the token of the session in which it was made.
    pub session: &'p [u8; 32],
    /// Host of the admin site, where it is good.
    pub rp_id: &'p str,
    /// WebAuthn credential id.
    pub credential: &'p [u8],
    /// COSE key.
    pub public_key: &'p [u8],
    /// The authenticator's count.
    pub sign_count: u32,
    /// What the admin calls it.
    pub name: &'p str,
    /// The identity, wrapped with method `passkey`; none when it has no PRF.
    pub wrapped: Option<&'p [u8]>,
    /// Now.
    pub made: UnixTime,
}

/// A passkey that signs in.
#[derive(Clone, Copy, Debug)]
pub struct UsedPasskey<'p> {
    /// Which.
    pub id: &'p PasskeyId,
    /// Whose.
    pub admin: &'p str,
    /// The authenticator's count before, and now.
    pub count: (u32, u32),
}

impl VaultStore {
    /// An admin's passkeys for a host, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn passkeys(&self, admin: &str, rp_id: &str) -> Result<Vec<Passkey>, StoreError> {
        let rows = statement(
            "/* vault passkeys */ SELECT passkey_id, admin, credential, public_key, sign_count, name, made, last_used \
             FROM passkey WHERE admin = $1 AND rp_id = $2 ORDER BY made, passkey_id",
        )
        .bind(admin)
        .bind(rp_id)
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let mut passkeys = Vec::with_capacity(rows.len());
        for row in &rows {
            passkeys.push(self.with_unlocks(row).await?);
        }
        Ok(passkeys)
    }

    /// The passkey of this id at a host.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn passkey(&self, id: &PasskeyId, rp_id: &str) -> Result<Option<Passkey>, StoreError> {
        let row = statement(
            "/* vault passkey */ SELECT passkey_id, admin, credential, public_key, sign_count, name, made, last_used \
             FROM passkey WHERE passkey_id = $1 AND rp_id = $2",
        )
        .bind(id.as_bytes())
        .bind(rp_id)
        .fetch_optional(&self.pool)
        .await
        .map_err(unavailable)?;
        match row {
            Some(row) => self.with_unlocks(&row).await.map(Some),
            None => Ok(None),
        }
    }

    /// What the PRF of a passkey unlocks: the admin's identity, wrapped. None for one without a PRF.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn wrapped_for_passkey(&self, admin: &str, id: &PasskeyId) -> Result<Option<Vec<u8>>, StoreError> {
        let slot = id.to_hex();
        let row = statement(
            "/* vault wrapped_for_passkey */ SELECT w.wrapped FROM wrapped_identity w JOIN admin_identity a ON \
             a.identity_id = w.identity_id WHERE a.admin = $1 AND w.method = 'passkey' AND w.slot = $2",
        )
        .bind(admin)
        .bind(&slot)
        .fetch_optional(&self.pool)
        .await
        .map_err(unavailable)?;
        row.map(|row| bytes(&row, "wrapped")).transpose()
    }

    /// Keeps a passkey, all or nothing. False when the session is gone, when it is there already, when the admin has
    /// [`MAX_PASSKEYS`], or has no identity that it could unlock; then nothing changes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn add_passkey(&self, new: NewPasskey<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let added = add(&mut transaction, new).await?;
        if added {
            transaction.commit().await.map_err(unavailable)?;
        }
        Ok(added)
    }

    /// Removes one of an admin's passkeys, with what it unlocks. False when there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn remove_passkey(&self, admin: &str, id: &PasskeyId) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let removed = remove(&mut transaction, admin, id).await?;
        if removed {
            transaction.commit().await.map_err(unavailable)?;
        }
        Ok(removed)
    }

    async fn with_unlocks(&self, row: &Row) -> Result<Passkey, StoreError> {
        let passkey = passkey(row)?;
        let unlocks = self.wrapped_for_passkey(&passkey.admin, &passkey.id).await?.is_some();
        Ok(Passkey { unlocks, ..passkey })
    }
}

/// Within a transaction, which is to be given up unless it is true.
pub(super) async fn add(transaction: &mut Transaction, new: NewPasskey<'_>) -> Result<bool, StoreError> {
    // The row is held until the end: the number of passkeys does not change meanwhile
    let held = statement(
        "/* vault hold_admin_for_passkey */ UPDATE admin SET record = record WHERE name = $1 AND \
         EXISTS (SELECT 1 FROM session WHERE token_hash = $2 AND admin = $1)",
    )
    .bind(new.admin)
    .bind(new.session)
    .execute(&mut *transaction)
    .await
    .map_err(unavailable)?;
    if held == 0 {
        return Ok(false);
    }
    let added = statement(
        "/* vault add_passkey */ INSERT INTO passkey (passkey_id, admin, rp_id, credential, public_key, sign_count, name, \
         made, last_used) SELECT $1, $2, $3, $4, $5, $6, $7, $8, 0 WHERE (SELECT count(*) FROM passkey WHERE admin = $2) < $9 \
         ON CONFLICT DO NOTHING",
    )
    .bind(new.id.as_bytes())
    .bind(new.admin)
    .bind(new.rp_id)
    .bind(new.credential)
    .bind(new.public_key)
    .bind(i64::from(new.sign_count))
    .bind(new.name)
    .bind(new.made.seconds().cast_signed())
    .bind(MAX_PASSKEYS)
    .execute(&mut *transaction)
    .await
    .map_err(unavailable)?;
    if added == 0 {
        return Ok(false);
    }
    let Some(wrapped) = new.wrapped else { return Ok(true) };
    let slot = new.id.to_hex();
    let kept = statement(
        "/* vault wrap_for_passkey */ INSERT INTO wrapped_identity (identity_id, method, slot, wrapped) \
         SELECT identity_id, 'passkey', $2, $3 FROM admin_identity WHERE admin = $1",
    )
    .bind(new.admin)
    .bind(&slot)
    .bind(wrapped)
    .execute(transaction)
    .await
    .map_err(unavailable)?;
    Ok(kept > 0)
}

/// Within a transaction, which is to be given up unless it is true.
pub(super) async fn remove(transaction: &mut Transaction, admin: &str, id: &PasskeyId) -> Result<bool, StoreError> {
    let slot = id.to_hex();
    statement(
        "/* vault remove_passkey_wrapping */ DELETE FROM wrapped_identity WHERE method = 'passkey' AND slot = $2 AND \
         identity_id = (SELECT identity_id FROM admin_identity WHERE admin = $1)",
    )
    .bind(admin)
    .bind(&slot)
    .execute(&mut *transaction)
    .await
    .map_err(unavailable)?;
    let removed = statement("/* vault remove_passkey */ DELETE FROM passkey WHERE admin = $1 AND passkey_id = $2")
        .bind(admin)
        .bind(id.as_bytes())
        .execute(transaction)
        .await
        .map_err(unavailable)?;
    Ok(removed > 0)
}

/// All of an admin's, with what they unlock.
pub(super) async fn remove_all(transaction: &mut Transaction, admin: &str) -> Result<(), StoreError> {
    for delete in [
        "/* vault remove_passkeys */ DELETE FROM passkey WHERE admin = $1",
        "/* vault remove_passkey_wrappings */ DELETE FROM wrapped_identity WHERE method = 'passkey' AND \
         identity_id = (SELECT identity_id FROM admin_identity WHERE admin = $1)",
    ] {
        statement(delete).bind(admin).execute(&mut *transaction).await.map_err(unavailable)?;
    }
    Ok(())
}

/// Within a transaction, which is to be given up unless it is true: the count must be the one that the assertion was held
/// against, so that of two assertions at a time one is refused.
pub(super) async fn count_use(
    transaction: &mut Transaction,
    used: UsedPasskey<'_>,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let (before, after) = used.count;
    let counted = statement(
        "/* vault count_use */ UPDATE passkey SET sign_count = $4, last_used = $5 WHERE passkey_id = $1 AND admin = $2 AND \
         sign_count = $3",
    )
    .bind(used.id.as_bytes())
    .bind(used.admin)
    .bind(i64::from(before))
    .bind(i64::from(after))
    .bind(now.seconds().cast_signed())
    .execute(transaction)
    .await
    .map_err(unavailable)?;
    Ok(counted > 0)
}

fn passkey(row: &Row) -> Result<Passkey, StoreError> {
    let (made, count): (i64, i64) =
        (row.get("made").map_err(unavailable)?, row.get("sign_count").map_err(unavailable)?);
    let last_used: i64 = row.get("last_used").map_err(unavailable)?;
    let time = |seconds: i64| UnixTime::from_seconds(seconds.unsigned_abs());
    Ok(Passkey {
        id: PasskeyId(fixed(row, "passkey_id")?),
        admin: text(row, "admin")?,
        credential: bytes(row, "credential")?,
        public_key: bytes(row, "public_key")?,
        sign_count: u32::try_from(count).map_err(|_| super::damaged("passkey"))?,
        name: text(row, "name")?,
        made: time(made),
        last_used: (last_used > 0).then(|| time(last_used)),
        unlocks: false,
    })
}
