//! The roster: its entries, those that wait for a second signature, and what an entry does to who may sign in. Nothing here
//! is verified: whoever calls has done that, and browsers do it again.

use nightsafe_core::scalar::{IdentityId, RosterHead};

use super::identities::insert_admin_grant;
use super::{GRANT_LOCK, StoredGrant, VaultStore, unavailable};
use crate::StoreError;
use crate::sql::{On, Transaction, statement};

/// An entry that was verified, and what it does.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// Its place in the roster.
    pub sequence: u64,
    /// SHA-256 of its text.
    pub head: RosterHead,
    /// Text and signatures.
    pub note: String,
    /// Identities that it ends.
    pub ended: Vec<IdentityId>,
    /// Newcomers whose identities it makes active, by name.
    pub admitted: Vec<(String, IdentityId)>,
    /// Data keys and audit keys that are granted with it.
    pub grants: Vec<StoredGrant>,
}

/// An entry that waits for a second signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// SHA-256 of its text.
    pub head: RosterHead,
    /// Text, and the signatures so far.
    pub note: String,
}

impl VaultStore {
    /// Adds the entry that follows the last one. False when its number is not the next, or the head is there already; then
    /// nothing changes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn add_roster_entry(&self, sequence: u64, head: &RosterHead, note: &str) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let added = insert_entry(&mut transaction, sequence, head, note).await?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(added)
    }

    /// Adds the entry that follows the last one, and does what it says: of those whose identity ends, sessions, sign-in and
    /// grants are deleted; newcomers can sign in, with what is granted to them. Proposals are dropped, as they follow another
    /// entry. All or nothing: false when somebody else's entry came first, or a newcomer is not there any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], also when a data key or a recipient is not there.
    pub async fn take_roster_entry(&self, entry: &NewEntry) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        if !take(&mut transaction, entry).await? {
            return Ok(false); // what was done so far is undone
        }
        transaction.commit().await.map_err(unavailable)?;
        Ok(true)
    }

    /// The roster's entries, in order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn roster(&self) -> Result<Vec<String>, StoreError> {
        let rows = statement("/* vault roster */ SELECT note FROM roster_entry ORDER BY sequence")
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable)?;
        rows.iter().map(|row| super::text(row, "note")).collect()
    }

    /// The head of the last entry; `None` while there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn roster_head(&self) -> Result<Option<RosterHead>, StoreError> {
        let row = statement("/* vault roster_head */ SELECT head FROM roster_entry ORDER BY sequence DESC LIMIT 1")
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        row.map(|row| super::fixed(&row, "head").map(RosterHead)).transpose()
    }

    /// Keeps an entry that has too few signatures; one that is there stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn propose(&self, proposal: &Proposal) -> Result<(), StoreError> {
        propose(&self.pool, proposal).await
    }

    /// Entries that wait, in the order of their heads.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn proposals(&self) -> Result<Vec<Proposal>, StoreError> {
        let rows = statement("/* vault proposals */ SELECT head, note FROM roster_proposal ORDER BY head")
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable)?;
        let proposal =
            |row| Ok(Proposal { head: super::fixed(row, "head").map(RosterHead)?, note: super::text(row, "note")? });
        rows.iter().map(proposal).collect()
    }

    /// Drops a proposal; one that is not there does no harm.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn drop_proposal(&self, head: &RosterHead) -> Result<(), StoreError> {
        statement("/* vault drop_proposal */ DELETE FROM roster_proposal WHERE head = $1")
            .bind(head.as_bytes())
            .execute(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

async fn insert_entry(
    transaction: &mut Transaction,
    sequence: u64,
    head: &RosterHead,
    note: &str,
) -> Result<bool, StoreError> {
    let added = statement(
        "/* vault add_roster_entry */ INSERT INTO roster_entry (sequence, head, note) SELECT $1, $2, $3 \
         WHERE (SELECT count(*) FROM roster_entry) = $1 ON CONFLICT DO NOTHING",
    )
    .bind(sequence.cast_signed())
    .bind(head.as_bytes())
    .bind(note)
    .execute(transaction)
    .await
    .map_err(unavailable)?;
    Ok(added > 0)
}

/// Within a transaction, which is to be given up unless it is true.
pub(super) async fn take(transaction: &mut Transaction, entry: &NewEntry) -> Result<bool, StoreError> {
    transaction.serialise(GRANT_LOCK).await.map_err(unavailable)?;
    if !insert_entry(transaction, entry.sequence, &entry.head, &entry.note).await? {
        return Ok(false);
    }
    for id in &entry.ended {
        end(transaction, id).await?;
    }
    for (name, id) in &entry.admitted {
        if !admit(transaction, name, id).await? {
            return Ok(false);
        }
    }
    for grant in &entry.grants {
        insert_admin_grant(transaction, grant).await?;
    }
    statement("/* vault drop_proposals */ DELETE FROM roster_proposal")
        .execute(transaction)
        .await
        .map_err(unavailable)?;
    Ok(true)
}

pub(super) async fn propose<'c>(on: impl Into<On<'c>>, proposal: &Proposal) -> Result<(), StoreError> {
    statement(
        "/* vault propose */ INSERT INTO roster_proposal (head, note) VALUES ($1, $2) \
         ON CONFLICT DO NOTHING",
    )
    .bind(proposal.head.as_bytes())
    .bind(&proposal.note)
    .execute(on)
    .await
    .map_err(unavailable)?;
    Ok(())
}

/// Whoever had this identity has no session, no sign-in and no grant any more; which keys were granted is remembered. The
/// public identity stays: the roster's history names it. Whoever never signed in with it has none of these.
async fn end(transaction: &mut Transaction, id: &IdentityId) -> Result<(), StoreError> {
    let row = statement("/* vault admin_of */ SELECT admin FROM admin_identity WHERE identity_id = $1")
        .bind(id.as_bytes())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(unavailable)?;
    let name = row.map(|row| super::text(&row, "admin")).transpose()?;
    statement(
        "/* vault remember_grants */ INSERT INTO ended_grant (key_id, recipient) SELECT DISTINCT key_id, recipient \
         FROM admin_grant WHERE recipient = $1 ON CONFLICT DO NOTHING",
    )
    .bind(id.as_bytes())
    .execute(&mut *transaction)
    .await
    .map_err(unavailable)?;
    for delete in [
        "/* vault end_grants */ DELETE FROM admin_grant WHERE recipient = $1",
        "/* vault end_audit_grants */ DELETE FROM audit_grant WHERE recipient = $1",
        "/* vault end_wrapped */ DELETE FROM wrapped_identity WHERE identity_id = $1",
        "/* vault end_identity */ DELETE FROM admin_identity WHERE identity_id = $1",
    ] {
        statement(delete).bind(id.as_bytes()).execute(&mut *transaction).await.map_err(unavailable)?;
    }
    let Some(name) = name else { return Ok(()) };
    for delete in [
        "/* vault end_sessions */ DELETE FROM session WHERE admin = $1",
        "/* vault end_admin */ DELETE FROM admin WHERE name = $1",
    ] {
        statement(delete).bind(&name).execute(&mut *transaction).await.map_err(unavailable)?;
    }
    Ok(())
}

/// The newcomer signs in as an admin from now on. False when there is none of this name and identity, or the name is
/// another admin's.
async fn admit(transaction: &mut Transaction, name: &str, id: &IdentityId) -> Result<bool, StoreError> {
    for insert in [
        "/* vault admit_admin */ INSERT INTO admin (name, record, created) SELECT name, record, joined FROM newcomer \
         WHERE name = $1 AND identity_id = $2 ON CONFLICT DO NOTHING",
        "/* vault admit_identity */ INSERT INTO identity (identity_id, public) SELECT identity_id, public FROM newcomer \
         WHERE name = $1 AND identity_id = $2 ON CONFLICT DO NOTHING",
        "/* vault admit_name */ INSERT INTO admin_identity (admin, identity_id) SELECT name, identity_id FROM newcomer \
         WHERE name = $1 AND identity_id = $2 ON CONFLICT DO NOTHING",
        "/* vault admit_wrapped */ INSERT INTO wrapped_identity (identity_id, method, slot, wrapped) \
         SELECT identity_id, 'login', '', wrapped FROM newcomer WHERE name = $1 AND identity_id = $2 ON CONFLICT DO NOTHING",
        "/* vault admit_newcomer */ DELETE FROM newcomer WHERE name = $1 AND identity_id = $2",
    ] {
        let done = statement(insert).bind(name).bind(id.as_bytes()).execute(&mut *transaction).await;
        if done.map_err(unavailable)? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}
