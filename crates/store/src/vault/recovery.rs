//! Recovery kits: the registration by the code on paper, and what the code unlocks. Both come and go together.

use nightsafe_core::time::UnixTime;

use super::{VaultStore, damaged, unavailable};
use crate::StoreError;
use crate::sql::{Transaction, statement};

/// The kit of an admin.
#[derive(Clone, PartialEq, Eq)]
pub struct Kit {
    /// OPAQUE registration record, under the kit's own credential identifier.
    pub record: Vec<u8>,
    /// When it was made.
    pub made: UnixTime,
}

/// A kit that is to be kept.
#[derive(Clone, Copy)]
pub struct NewKit<'k> {
    /// Whose.
    pub admin: &'k str,
    /// SHA-256 of the token of the session in which it was made.
    pub session: &'k [u8; 32],
    /// OPAQUE registration record.
    pub record: &'k [u8],
    /// The identity, wrapped with method `recovery-code`.
    pub wrapped: &'k [u8],
    /// Now.
    pub made: UnixTime,
}

/// What a used kit changes.
#[derive(Clone, Copy)]
pub struct Recovered<'k> {
    /// Whose kit.
    pub admin: &'k str,
    /// The kit's record, which the code was held against.
    pub kit: &'k [u8],
    /// OPAQUE registration record of the new passphrase.
    pub record: &'k [u8],
    /// The identity, wrapped with method `login` under the new passphrase.
    pub wrapped: &'k [u8],
}

impl VaultStore {
    /// The kit of an admin; `None` when there is none, or no such admin.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn kit(&self, admin: &str) -> Result<Option<Kit>, StoreError> {
        let row = statement("/* vault kit */ SELECT record, made FROM recovery_kit WHERE admin = $1")
            .bind(admin)
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        row.map(|row| {
            let made: i64 = row.get("made").map_err(unavailable)?;
            Ok(Kit { record: super::bytes(&row, "record")?, made: UnixTime::from_seconds(made.unsigned_abs()) })
        })
        .transpose()
    }

    /// Keeps a kit in the place of the one before, all or nothing. False when the session, or an identity that a sign-in
    /// unlocks, is gone; then nothing changes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn keep_kit(&self, new: NewKit<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        // The row is held until the end: two kits at a time come one after the other
        let held = statement(
            "/* vault hold_admin */ UPDATE admin SET record = record WHERE name = $1 AND \
             EXISTS (SELECT 1 FROM session WHERE token_hash = $2 AND admin = $1)",
        )
        .bind(new.admin)
        .bind(new.session)
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        if held == 0 {
            return Ok(false);
        }
        drop_kit(&mut transaction, new.admin).await?;
        statement("/* vault add_kit */ INSERT INTO recovery_kit (admin, record, made) VALUES ($1, $2, $3)")
            .bind(new.admin)
            .bind(new.record)
            .bind(new.made.seconds().cast_signed())
            .execute(&mut transaction)
            .await
            .map_err(unavailable)?;
        let wrapped = statement(
            "/* vault wrap_for_kit */ INSERT INTO wrapped_identity (identity_id, method, slot, wrapped) \
             SELECT identity_id, 'recovery-code', '', $2 FROM admin_identity WHERE admin = $1",
        )
        .bind(new.admin)
        .bind(new.wrapped)
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        if wrapped == 0 {
            return Ok(false); // what was done so far is undone
        }
        transaction.commit().await.map_err(unavailable)?;
        Ok(true)
    }

    /// Drops an admin's kit, with what its code unlocks; one that is not there does no harm.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn drop_kit(&self, admin: &str) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        drop_kit(&mut transaction, admin).await?;
        transaction.commit().await.map_err(unavailable)
    }

    /// Sets a new passphrase by a kit, which is used up by it, and ends all sessions of the admin. All or nothing: false when
    /// it is not the admin's kit any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Damaged`] when there is no identity that a sign-in unlocks.
    pub async fn recover(&self, recovered: Recovered<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        if !recover(&mut transaction, recovered).await? {
            return Ok(false);
        }
        transaction.commit().await.map_err(unavailable)?;
        Ok(true)
    }
}

/// Within a transaction, which is to be given up unless it is true.
pub(super) async fn recover(transaction: &mut Transaction, recovered: Recovered<'_>) -> Result<bool, StoreError> {
    let Recovered { admin, kit, record, wrapped } = recovered;
    let used = statement("/* vault use_kit */ DELETE FROM recovery_kit WHERE admin = $1 AND record = $2")
        .bind(admin)
        .bind(kit)
        .execute(&mut *transaction)
        .await
        .map_err(unavailable)?;
    if used == 0 {
        return Ok(false);
    }
    drop_kit(transaction, admin).await?;
    let renewed = statement("/* vault recover_record */ UPDATE admin SET record = $2 WHERE name = $1")
        .bind(admin)
        .bind(record)
        .execute(&mut *transaction)
        .await
        .map_err(unavailable)?;
    let rewrapped = statement(
        "/* vault recover_identity */ UPDATE wrapped_identity SET wrapped = $2 WHERE method = 'login' AND \
         identity_id = (SELECT identity_id FROM admin_identity WHERE admin = $1)",
    )
    .bind(admin)
    .bind(wrapped)
    .execute(&mut *transaction)
    .await
    .map_err(unavailable)?;
    if (renewed, rewrapped) != (1, 1) {
        return Err(damaged("admin"));
    }
    statement("/* vault end_all */ DELETE FROM session WHERE admin = $1")
        .bind(admin)
        .execute(transaction)
        .await
        .map_err(unavailable)?;
    Ok(true)
}

async fn drop_kit(transaction: &mut Transaction, admin: &str) -> Result<(), StoreError> {
    for delete in [
        "/* vault drop_kit */ DELETE FROM recovery_kit WHERE admin = $1",
        "/* vault drop_kit_wrapping */ DELETE FROM wrapped_identity WHERE method = 'recovery-code' AND \
         identity_id = (SELECT identity_id FROM admin_identity WHERE admin = $1)",
    ] {
        statement(delete).bind(admin).execute(&mut *transaction).await.map_err(unavailable)?;
    }
    Ok(())
}

/// Shows the time only.
impl std::fmt::Debug for Kit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kit(of {})", self.made)
    }
}

/// Shows the name only.
impl std::fmt::Debug for NewKit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewKit({:?})", self.admin)
    }
}

/// Shows the name only.
impl std::fmt::Debug for Recovered<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recovered({:?})", self.admin)
    }
}
