//! The audit log above the database (`docs/spec/audit-entry.md`): what the vault writes into it, and the key that signs
//! its checkpoints.
//!
//! Entries are sealed to the audit key before they are stored; the vault cannot read them again. The roster names that
//! key. Without one nothing is written.

mod config;
mod held;
mod proofs;
mod recorder;

use std::sync::Arc;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::audit::{Action, Actor, AuditError, Entry, Salt, SignedEntry, seal};
use nightsafe_core::keys::{DataPublicKey, KeyState};
use nightsafe_core::log::{Checkpoint, CheckpointError, Hash};
use nightsafe_core::roster::RosterError;
use nightsafe_core::scalar::{KeyId, Site};
use nightsafe_core::time::UnixTime;
use nightsafe_store::StoreError;
use nightsafe_store::vault::{AppendError, Appended, KeyNews, NewLeaf, RecordedChange, SealedEntry, VaultStore};

use crate::roster::{RosterUnknown, VaultRoster};

pub use self::config::{LogConfig, LogConfigError};
use self::held::{Held, Last};
pub use self::proofs::Proofs;
pub use self::recorder::{EntryError, RecordedOpenError, Recorder, Verified, Written};

/// The audit log of one vault.
#[derive(Debug)]
pub struct AuditLog {
    store: VaultStore,
    site: Site,
    config: LogConfig,
    /// Names the audit key.
    roster: Arc<VaultRoster>,
    last: Last,
}

/// Why an entry is not in the log.
#[derive(Debug, thiserror::Error)]
pub enum AuditLogError {
    /// The entry cannot be made, or not sealed.
    #[error("the entry is refused: {0}")]
    Entry(#[from] AuditError),
    /// The roster in the database is not one that goes on from the site keys, and from what was verified before.
    #[error("the roster of admins is refused: {0}")]
    Roster(#[from] RosterError),
    /// There is a roster, and nothing to verify it by.
    #[error("there is a roster of admins, and no trust anchor to verify it by: set site.anchor")]
    NoAnchor,
    /// The roster names an audit key that is not in the database.
    #[error("the database has no audit key with the fingerprint that the roster names: restore it from a copy")]
    NoAuditKey,
    /// The log's hashes are not all there, or its checkpoint is none.
    #[error("the audit log's hashes or checkpoint are damaged; compare with a copy (`nightsafe audit verify`)")]
    Damaged,
    /// The checkpoint of a log without leaves was not signed.
    #[error("the checkpoint was not signed: {0}")]
    Sign(#[from] CheckpointError),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Randomness,
    /// It was not appended.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RosterUnknown> for AuditLogError {
    fn from(unknown: RosterUnknown) -> Self {
        match unknown {
            RosterUnknown::Refused(error) => Self::Roster(error),
            RosterUnknown::NoAnchor => Self::NoAnchor,
            RosterUnknown::Store(error) => Self::Store(error),
        }
    }
}

impl AuditLog {
    /// The log in this database, with an audit key as the roster names one, which is verified by the anchor.
    pub fn new(store: VaultStore, site: Site, config: LogConfig, anchor: Option<TrustAnchor>) -> Self {
        Self::over(store, site, config, Arc::new(VaultRoster::new(anchor)))
    }

    /// The same with a roster that others look at, too.
    pub(crate) fn over(store: VaultStore, site: Site, config: LogConfig, roster: Arc<VaultRoster>) -> Self {
        Self { store, site, config, roster, last: Last::default() }
    }

    /// The last checkpoint. That of a log without leaves is signed anew each time: the same bytes always.
    ///
    /// # Errors
    /// [`AuditLogError::Store`], [`AuditLogError::Sign`].
    pub async fn checkpoint(&self) -> Result<String, AuditLogError> {
        match self.store.log_checkpoint().await? {
            Some(note) => Ok(note),
            None => Ok(self.sign(0, Hash::of_empty_tree())?),
        }
    }

    /// Writes what happened and nobody signed for, in this order: entries of the vault's own. `None` when nothing is
    /// written because there is no audit key, or nothing to write.
    ///
    /// # Errors
    /// [`AuditLogError`]; [`AuditError::Actor`] for an action that admins sign.
    pub async fn record(&self, happened: &[(Action, UnixTime)]) -> Result<Option<Appended>, AuditLogError> {
        if happened.is_empty() {
            return Ok(None);
        }
        let held = self.held().await?;
        let Some(audit_key) = held.as_ref().and_then(|held| held.audit_key.as_ref()) else { return Ok(None) };
        let leaves = happened.iter().map(|(action, time)| self.own(audit_key, action.clone(), *time));
        self.append(&leaves.collect::<Result<Vec<_>, _>>()?).await.map(Some)
    }

    /// Destroys the items of a data key and writes that down, all or nothing. False when something that is sealed to it is left,
    /// or it was purged before. Without an audit key nothing is written down, like everything else.
    ///
    /// # Errors
    /// [`AuditLogError`]: nothing is destroyed.
    pub(crate) async fn purge(&self, data_key: KeyId, now: UnixTime) -> Result<bool, AuditLogError> {
        let held = self.held().await?;
        let Some(audit_key) = held.as_ref().and_then(|held| held.audit_key.as_ref()) else {
            return Ok(self.store.purge_key(&data_key, now).await?);
        };
        let leaf = self.own(audit_key, Action::KeyChange { data_key, state: KeyState::Purged }, now)?;
        let change = RecordedChange::Purge(&data_key, now);
        let appended = self.store.change_recorded(change, &[leaf], |size, root| self.sign(size, root)).await?;
        Ok(appended.is_some())
    }

    /// Writes what the log does not say yet of manifests and data keys, in this order, each once, whatever other vaults on the
    /// same database write at this moment; how many entries that made. Without an audit key nothing is written, nor remembered.
    ///
    /// # Errors
    /// [`AuditLogError`]: nothing is written.
    pub(crate) async fn record_key_news(&self, news: &[KeyNews], now: UnixTime) -> Result<u64, AuditLogError> {
        let held = self.held().await?;
        let Some(audit_key) = held.as_ref().and_then(|held| held.audit_key.as_ref()) else { return Ok(0) };
        let said = self.store.key_log().await?;
        let new = news.iter().filter(|news| !said.has(news));
        let leaves = new.map(|news| Ok((*news, self.own(audit_key, told(news), now)?)));
        let leaves = leaves.collect::<Result<Vec<_>, AuditLogError>>()?;
        if leaves.is_empty() {
            return Ok(0);
        }
        let appended = self.store.append_key_news(&leaves, |size, root| self.sign(size, root)).await?;
        Ok(appended.map_or(0, |appended| appended.size.saturating_sub(appended.first)))
    }

    /// What records what admins do; `None` where nothing is recorded: the roster names no audit key, or there is no
    /// roster, or nothing to verify it by.
    ///
    /// # Errors
    /// [`AuditLogError`]: then nothing may be done that is to be recorded.
    pub async fn recorder(&self) -> Result<Option<Recorder<'_>>, AuditLogError> {
        Ok(self.held().await?.and_then(|held| Recorder::new(self, held)))
    }

    /// What the vault signs itself.
    fn own(&self, audit_key: &DataPublicKey, action: Action, time: UnixTime) -> Result<NewLeaf, AuditLogError> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|_| AuditLogError::Randomness)?;
        let salt = Salt::from_bytes(salt);
        let entry = Entry::new(self.site.clone(), Actor::Vault, action, time)?;
        Ok(leaf(audit_key, &salt, &SignedEntry::sign(entry, &salt, self.config.signer()))?)
    }

    async fn held(&self) -> Result<Option<Arc<Held>>, AuditLogError> {
        self.last.renewed(&self.store, &self.roster).await
    }

    async fn append(&self, leaves: &[NewLeaf]) -> Result<Appended, AuditLogError> {
        Ok(self.store.append_log(leaves, |size, root| self.sign(size, root)).await?)
    }

    fn sign(&self, size: u64, root: Hash) -> Result<String, CheckpointError> {
        let origin = self.config.origin().clone();
        Checkpoint { origin, size, root }.sign(self.config.signer())
    }
}

/// As an entry says it.
const fn told(news: &KeyNews) -> Action {
    match *news {
        KeyNews::Published(manifest) => Action::PolicyChange(manifest),
        KeyNews::Came(data_key, state) => Action::KeyChange { data_key, state },
    }
}

fn leaf(audit_key: &DataPublicKey, salt: &Salt, signed: &SignedEntry) -> Result<NewLeaf, AuditError> {
    // Ends the request, by a panic, when the system gives no random bytes: nothing may be sealed with anything less
    let sealed = seal(audit_key, salt, signed, &mut UnwrapErr(SysRng))?;
    let entry = SealedEntry { key_id: audit_key.key_id(), sealed };
    Ok(NewLeaf { commitment: signed.commitment(salt), entry })
}
