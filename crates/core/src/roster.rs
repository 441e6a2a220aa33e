//! The roster of admins (`docs/spec/roster.md`): a signed list that is only added to. The site keys sign its first entry,
//! admins the later ones; who keeps the list can neither add to it, nor leave out, nor change an entry unnoticed.

mod admin;
mod apply;
mod change;
mod entry;
mod error;
mod file;

pub use admin::{Admin, End};
pub use change::{AdminKeys, Change, MAX_ROLES, OldKeys, Reason, Roles};
pub use entry::{Entry, cosign, take_apart};
pub use error::{Fault, RosterError};
pub use file::{MAX_FILE, from_file, to_file};

#[cfg(test)]
pub(crate) use entry::head_of;

use crate::anchor::TrustAnchor;
use crate::note::{Note, NoteError, Vkey};
use crate::scalar::{IdentityId, KeyFingerprint, KeyId, RosterHead, Site};
use crate::time::UnixTime;
use std::collections::{BTreeMap, BTreeSet};

/// Most bytes of a signed entry.
pub const MAX_ENTRY: usize = 65_536;
/// Most changes of an entry.
pub const MAX_CHANGES: usize = 64;
/// Most entries.
pub const MAX_ENTRIES: usize = 10_000;
/// Most people at a time.
pub const MAX_ACTIVE: usize = 64;
/// Most identities, those that are not active any more included.
pub const MAX_IDENTITIES: usize = 10_000;

/// Who answers for an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// As many site keys as the anchor says.
    SiteKeys,
    /// As many admins as the roster says.
    Admins,
}

/// A place in a roster that was verified before, and is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The last entry then.
    pub sequence: u64,
    /// The head then.
    pub head: RosterHead,
}

impl Remembered {
    /// Sequence number and head, with a blank between.
    pub fn to_text(&self) -> String {
        format!("{} {}", self.sequence, self.head)
    }

    /// Reads [`Remembered::to_text`], and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let (sequence, head) = text.split_once(' ')?;
        let read = Self { sequence: sequence.parse().ok()?, head: RosterHead::from_hex(head).ok()? };
        (read.to_text() == text).then_some(read)
    }
}

/// A verified roster: who is, and was, an admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    site: Site,
    /// One for each entry.
    stamps: Vec<Stamp>,
    admins: BTreeMap<IdentityId, Admin>,
    /// In the order in which they came in; at most 64.
    active: Vec<IdentityId>,
    /// Ed25519 public keys and fingerprints of X-Wing keys that were ever in it.
    used: BTreeSet<[u8; 32]>,
}

/// What holds after an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    head: RosterHead,
    time: UnixTime,
    by: By,
    threshold: u8,
    audit_key: Option<KeyFingerprint>,
}

/// Verifies all entries, in order, from the site keys down; that the list goes on from what was verified before; and that
/// the entry that a verified timestamp note names is in it. It may go on after that one: a note lives for a while, and
/// entries that were signed since are as good.
///
/// # Errors
/// Of the first entry that is refused, its first [`Fault`]; then [`Fault::Stale`] or [`Fault::Fork`], then
/// [`Fault::NotCurrent`].
pub fn verify(
    entries: &[impl AsRef<str>],
    anchor: &TrustAnchor,
    head: RosterHead,
    remembered: Option<Remembered>,
) -> Result<Roster, RosterError> {
    let roster = verify_at_any_time(entries, anchor)?;
    roster.check_follows(remembered)?;
    roster.check_reaches(head)?;
    Ok(roster)
}

/// Verifies all of a roster but that it is the current one: for whoever issues the timestamp, and for reading old ones.
///
/// # Errors
/// Of the first entry that is refused, its first [`Fault`].
pub fn verify_at_any_time(entries: &[impl AsRef<str>], anchor: &TrustAnchor) -> Result<Roster, RosterError> {
    let mut roster = Roster {
        site: anchor.site.clone(),
        stamps: Vec::new(),
        admins: BTreeMap::new(),
        active: Vec::new(),
        used: BTreeSet::new(),
    };
    if entries.is_empty() {
        return Err(roster.error(Fault::BadStart));
    }
    for entry in entries {
        roster.append_here(entry.as_ref(), anchor)?;
    }
    Ok(roster)
}

impl Roster {
    /// The roster with one more signed entry.
    ///
    /// # Errors
    /// [`RosterError`]
    pub fn append(mut self, note: &str, anchor: &TrustAnchor) -> Result<Self, RosterError> {
        self.append_here(note, anchor)?;
        Ok(self)
    }

    fn append_here(&mut self, note: &str, anchor: &TrustAnchor) -> Result<(), RosterError> {
        let sequence = self.next_sequence();
        if self.stamps.len() >= MAX_ENTRIES {
            return Err(self.error(Fault::TooMany));
        }
        self.push(note, anchor).map_err(|fault| RosterError { sequence, fault })
    }

    /// The entry to follow this roster's last, to be signed.
    pub fn next(&self, now: UnixTime, changes: Vec<Change>) -> Entry {
        let time = self.stamps.last().map_or(now, |last| now.max(last.time));
        Entry { site: self.site.clone(), sequence: self.next_sequence(), previous: self.head(), time, changes }
    }

    /// The roster after an entry that is still to be signed: what a signer looks at first.
    ///
    /// # Errors
    /// [`RosterError`], all but those of signatures.
    pub fn preview(&self, entry: &Entry, by: By, anchor: &TrustAnchor) -> Result<Self, RosterError> {
        let mut after = self.clone();
        after.check_place(entry).map_err(|fault| self.error(fault))?;
        after.apply(entry, by, anchor).map_err(|fault| self.error(fault))?;
        Ok(after)
    }

    /// The shop.
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// The last entry, from 0.
    pub fn sequence(&self) -> u64 {
        self.next_sequence().saturating_sub(1)
    }

    /// SHA-256 of the text of the last entry: what a timestamp note names.
    pub fn head(&self) -> RosterHead {
        self.stamps.last().map_or_else(|| entry::head_of(""), |last| last.head)
    }

    /// The head when this was the last entry.
    pub fn head_at(&self, sequence: u64) -> Option<RosterHead> {
        self.stamp(sequence).map(|stamp| stamp.head)
    }

    /// When an entry was written, as it says, and who answers for it.
    pub fn entry(&self, sequence: u64) -> Option<(UnixTime, By)> {
        self.stamp(sequence).map(|stamp| (stamp.time, stamp.by))
    }

    /// Whether it goes on from a roster that was verified before.
    ///
    /// # Errors
    /// [`Fault::Stale`] when it does not reach that, [`Fault::Fork`] when it was another one there.
    pub fn check_follows(&self, remembered: Option<Remembered>) -> Result<(), RosterError> {
        let Some(remembered) = remembered else { return Ok(()) };
        match self.head_at(remembered.sequence) {
            None => Err(RosterError { sequence: self.next_sequence(), fault: Fault::Stale }),
            Some(head) if head != remembered.head => {
                Err(RosterError { sequence: remembered.sequence, fault: Fault::Fork })
            }
            Some(_) => Ok(()),
        }
    }

    /// Whether an entry of it has this head, which a verified timestamp note names.
    ///
    /// # Errors
    /// [`Fault::NotCurrent`]: it ends before that entry, or is another roster.
    pub fn check_reaches(&self, head: RosterHead) -> Result<(), RosterError> {
        let reaches = self.stamps.iter().any(|stamp| stamp.head == head);
        if reaches { Ok(()) } else { Err(self.error(Fault::NotCurrent)) }
    }

    /// What to remember of it.
    pub fn remember(&self) -> Remembered {
        Remembered { sequence: self.sequence(), head: self.head() }
    }

    /// How many admins must sign the next entry.
    pub fn threshold(&self) -> Option<u8> {
        self.stamps.last().map(|last| last.threshold)
    }

    /// The X-Wing key that entries of the log are sealed to.
    pub fn audit_key(&self) -> Option<KeyFingerprint> {
        self.stamps.last().and_then(|last| last.audit_key)
    }

    /// Everybody who is active, in the order in which they came in.
    pub fn active(&self) -> impl Iterator<Item = &Admin> {
        self.active.iter().filter_map(|id| self.admins.get(id))
    }

    /// Who may sign the next entry.
    pub fn signers(&self) -> impl Iterator<Item = &Admin> {
        self.active().filter(|admin| admin.roles.last().is_some_and(|(_, roles)| roles.is_admin()))
    }

    /// Who of those that may sign the next entry did sign this one, in the order in which they came in.
    ///
    /// # Errors
    /// [`Fault::BadSignature`] when a signature of one of them is wrong.
    pub fn signed(&self, note: &Note) -> Result<Vec<&Admin>, Fault> {
        let keys: Vec<Vkey> = self.signers().map(|admin| admin.signing_key().clone()).collect();
        let signed = match note.verify(&keys) {
            Ok(signed) => signed,
            Err(NoteError::NotSigned) => Vec::new(),
            Err(_) => return Err(Fault::BadSignature),
        };
        Ok(self.signers().filter(|admin| signed.contains(&admin.signing_key())).collect())
    }

    /// Everybody who ever was, by id.
    pub fn everybody(&self) -> impl Iterator<Item = &Admin> {
        self.admins.values()
    }

    /// The admin of an id, active or not any more.
    pub fn admin(&self, id: &IdentityId) -> Option<&Admin> {
        self.admins.get(id)
    }

    /// Whether somebody who is not in the list may have this identity: it was revoked, for whatever reason; or replaced because it
    /// was lost; or is one that was replaced by such a one. Who just has new keys, and destroyed the old ones, has not left.
    pub fn has_left(&self, id: &IdentityId) -> bool {
        let mut id = *id;
        // No identity replaces one of before it, so this ends
        loop {
            match self.admin(&id).and_then(Admin::end) {
                Some((_, End::Replaced(by, OldKeys::Forgotten))) => id = by,
                Some((_, End::Revoked(_) | End::Replaced(_, OldKeys::Lost))) => return true,
                None => return false,
            }
        }
    }

    /// Of data keys with identities that have ended and were granted them: those that somebody who has left opens.
    pub fn known_to_leavers(&self, ended: &[(KeyId, IdentityId)]) -> Vec<KeyId> {
        let known: BTreeSet<KeyId> = ended.iter().filter(|(_, id)| self.has_left(id)).map(|(key, _)| *key).collect();
        known.into_iter().collect()
    }

    /// The admin of an id, when active after the entry of this sequence number.
    pub fn active_at(&self, id: &IdentityId, sequence: u64) -> Option<&Admin> {
        self.stamp(sequence)?;
        self.admin(id).filter(|admin| admin.is_active_at(sequence))
    }

    fn stamp(&self, sequence: u64) -> Option<&Stamp> {
        self.stamps.get(usize::try_from(sequence).ok()?)
    }

    fn next_sequence(&self) -> u64 {
        u64::try_from(self.stamps.len()).unwrap_or(u64::MAX)
    }

    fn error(&self, fault: Fault) -> RosterError {
        RosterError { sequence: self.next_sequence(), fault }
    }
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
