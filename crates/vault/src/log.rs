//! The audit log above the database (`docs/spec/audit-entry.md`): what the vault writes into it, and the key that signs
//! its checkpoints.
//!
//! Entries are sealed to the audit key before they are stored; the vault cannot read them again. Without an audit key
//! none is written.

mod config;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use nightsafe_core::audit::{Action, Actor, AuditError, Entry, Salt, SignedEntry, seal};
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::log::{Checkpoint, CheckpointError, Hash};
use nightsafe_core::note::Vkey;
use nightsafe_core::scalar::Site;
use nightsafe_core::time::UnixTime;
use nightsafe_store::StoreError;
use nightsafe_store::vault::{AppendError, Appended, NewLeaf, SealedEntry, VaultStore};

pub use config::{LogConfig, LogConfigError};

/// The audit log of one vault.
#[derive(Debug)]
pub struct AuditLog {
    store: VaultStore,
    site: Site,
    config: LogConfig,
}

/// Why an entry is not in the log.
#[derive(Debug, thiserror::Error)]
pub enum AuditLogError {
    /// The entry is of another site, not of this signer, or cannot be made.
    #[error("the entry is refused: {0}")]
    Entry(#[from] AuditError),
    /// The entry is for another site's log.
    #[error("the entry is one of another site")]
    OtherSite,
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

impl AuditLog {
    /// The log in this database.
    pub fn new(store: VaultStore, site: Site, config: LogConfig) -> Self {
        Self { store, site, config }
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
        let Some(audit_key) = self.config.audit_key().filter(|_| !happened.is_empty()) else { return Ok(None) };
        let mut leaves = Vec::with_capacity(happened.len());
        for (action, time) in happened {
            let mut salt = [0; 32];
            getrandom::fill(&mut salt).map_err(|_| AuditLogError::Randomness)?;
            let salt = Salt::from_bytes(salt);
            let entry = Entry::new(self.site.clone(), Actor::Vault, action.clone(), *time)?;
            leaves.push(leaf(audit_key, &salt, &SignedEntry::sign(entry, &salt, self.config.signer()))?);
        }
        self.append(&leaves).await.map(Some)
    }

    /// Writes an entry that an admin signed with the key that the roster names for its actor. `None` when nothing is
    /// written because there is no audit key.
    ///
    /// # Errors
    /// [`AuditLogError`]: nothing is written.
    pub async fn append_signed(
        &self,
        salt: &Salt,
        signed: &SignedEntry,
        key: &Vkey,
    ) -> Result<Option<Appended>, AuditLogError> {
        let entry = signed.verify(salt, key)?;
        if entry.actor() == Actor::Vault {
            return Err(AuditError::Actor.into());
        }
        if *entry.site() != self.site {
            return Err(AuditLogError::OtherSite);
        }
        let Some(audit_key) = self.config.audit_key() else { return Ok(None) };
        self.append(&[leaf(audit_key, salt, signed)?]).await.map(Some)
    }

    async fn append(&self, leaves: &[NewLeaf]) -> Result<Appended, AuditLogError> {
        Ok(self.store.append_log(leaves, |size, root| self.sign(size, root)).await?)
    }

    fn sign(&self, size: u64, root: Hash) -> Result<String, CheckpointError> {
        let origin = self.config.origin().clone();
        Checkpoint { origin, size, root }.sign(self.config.signer())
    }
}

fn leaf(audit_key: &DataPublicKey, salt: &Salt, signed: &SignedEntry) -> Result<NewLeaf, AuditError> {
    // Ends the request, by a panic, when the system gives no random bytes: nothing may be sealed with anything less
    let sealed = seal(audit_key, salt, signed, &mut UnwrapErr(SysRng))?;
    let entry = SealedEntry { key_id: audit_key.key_id(), sealed };
    Ok(NewLeaf { commitment: signed.commitment(salt), entry })
}
