//! Who is signed in. Tokens and proofs of tabs come and are kept as their SHA-256 only.

use nightsafe_core::time::UnixTime;

use super::{VaultStore, fixed, text, unavailable};
use crate::StoreError;
use crate::sql::{On, Row, Transaction, statement};

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

/// What a request proves that it is of a session. Both are looked up by their hashes: how long that takes tells nothing of
/// what was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionProof {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// SHA-256 of the tab's proof.
    pub tab_hash: [u8; 32],
}

/// A session as its admin sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Names it, and opens nothing.
    pub id: [u8; 16],
    /// When the admin signed in.
    pub started: UnixTime,
    /// When a request of it last came.
    pub last_used: UnixTime,
}

/// Whose session a request is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedSession {
    /// Name of the admin.
    pub admin: String,
    /// The session.
    pub id: [u8; 16],
}

/// What a tab unlocks the identity with, together with its own half.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionIdentity {
    /// The row's half.
    pub half: [u8; 32],
    /// The identity, wrapped under both halves.
    pub wrapped: Vec<u8>,
}

/// Shows nothing of it.
impl std::fmt::Debug for SessionIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionIdentity(redacted)")
    }
}

/// Seconds without use until a page locks, when the admin has set nothing.
const LOCK_AFTER: u64 = 600;

impl VaultStore {
    /// Begins a session of whoever signed in by this OPAQUE record; those that have ended are removed on the way. False when
    /// it is not the admin's record any more: the person was removed, or has new keys, since the sign-in began.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn begin_session(
        &self,
        proof: &SessionProof,
        id: &[u8; 16],
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
            "/* vault begin_session */ INSERT INTO session (token_hash, tab_hash, session_id, admin, started, \
             last_used) SELECT $1, $2, $3, name, $5, $5 FROM admin WHERE name = $4 AND record = $6",
        )
        .bind(&proof.token_hash)
        .bind(&proof.tab_hash)
        .bind(id)
        .bind(admin)
        .bind(now.seconds().cast_signed())
        .bind(record)
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(begun > 0)
    }

    /// Whose session this is, if it has not ended, which counts as use; else `None`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn use_session(
        &self,
        proof: &SessionProof,
        now: UnixTime,
        limits: SessionLimits,
    ) -> Result<Option<UsedSession>, StoreError> {
        statement(
            "/* vault use_session */ UPDATE session SET last_used = \
             CASE WHEN last_used > $3 THEN last_used ELSE $3 END \
             WHERE token_hash = $1 AND tab_hash = $2 AND last_used > $4 AND started > $5 RETURNING admin, session_id",
        )
        .bind(&proof.token_hash)
        .bind(&proof.tab_hash)
        .bind(now.seconds().cast_signed())
        .bind(now.minus(limits.idle).seconds().cast_signed())
        .bind(now.minus(limits.absolute).seconds().cast_signed())
        .fetch_optional(&self.pool)
        .await
        .map_err(unavailable)?
        .map(|row| used(&row))
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

    /// Keeps what the session's tab unlocks the identity with; false when the session has ended meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn keep_identity(&self, token_hash: &[u8; 32], identity: &SessionIdentity) -> Result<bool, StoreError> {
        let kept =
            statement("/* vault keep_identity */ UPDATE session SET half = $2, wrapped = $3 WHERE token_hash = $1")
                .bind(token_hash)
                .bind(&identity.half)
                .bind(&identity.wrapped)
                .execute(&self.pool)
                .await
                .map_err(unavailable)?;
        Ok(kept > 0)
    }

    /// What was kept for a session that has not ended and has been used within the admin's own time, which counts as use.
    /// A session that was left alone for longer ends here, and what was kept goes with it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn resume_session(
        &self,
        proof: &SessionProof,
        now: UnixTime,
        limits: SessionLimits,
    ) -> Result<Option<(UsedSession, Option<SessionIdentity>)>, StoreError> {
        let mut transaction = self.write().await?;
        statement(
            "/* vault lock_session */ DELETE FROM session WHERE token_hash = $1 AND tab_hash = $2 AND last_used <= $3 - \
             COALESCE((SELECT lock_after FROM admin_setting WHERE admin_setting.admin = session.admin), $4)",
        )
        .bind(&proof.token_hash)
        .bind(&proof.tab_hash)
        .bind(now.seconds().cast_signed())
        .bind(LOCK_AFTER.cast_signed())
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        let found = statement(
            "/* vault resume_session */ UPDATE session SET last_used = \
             CASE WHEN last_used > $3 THEN last_used ELSE $3 END \
             WHERE token_hash = $1 AND tab_hash = $2 AND last_used > $4 AND started > $5 \
             RETURNING admin, session_id, half, wrapped",
        )
        .bind(&proof.token_hash)
        .bind(&proof.tab_hash)
        .bind(now.seconds().cast_signed())
        .bind(now.minus(limits.idle).seconds().cast_signed())
        .bind(now.minus(limits.absolute).seconds().cast_signed())
        .fetch_optional(&mut transaction)
        .await
        .map_err(unavailable)?
        .map(|row| Ok((used(&row)?, kept(&row)?)))
        .transpose()?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(found)
    }

    /// An admin's sessions that have not ended, the one that was used last first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn sessions(
        &self,
        admin: &str,
        now: UnixTime,
        limits: SessionLimits,
    ) -> Result<Vec<SessionRow>, StoreError> {
        let rows = statement(
            "/* vault sessions */ SELECT session_id, started, last_used FROM session \
             WHERE admin = $1 AND last_used > $2 AND started > $3 ORDER BY last_used DESC, session_id",
        )
        .bind(admin)
        .bind(now.minus(limits.idle).seconds().cast_signed())
        .bind(now.minus(limits.absolute).seconds().cast_signed())
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        rows.iter().map(session_row).collect()
    }

    /// Ends one session of an admin; one that is not there, or is somebody else's, does no harm.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn end_session_of(&self, admin: &str, id: &[u8; 16]) -> Result<u64, StoreError> {
        end_of(&self.pool, admin, id).await
    }

    /// Ends all sessions of an admin but this one; gives how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn end_other_sessions(&self, admin: &str, token_hash: &[u8; 32]) -> Result<u64, StoreError> {
        end_others(&self.pool, admin, token_hash).await
    }

    /// Seconds without use after which an admin's pages lock.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn lock_after(&self, admin: &str) -> Result<u64, StoreError> {
        let row = statement("/* vault lock_after */ SELECT lock_after FROM admin_setting WHERE admin = $1")
            .bind(admin)
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        let seconds = row.map(|row| row.get::<i64>("lock_after")).transpose().map_err(unavailable)?;
        Ok(seconds.map_or(LOCK_AFTER, i64::unsigned_abs))
    }

    /// Sets these seconds.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn set_lock_after(&self, admin: &str, seconds: u64) -> Result<(), StoreError> {
        statement(
            "/* vault set_lock_after */ INSERT INTO admin_setting (admin, lock_after) VALUES ($1, $2) \
             ON CONFLICT (admin) DO UPDATE SET lock_after = excluded.lock_after",
        )
        .bind(admin)
        .bind(seconds.cast_signed())
        .execute(&self.pool)
        .await
        .map_err(unavailable)?;
        Ok(())
    }
}

fn used(row: &Row) -> Result<UsedSession, StoreError> {
    Ok(UsedSession { admin: text(row, "admin")?, id: fixed(row, "session_id")? })
}

/// Both or none: the table sees to that.
fn kept(row: &Row) -> Result<Option<SessionIdentity>, StoreError> {
    let wrapped: Option<Vec<u8>> = row.get("wrapped").map_err(unavailable)?;
    wrapped.map(|wrapped| Ok(SessionIdentity { half: fixed(row, "half")?, wrapped })).transpose()
}

fn session_row(row: &Row) -> Result<SessionRow, StoreError> {
    let time = |column| -> Result<UnixTime, StoreError> {
        let seconds: i64 = row.get(column).map_err(unavailable)?;
        Ok(UnixTime::from_seconds(seconds.unsigned_abs()))
    };
    Ok(SessionRow { id: fixed(row, "session_id")?, started: time("started")?, last_used: time("last_used")? })
}

pub(super) async fn end<'c>(on: impl Into<On<'c>>, token_hash: &[u8; 32]) -> Result<(), StoreError> {
    statement("/* vault end_session */ DELETE FROM session WHERE token_hash = $1")
        .bind(token_hash)
        .execute(on)
        .await
        .map_err(unavailable)?;
    Ok(())
}

pub(super) async fn end_of<'c>(on: impl Into<On<'c>>, admin: &str, id: &[u8; 16]) -> Result<u64, StoreError> {
    statement("/* vault end_session_of */ DELETE FROM session WHERE admin = $1 AND session_id = $2")
        .bind(admin)
        .bind(id)
        .execute(on)
        .await
        .map_err(unavailable)
}

pub(super) async fn end_others<'c>(
    on: impl Into<On<'c>>,
    admin: &str,
    token_hash: &[u8; 32],
) -> Result<u64, StoreError> {
    statement("/* vault end_other_sessions */ DELETE FROM session WHERE admin = $1 AND token_hash <> $2")
        .bind(admin)
        .bind(token_hash)
        .execute(on)
        .await
        .map_err(unavailable)
}

pub(super) async fn record(transaction: &mut Transaction, token_hash: &[u8; 32]) -> Result<(), StoreError> {
    statement("/* vault record_sign_in */ UPDATE session SET recorded = 1 WHERE token_hash = $1")
        .bind(token_hash)
        .execute(transaction)
        .await
        .map_err(unavailable)?;
    Ok(())
}
