//! A person under one identity, and since when.

use super::{AdminKeys, Fault, OldKeys, Reason, Roles};
use crate::identity::{AdminName, PublicIdentity};
use crate::keys::DataPublicKey;
use crate::note::Vkey;
use crate::scalar::{IdentityId, KeyFingerprint, Site};

/// How an identity ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The person was removed.
    Revoked(Reason),
    /// The person got this identity, and somebody else may have the keys of this one, or nobody has.
    Replaced(IdentityId, OldKeys),
}

/// An identity of the roster, active or not any more. None is ever active twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    pub(super) keys: AdminKeys,
    pub(super) name: AdminName,
    /// Each from this entry on; never empty.
    pub(super) roles: Vec<(u64, Roles)>,
    pub(super) since: u64,
    pub(super) end: Option<(u64, End)>,
}

impl Admin {
    /// The identity.
    pub const fn id(&self) -> IdentityId {
        self.keys.id()
    }

    /// The name.
    pub const fn name(&self) -> &AdminName {
        &self.name
    }

    /// Commits to the X-Wing key.
    pub const fn encryption(&self) -> &KeyFingerprint {
        self.keys.encryption()
    }

    /// Verifies what this admin signs.
    pub const fn signing_key(&self) -> &Vkey {
        self.keys.signing()
    }

    /// The entry that made it active.
    pub const fn since(&self) -> u64 {
        self.since
    }

    /// The entry that ended it, and how.
    pub const fn end(&self) -> Option<(u64, End)> {
        self.end
    }

    /// Whether it is active after the entry of this sequence number.
    pub fn is_active_at(&self, sequence: u64) -> bool {
        self.since <= sequence && self.end.is_none_or(|(end, _)| sequence < end)
    }

    /// The roles after the entry of this sequence number; `None` when it is not active then.
    pub fn roles_at(&self, sequence: u64) -> Option<&Roles> {
        let roles = self.roles.iter().rev().find(|(since, _)| *since <= sequence);
        roles.filter(|_| self.is_active_at(sequence)).map(|(_, roles)| roles)
    }

    /// The roles that it has, or had at its end.
    pub fn last_roles(&self) -> impl Iterator<Item = &str> {
        self.roles.last().into_iter().flat_map(|(_, roles)| roles.iter())
    }

    /// `active`, `replaced`, `replaced_lost`, or why it was revoked.
    pub const fn state(&self) -> &'static str {
        match self.end {
            None => "active",
            Some((_, End::Replaced(_, OldKeys::Forgotten))) => "replaced",
            Some((_, End::Replaced(_, OldKeys::Lost))) => "replaced_lost",
            Some((_, End::Revoked(reason))) => reason.as_str(),
        }
    }

    /// Whether these are its keys, to the last bit.
    pub fn has_keys(&self, keys: &PublicIdentity) -> bool {
        self.keys == AdminKeys::from(keys)
    }

    /// The identity with its X-Wing key, which a vault carries beside the roster.
    ///
    /// # Errors
    /// [`Fault::SwappedKey`] when it is not the key that the roster commits to.
    pub fn identity(&self, site: &Site, encryption: DataPublicKey) -> Result<PublicIdentity, Fault> {
        let identity = PublicIdentity::new(site, encryption, self.signing_key().public_key());
        identity.ok().filter(|identity| self.has_keys(identity)).ok_or(Fault::SwappedKey)
    }
}
