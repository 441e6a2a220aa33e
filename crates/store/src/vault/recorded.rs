//! What admins do to the roster, for each other and to their own sessions, and what the vault does to keys, in one transaction with its entries in the audit log.

use nightsafe_core::log::{CheckpointError, Hash};
use nightsafe_core::passkey::PasskeyId;
use nightsafe_core::scalar::KeyId;
use nightsafe_core::time::UnixTime;

use super::log::append;
use super::{
    AppendError, Appended, NewEntry, NewLeaf, NewPasskey, Proposal, Recovered, StoredGrant, VaultStore, identities,
    passkeys, purge, recovery, roster, sessions, unavailable,
};

/// What is done.
#[derive(Debug, Clone, Copy)]
pub enum RecordedChange<'c> {
    /// As [`VaultStore::take_roster_entry`] does.
    Entry(&'c NewEntry),
    /// As [`VaultStore::propose`] does.
    Proposal(&'c Proposal),
    /// As [`VaultStore::add_grants`] does.
    Grants(&'c [StoredGrant]),
    /// As [`VaultStore::end_session_of`] does.
    Session(&'c str, &'c [u8; 16]),
    /// As [`VaultStore::end_other_sessions`] does.
    OtherSessions(&'c str, &'c [u8; 32]),
    /// As [`VaultStore::recover`] does.
    Recovery(Recovered<'c>),
    /// As [`VaultStore::add_passkey`] does.
    AddPasskey(NewPasskey<'c>),
    /// As [`VaultStore::remove_passkey`] does.
    RemovePasskey(&'c str, &'c PasskeyId),
    /// As [`VaultStore::purge_key`] does.
    Purge(&'c KeyId, UnixTime),
}

impl VaultStore {
    /// Does it and appends the leaves, all or nothing. `None` when an entry is not the next one any more, or a newcomer is
    /// not there any more, a kit was used or replaced, a passkey is not to be added or removed, or a key is in use: then nothing is written.
    ///
    /// # Errors
    /// [`AppendError`]
    pub async fn change_recorded<S>(
        &self,
        change: RecordedChange<'_>,
        leaves: &[NewLeaf],
        sign: S,
    ) -> Result<Option<Appended>, AppendError>
    where
        S: FnOnce(u64, Hash) -> Result<String, CheckpointError>,
    {
        let mut transaction = self.write().await?;
        match change {
            RecordedChange::Entry(entry) => {
                if !roster::take(&mut transaction, entry).await? {
                    return Ok(None);
                }
            }
            RecordedChange::Proposal(proposal) => roster::propose(&mut transaction, proposal).await?,
            RecordedChange::Grants(grants) => {
                identities::insert_grants(&mut transaction, grants).await?;
            }
            RecordedChange::Session(admin, id) => {
                sessions::end_of(&mut transaction, admin, id).await?;
            }
            RecordedChange::OtherSessions(admin, token_hash) => {
                sessions::end_others(&mut transaction, admin, token_hash).await?;
            }
            RecordedChange::Recovery(recovered) => {
                if !recovery::recover(&mut transaction, recovered).await? {
                    return Ok(None);
                }
            }
            RecordedChange::AddPasskey(new) => {
                if !passkeys::add(&mut transaction, new).await? {
                    return Ok(None);
                }
            }
            RecordedChange::RemovePasskey(admin, id) => {
                if !passkeys::remove(&mut transaction, admin, id).await? {
                    return Ok(None);
                }
            }
            RecordedChange::Purge(key, now) => {
                if !purge::purge(&mut transaction, key, now).await? {
                    return Ok(None);
                }
            }
        }
        let appended = append(&mut transaction, leaves, sign).await?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(Some(appended))
    }
}
