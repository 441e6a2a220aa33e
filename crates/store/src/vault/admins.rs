//! Who may sign in.

use nightsafe_core::time::UnixTime;

use super::{VaultStore, damaged, unavailable};
use crate::StoreError;
use crate::sql::statement;

impl VaultStore {
    /// Adds an admin with its OPAQUE record. False when the name is taken; then nothing changes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn add_admin(&self, name: &str, record: &[u8], now: UnixTime) -> Result<bool, StoreError> {
        let added = statement(
            "/* vault add_admin */ INSERT INTO admin (name, record, created) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING",
        )
        .bind(name)
        .bind(record)
        .bind(now.seconds().cast_signed())
        .execute(&self.pool)
        .await
        .map_err(unavailable)?;
        Ok(added > 0)
    }

    /// Replaces the OPAQUE record of an admin, and what the identity is wrapped in under it; ends the admin's sessions but
    /// this one. All or nothing; gives how many sessions ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Damaged`] when the session, the admin, or an identity that a sign-in unlocks,
    /// is gone.
    pub async fn change_passphrase(
        &self,
        name: &str,
        record: &[u8],
        wrapped: &[u8],
        session: &[u8; 32],
    ) -> Result<u64, StoreError> {
        let mut transaction = self.write().await?;
        // A session that ended while the request was on its way changes nothing: the name may be somebody else's by now
        let renewed = statement(
            "/* vault renew_record */ UPDATE admin SET record = $2 WHERE name = $1 AND \
             EXISTS (SELECT 1 FROM session WHERE token_hash = $3 AND admin = $1)",
        )
        .bind(name)
        .bind(record)
        .bind(session)
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        let rewrapped = statement(
            "/* vault rewrap_identity */ UPDATE wrapped_identity SET wrapped = $2 WHERE method = 'login' AND \
             identity_id = (SELECT identity_id FROM admin_identity WHERE admin = $1)",
        )
        .bind(name)
        .bind(wrapped)
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        if (renewed, rewrapped) != (1, 1) {
            return Err(damaged("admin"));
        }
        let ended = statement("/* vault end_others */ DELETE FROM session WHERE admin = $1 AND token_hash <> $2")
            .bind(name)
            .bind(session)
            .execute(&mut transaction)
            .await
            .map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(ended)
    }

    /// The OPAQUE record of an admin, `None` when there is no such name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn admin_record(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        statement("/* vault admin_record */ SELECT record FROM admin WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?
            .map(|row| row.get("record").map_err(unavailable))
            .transpose()
    }
}
