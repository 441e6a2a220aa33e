//! Invitations, and who has joined by one and does not stand in the roster yet.

use nightsafe_core::scalar::IdentityId;
use nightsafe_core::time::UnixTime;

use super::{VaultStore, unavailable};
use crate::StoreError;
use crate::sql::{Row, statement};

/// Who may join, once. The token itself is never here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Under which name.
    pub name: String,
    /// With which roles, with commas between.
    pub roles: String,
    /// Who invited.
    pub invited_by: String,
    /// Until when.
    pub expires: UnixTime,
}

/// Who has joined, and waits for an entry of the roster.
#[derive(Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// Under which name.
    pub name: String,
    /// With which identity.
    pub id: IdentityId,
    /// OPAQUE record.
    pub record: Vec<u8>,
    /// Public identity (docs/spec/identity.md).
    pub public: Vec<u8>,
    /// Its private halves, under the sign-in.
    pub wrapped: Vec<u8>,
    /// As in the invitation.
    pub roles: String,
    /// Since when.
    pub joined: UnixTime,
}

impl VaultStore {
    /// Keeps an invitation. False when there is an open one for the name, or somebody waits under it; one that has expired
    /// gives way.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn invite(
        &self,
        invitation: &Invitation,
        token_hash: &[u8; 32],
        now: UnixTime,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        statement("/* vault purge invitations */ DELETE FROM invitation WHERE expires <= $1")
            .bind(now.seconds().cast_signed())
            .execute(&mut transaction)
            .await
            .map_err(unavailable)?;
        let added = statement(
            "/* vault invite */ INSERT INTO invitation (name, token_hash, roles, invited_by, expires) \
             SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT 1 FROM newcomer WHERE name = $1) ON CONFLICT DO NOTHING",
        )
        .bind(&invitation.name)
        .bind(token_hash)
        .bind(&invitation.roles)
        .bind(&invitation.invited_by)
        .bind(invitation.expires.seconds().cast_signed())
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(added > 0)
    }

    /// Open invitations, in the order of their names.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn invitations(&self, now: UnixTime) -> Result<Vec<Invitation>, StoreError> {
        let rows = statement(
            "/* vault invitations */ SELECT name, roles, invited_by, expires FROM invitation WHERE expires > $1 \
             ORDER BY name",
        )
        .bind(now.seconds().cast_signed())
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        rows.iter().map(invitation).collect()
    }

    /// The open invitation of a token. Looking it up by hash takes no time that tells anything about the token.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn invitation_of(&self, token_hash: &[u8; 32], now: UnixTime) -> Result<Option<Invitation>, StoreError> {
        let row = statement(
            "/* vault invitation_of */ SELECT name, roles, invited_by, expires FROM invitation WHERE token_hash = $1 \
             AND expires > $2",
        )
        .bind(token_hash)
        .bind(now.seconds().cast_signed())
        .fetch_optional(&self.pool)
        .await
        .map_err(unavailable)?;
        row.as_ref().map(invitation).transpose()
    }

    /// Uses an invitation up: its token is gone, and whoever had it waits. Name and roles are the invitation's, which must
    /// still be open. False when it is not, or somebody waits with this identity already; then nothing changes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn join(&self, token_hash: &[u8; 32], newcomer: &Newcomer) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let used = statement(
            "/* vault use_invitation */ DELETE FROM invitation WHERE token_hash = $1 AND name = $2 AND expires > $3",
        )
        .bind(token_hash)
        .bind(&newcomer.name)
        .bind(newcomer.joined.seconds().cast_signed())
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        if used == 0 {
            return Ok(false);
        }
        let added = statement(
            "/* vault add_newcomer */ INSERT INTO newcomer (name, identity_id, record, public, wrapped, roles, joined) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        )
        .bind(&newcomer.name)
        .bind(newcomer.id.as_bytes())
        .bind(&newcomer.record)
        .bind(&newcomer.public)
        .bind(&newcomer.wrapped)
        .bind(&newcomer.roles)
        .bind(newcomer.joined.seconds().cast_signed())
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        if added == 0 {
            return Ok(false); // what the first statement did is undone
        }
        transaction.commit().await.map_err(unavailable)?;
        Ok(true)
    }

    /// Takes an invitation back, or sends somebody away who waits. False when there is neither.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn withdraw(&self, name: &str) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let invitations = statement("/* vault withdraw_invitation */ DELETE FROM invitation WHERE name = $1")
            .bind(name)
            .execute(&mut transaction)
            .await
            .map_err(unavailable)?;
        let newcomers = statement("/* vault withdraw_newcomer */ DELETE FROM newcomer WHERE name = $1")
            .bind(name)
            .execute(&mut transaction)
            .await
            .map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(invitations > 0 || newcomers > 0)
    }

    /// Who waits, in the order in which they joined.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn newcomers(&self) -> Result<Vec<Newcomer>, StoreError> {
        let rows = statement(
            "/* vault newcomers */ SELECT name, identity_id, record, public, wrapped, roles, joined FROM newcomer \
             ORDER BY joined, name",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        rows.iter().map(newcomer).collect()
    }

    /// Who waits under a name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn newcomer(&self, name: &str) -> Result<Option<Newcomer>, StoreError> {
        let row = statement(
            "/* vault newcomer */ SELECT name, identity_id, record, public, wrapped, roles, joined FROM newcomer \
             WHERE name = $1",
        )
        .bind(name)
        .fetch_optional(&self.pool)
        .await
        .map_err(unavailable)?;
        row.as_ref().map(newcomer).transpose()
    }
}

fn invitation(row: &Row) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        name: super::text(row, "name")?,
        roles: super::text(row, "roles")?,
        invited_by: super::text(row, "invited_by")?,
        expires: time(row, "expires")?,
    })
}

fn newcomer(row: &Row) -> Result<Newcomer, StoreError> {
    Ok(Newcomer {
        name: super::text(row, "name")?,
        id: super::fixed(row, "identity_id").map(IdentityId)?,
        record: super::bytes(row, "record")?,
        public: super::bytes(row, "public")?,
        wrapped: super::bytes(row, "wrapped")?,
        roles: super::text(row, "roles")?,
        joined: time(row, "joined")?,
    })
}

fn time(row: &Row, column: &'static str) -> Result<UnixTime, StoreError> {
    let seconds: i64 = row.get(column).map_err(unavailable)?;
    Ok(UnixTime::from_seconds(seconds.cast_unsigned()))
}

/// Shows the names only.
impl std::fmt::Debug for Newcomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Newcomer({:?} as {})", self.name, self.id)
    }
}
