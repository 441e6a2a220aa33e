//! Who is signed in. Tokens come and are kept as their SHA-256 only.

use nightsafe_core::time::UnixTime;

use super::{VaultStore, unavailable};
use crate::StoreError;
use crate::sql::{On, Transaction, statement};

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
    /// Begins a session; those that have ended are removed on the way.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn begin_session(
        &self,
        token_hash: &[u8; 32],
        admin: &str,
        now: UnixTime,
        limits: SessionLimits,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        statement("/* vault purge sessions */ DELETE FROM session WHERE last_used <= $1 OR started <= $2")
            .bind(now.minus(limits.idle).seconds().cast_signed())
            .bind(now.minus(limits.absolute).seconds().cast_signed())
            .execute(&mut transaction)
            .await
            .map_err(unavailable)?;
        statement(
            "/* vault begin_session */ INSERT INTO session (token_hash, admin, started, last_used) \
             VALUES ($1, $2, $3, $3)",
        )
        .bind(token_hash)
        .bind(admin)
        .bind(now.seconds().cast_signed())
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)
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
        end(&self.pool, token_hash).await
    }

    /// Whether the sign-in of a session is in the audit log; of one that is not there, it is not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn is_sign_in_recorded(&self, token_hash: &[u8; 32]) -> Result<bool, StoreError> {
        let row = statement("/* vault is_recorded */ SELECT 1 FROM session WHERE token_hash = $1 AND recorded = 1")
            .bind(token_hash)
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(row.is_some())
    }
}

pub(super) async fn end<'c>(on: impl Into<On<'c>>, token_hash: &[u8; 32]) -> Result<(), StoreError> {
    statement("/* vault end_session */ DELETE FROM session WHERE token_hash = $1")
        .bind(token_hash)
        .execute(on)
        .await
        .map_err(unavailable)?;
    Ok(())
}

pub(super) async fn record(transaction: &mut Transaction, token_hash: &[u8; 32]) -> Result<(), StoreError> {
    statement("/* vault record_sign_in */ UPDATE session SET recorded = 1 WHERE token_hash = $1")
        .bind(token_hash)
        .execute(transaction)
        .await
        .map_err(unavailable)?;
    Ok(())
}
