//! Entries that admins sign, from the request to the tree.

use std::sync::Arc;

use nightsafe_core::audit::{Actor, Entry, Salt, SignedEntry};
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::scalar::IdentityId;
use nightsafe_core::time::UnixTime;
use nightsafe_store::vault::{
    Appended, NewLeaf, OpenError, OpenedFields, OpeningRequest, RecordedChange, SessionEvent,
};

use super::held::Held;
use super::{AuditLog, AuditLogError, leaf};

/// How far an entry's time may be from the vault's clock, in seconds.
const CLOCK: u64 = 300;

/// A log that is written: the roster names an audit key, and the vault has it.
#[derive(Debug)]
pub struct Recorder<'l> {
    log: &'l AuditLog,
    held: Arc<Held>,
    audit_key: DataPublicKey,
}

/// An entry whose actor signed it, now, for this site.
#[derive(Debug)]
pub struct Verified {
    salt: Salt,
    signed: SignedEntry,
}

/// Why an entry is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The roster does not name the admin, or not any more.
    #[error("the roster of admins does not name who signed")]
    NotInRoster,
    /// Not an entry, of another admin or site, or not signed.
    #[error("the entry is none that this admin signed for this site")]
    Refused,
    /// Its time is not now.
    #[error("the entry's time is more than five minutes from now")]
    Clock,
}

/// What was appended, with the checkpoint over it.
#[derive(Debug)]
pub struct Written {
    /// Where.
    pub appended: Appended,
    /// The signed checkpoint.
    pub checkpoint: String,
}

impl<'l> Recorder<'l> {
    pub(super) fn new(log: &'l AuditLog, held: Arc<Held>) -> Option<Self> {
        let audit_key = held.audit_key.clone()?;
        Some(Self { log, held, audit_key })
    }

    /// Whether the roster that the vault holds names this identity now.
    pub fn knows(&self, admin: &IdentityId) -> bool {
        let roster = &self.held.roster;
        roster.active_at(admin, roster.sequence()).is_some()
    }

    /// Reads an entry and verifies it: of this admin, whom the roster names; signed with this salt; of this site; of now.
    ///
    /// # Errors
    /// [`EntryError`]
    pub fn verify(
        &self,
        admin: &IdentityId,
        (salt, signed): (&[u8], &[u8]),
        now: UnixTime,
    ) -> Result<Verified, EntryError> {
        let roster = &self.held.roster;
        let known = roster.active_at(admin, roster.sequence()).ok_or(EntryError::NotInRoster)?;
        let salt = Salt::from_bytes(salt.try_into().map_err(|_| EntryError::Refused)?);
        let signed = SignedEntry::parse(signed).map_err(|_| EntryError::Refused)?;
        let entry = signed.verify(&salt, known.signing_key()).map_err(|_| EntryError::Refused)?;
        if entry.actor() != Actor::Admin(*admin) || *entry.site() != self.log.site {
            return Err(EntryError::Refused);
        }
        if entry.time().seconds().abs_diff(now.seconds()) > CLOCK {
            return Err(EntryError::Clock);
        }
        Ok(Verified { salt, signed })
    }

    /// Appends entries; with what they say of the session that they came in.
    ///
    /// # Errors
    /// [`AuditLogError`]: nothing is written.
    pub async fn append(
        &self,
        entries: &[Verified],
        session: Option<(&[u8; 32], SessionEvent)>,
    ) -> Result<Written, AuditLogError> {
        let (leaves, store) = (self.leaves(entries)?, &self.log.store);
        let mut checkpoint = String::new();
        let sign = |size, root| self.log.sign(size, root).inspect(|note| checkpoint.clone_from(note));
        let appended = match session {
            Some((token, event)) => store.append_log_of_session(token, event, &leaves, sign).await?,
            None => store.append_log(&leaves, sign).await?,
        };
        Ok(Written { appended, checkpoint })
    }

    /// Changes the roster, or grants, with the entries in the log: all or nothing. `None` when the roster has moved on
    /// meanwhile, or a newcomer has gone.
    ///
    /// # Errors
    /// [`AuditLogError`]: nothing is written.
    pub async fn change(
        &self,
        change: RecordedChange<'_>,
        entries: &[Verified],
    ) -> Result<Option<Written>, AuditLogError> {
        let leaves = self.leaves(entries)?;
        let mut checkpoint = String::new();
        let sign = |size, root| self.log.sign(size, root).inspect(|note| checkpoint.clone_from(note));
        let appended = self.log.store.change_recorded(change, &leaves, sign).await?;
        Ok(appended.map(|appended| Written { appended, checkpoint }))
    }

    /// Hands out the rows of a batch, once `agrees` has seen them, with the entries in the log: all or nothing.
    ///
    /// # Errors
    /// [`RecordedOpenError`]
    pub async fn open(
        &self,
        batch: (&[OpeningRequest], &str, UnixTime),
        entries: &[Verified],
        agrees: impl FnOnce(&[OpenedFields]) -> bool,
    ) -> Result<(Vec<OpenedFields>, Written), RecordedOpenError> {
        let leaves = self.leaves(entries)?;
        let mut checkpoint = String::new();
        let sign = |size, root| self.log.sign(size, root).inspect(|note| checkpoint.clone_from(note));
        let (answers, appended) = self.log.store.open_fields_recorded(batch, &leaves, agrees, sign).await?;
        Ok((answers, Written { appended, checkpoint }))
    }

    /// The same of what is to be sealed anew.
    ///
    /// # Errors
    /// [`RecordedOpenError`]
    pub async fn open_to_reseal(
        &self,
        requests: &[OpeningRequest],
        entries: &[Verified],
        agrees: impl FnOnce(&[OpenedFields]) -> bool,
    ) -> Result<(Vec<OpenedFields>, Written), RecordedOpenError> {
        let leaves = self.leaves(entries)?;
        let mut checkpoint = String::new();
        let sign = |size, root| self.log.sign(size, root).inspect(|note| checkpoint.clone_from(note));
        let (answers, appended) = self.log.store.open_to_reseal(requests, &leaves, agrees, sign).await?;
        Ok((answers, Written { appended, checkpoint }))
    }

    fn leaves(&self, entries: &[Verified]) -> Result<Vec<NewLeaf>, AuditLogError> {
        entries.iter().map(|entry| Ok(leaf(&self.audit_key, &entry.salt, &entry.signed)?)).collect()
    }
}

impl Verified {
    /// What was signed.
    pub const fn entry(&self) -> &Entry {
        self.signed.entry()
    }
}

/// Why a recorded batch was not handed out.
#[derive(Debug, thiserror::Error)]
pub enum RecordedOpenError {
    /// By the rows.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// By the log.
    #[error(transparent)]
    Log(#[from] AuditLogError),
}
