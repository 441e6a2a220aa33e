//! What an entry does to the state before it.

use super::entry::take_apart;
use super::{
    Admin, AdminKeys, By, Change, End, Entry, Fault, MAX_ACTIVE, MAX_IDENTITIES, OldKeys, Roles, Roster, Stamp,
};
use crate::anchor::TrustAnchor;
use crate::identity::AdminName;
use crate::note::{Note, NoteError, Vkey};
use crate::scalar::IdentityId;

impl Roster {
    /// Appends a signed entry: form, place, signatures, changes. After an error the state is not to be used.
    pub(super) fn push(&mut self, note: &str, anchor: &TrustAnchor) -> Result<(), Fault> {
        let (note, entry) = take_apart(note)?;
        self.check_place(&entry)?;
        let by = self.signed_by(&note, anchor)?;
        self.apply(&entry, by, anchor)
    }

    /// Whether the entry is for this site and follows the last one.
    pub(super) fn check_place(&self, entry: &Entry) -> Result<(), Fault> {
        if entry.site != self.site {
            return Err(Fault::WrongSite);
        }
        if entry.sequence != self.next_sequence() {
            return Err(Fault::OutOfSequence);
        }
        if entry.previous != self.head() {
            return Err(Fault::BrokenChain);
        }
        if self.stamps.last().is_some_and(|last| entry.time < last.time) {
            return Err(Fault::TimeWentBack);
        }
        Ok(())
    }

    /// Who answers for the entry. A wrong signature of anybody known is an error, even where enough others signed.
    fn signed_by(&self, note: &Note, anchor: &TrustAnchor) -> Result<By, Fault> {
        let admins: Vec<Vkey> = self.signers().map(|admin| admin.signing_key().clone()).collect();
        let site_keys = count(note, &anchor.site_keys)?;
        let signed = count(note, &admins)?;
        if site_keys >= usize::from(anchor.threshold) {
            return Ok(By::SiteKeys);
        }
        if self.threshold().is_some_and(|threshold| signed >= usize::from(threshold)) {
            return Ok(By::Admins);
        }
        let mut known = anchor.site_keys.iter().chain(&admins);
        let is_known = |(name, id): (&str, [u8; 4])| known.any(|key| key.name() == name && key.id() == id);
        Err(if note.signers().all(is_known) { Fault::TooFewSignatures } else { Fault::NotAnAdmin })
    }

    /// Makes the changes. After an error the state is not to be used.
    pub(super) fn apply(&mut self, entry: &Entry, by: By, anchor: &TrustAnchor) -> Result<(), Fault> {
        let (mut threshold, mut audit_key) = (self.threshold(), self.audit_key());
        for change in &entry.changes {
            match change {
                Change::Threshold(needed) => threshold = Some(*needed),
                Change::AuditKey(key) => audit_key = Some(*key),
                Change::Add { keys, roles, name } => self.add(keys, roles, name, entry.sequence, anchor)?,
                Change::Revoke { id, reason } => {
                    self.end(id, entry.sequence, End::Revoked(*reason))?;
                }
                Change::Replace { id, old, keys } => {
                    let end = End::Replaced(keys.id(), old.unwrap_or(OldKeys::Forgotten));
                    let (name, roles) = self.end(id, entry.sequence, end)?;
                    self.add(keys, &roles, &name, entry.sequence, anchor)?;
                }
                Change::Roles { id, roles } => self.active_mut(id)?.roles.push((entry.sequence, roles.clone())),
            }
        }
        let threshold = threshold.ok_or(Fault::BadStart)?;
        self.stamps.push(Stamp { head: entry.head(), time: entry.time, by, threshold, audit_key });
        let admins = self.signers().count();
        match by {
            By::SiteKeys if entry.sequence == 0 && admins == 0 => Err(Fault::BadStart),
            // Else two admins would become one who can do nothing any more
            By::Admins if admins < usize::from(threshold) => Err(Fault::LastAdmin),
            _ => Ok(()),
        }
    }

    fn add(
        &mut self,
        keys: &AdminKeys,
        roles: &Roles,
        name: &AdminName,
        sequence: u64,
        anchor: &TrustAnchor,
    ) -> Result<(), Fault> {
        let signing = keys.signing().public_key();
        let is_site_key = anchor.site_keys.iter().any(|key| key.public_key() == signing);
        if is_site_key || self.used.contains(signing) || self.used.contains(keys.encryption().as_bytes()) {
            return Err(Fault::ReusedKey);
        }
        if self.active.len() >= MAX_ACTIVE || self.admins.len() >= MAX_IDENTITIES {
            return Err(Fault::TooMany);
        }
        if self.active().any(|admin| admin.name().is_like(name)) {
            return Err(Fault::NameTaken);
        }
        self.used.extend([*signing, *keys.encryption().as_bytes()]);
        self.active.push(keys.id());
        let roles = vec![(sequence, roles.clone())];
        self.admins
            .insert(keys.id(), Admin { keys: keys.clone(), name: name.clone(), roles, since: sequence, end: None });
        Ok(())
    }

    /// Ends an identity; what it was called and might do.
    fn end(&mut self, id: &IdentityId, sequence: u64, end: End) -> Result<(AdminName, Roles), Fault> {
        let admin = self.active_mut(id)?;
        admin.end = Some((sequence, end));
        let (_, roles) = admin.roles.last().ok_or(Fault::UnknownAdmin)?;
        let was = (admin.name.clone(), roles.clone());
        self.active.retain(|one| one != id);
        Ok(was)
    }

    fn active_mut(&mut self, id: &IdentityId) -> Result<&mut Admin, Fault> {
        self.admins.get_mut(id).filter(|admin| admin.end.is_none()).ok_or(Fault::UnknownAdmin)
    }
}

/// How many of the keys signed.
fn count(note: &Note, keys: &[Vkey]) -> Result<usize, Fault> {
    match note.verify(keys) {
        Ok(signed) => Ok(signed.len()),
        Err(NoteError::NotSigned) => Ok(0),
        Err(_) => Err(Fault::BadSignature),
    }
}
