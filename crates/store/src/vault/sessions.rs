//! Who is signed in. Tokens come and are kept as their SHA-256 only.

use nightsafe_core::time::UnixTime;

use super::{VaultStore, unavailable};
use crate::StoreError;
use crate::sql::statement;

/// How long a session lasts, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request.
    pub idle: u64,
    /// In all.
    pub absolute: u64,
}

/// 15 minutes idle, 12 hours in all.
impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle: 15 * 60, absolute: 12 * 3600 }
    }
}

impl VaultStore {
    /// Begins a session of whoever signed in by this OPAQUE record; those that have ended are removed on the way. False when
    /// it is not the admin's record any more: the person was removed, or has new keys, since the sign-in began.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn begin_session(
        &self,
        token_hash: &[u8; 32],
        (admin, record): (&str, &[u8]),
        now: UnixTime,
        limits: SessionLimits,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        statement("/* vault purge sessions */ DELETE FROM session WHERE last_used <= $1 OR started <= $2")
            .bind(now.minus(limits.idle).seconds().cast_signed())
            .bind(now.minus(limits.absolute).seconds().cast_signed())
            .execute(&mut transaction)
            .await
            .map_err(unavailable)?;
        let begun = statement(
            "/* vault begin_session */ INSERT INTO session (token_hash, admin, started, last_used) \
             SELECT $1, name, $3, $3 FROM admin WHERE name = $2 AND record = $4",
        )
        .bind(token_hash)
        .bind(admin)
        .bind(now.seconds().cast_signed())
        .bind(record)
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(begun > 0)
    }

    /// The admin of a session that has not ended, which counts as use; else `None`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn use_session(
        &self,
        token_hash: &[u8; 32],
        now: UnixTime,
        limits: SessionLimits,
    ) -> Result<Option<String>, StoreError> {
        statement(
            "/* vault use_session */ UPDATE session SET last_used = \
             CASE WHEN last_used > $2 THEN last_used ELSE $2 END \
             WHERE token_hash = $1 AND last_used > $3 AND started > $4 RETURNING admin",
        )
        .bind(token_hash)
        .bind(now.seconds().cast_signed())
        .bind(now.minus(limits.idle).seconds().cast_signed())
        .bind(now.minus(limits.absolute).seconds().cast_signed())
        .fetch_optional(&self.pool)
        .await
        .map_err(unavailable)?
        .map(|row| row.get("admin").map_err(unavailable))
        .transpose()
    }

    /// Ends a session; one that is not there does no harm.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn end_session(&self, token_hash: &[u8; 32]) -> Result<(), StoreError> {
        statement("/* vault end_session */ DELETE FROM session WHERE token_hash = $1")
            .bind(token_hash)
            .execute(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}
