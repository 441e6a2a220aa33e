//! From what the vault hands out after a sign-in to opened data keys.

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::custody::{Keyring, WrappedKey};
use nightsafe_core::grant::{AdminGrant, open_key};
use nightsafe_core::identity::{Identity, Method, PublicIdentity, Unlock, WrappedIdentity};
use nightsafe_core::keys::{DataPublicKey, PrivateItems};
use nightsafe_core::roster::{self, Fault, Remembered, Roster};
use nightsafe_core::scalar::{IdentityId, RosterHead, Site};
use nightsafe_core::session::TabHalf;
use nightsafe_core::suite::Suite;
use nightsafe_login::ExportKey;
use nightsafe_proto::vault::custody::{Custody, CustodyKey};
use nightsafe_proto::vault::identity::{Grants, KeptIdentity, KeptWrapped, OwnIdentity, RosterEntries};
use nightsafe_proto::vault::session::SessionIdentity;
use nightsafe_proto::wire::B64u;
use rand_core::CryptoRng;

use crate::failure::Failure;
use crate::people::Signing;
use crate::place::Place;

/// What there is to unlock with.
#[derive(Clone, Copy)]
pub(crate) enum With<'a> {
    /// What a sign-in gave.
    SignIn {
        export_key: &'a ExportKey,
        /// For data keys of before there was a roster.
        passphrase: &'a [u8],
    },
    /// The output of a passkey's PRF, and what the vault gave for the passkey.
    Passkey { prf: &'a [u8; 32], wrapped: &'a B64u },
    /// The tab's half, and what the vault kept for the session.
    Session { tab: &'a TabHalf, kept: &'a SessionIdentity },
}

/// What there is to unlock with, and the vault's answers.
pub(crate) struct Unlocking<'a> {
    pub(crate) with: With<'a>,
    pub(crate) anchor: &'a TrustAnchor,
    /// Where the last roster ended that this browser verified.
    pub(crate) remembered: Option<Place>,
    /// The head that a verified timestamp note names, if one does.
    pub(crate) current: Option<RosterHead>,
    pub(crate) identity: OwnIdentity,
    pub(crate) roster: RosterEntries,
    pub(crate) custody: Custody,
}

/// What was opened, and what the vault is to keep from now on.
pub(crate) struct Unlocked {
    /// The identity, if the vault keeps one.
    pub(crate) admin: Option<Identity>,
    pub(crate) roster: Option<Roster>,
    pub(crate) keys: Vec<PrivateItems>,
    /// What opens the audit log.
    pub(crate) audit_keys: Vec<PrivateItems>,
    /// How many data keys have grants that were refused.
    pub(crate) refused_grants: u32,
    /// A first identity, for an admin who has none.
    pub(crate) new_identity: Option<KeptIdentity>,
    /// The words of an identity that the roster does not name (yet), to be compared by whoever signs it in.
    pub(crate) words: Option<String>,
    /// Grants of data keys that were opened to those of the roster who lack them, oneself included.
    pub(crate) new_grants: Option<Grants>,
    /// Whether the identity alone opened everything: then the passphrase is not needed after a reload.
    pub(crate) resumable: bool,
}

impl Unlocking<'_> {
    pub(crate) fn run(&self, rng: &mut impl CryptoRng) -> Result<Unlocked, Failure> {
        let admin = self.unwrap()?;
        let roster = self.verify()?;
        let (mut keys, mut wrapped, mut refused_grants) = (Vec::new(), Vec::new(), 0_u32);
        for key in &self.custody.keys {
            let public = public_key(key)?;
            match (&admin, &roster) {
                (Some(admin), Some(roster)) if !key.grants.is_empty() => {
                    match granted(admin, roster, &public, &key.grants) {
                        Some(items) => keys.push(items),
                        None => refused_grants = refused_grants.saturating_add(1),
                    }
                }
                _ if !key.items.is_empty() => wrapped.push(wrapped_key(key)?),
                _ => {}
            }
        }
        let mut audit_keys = Vec::new();
        for key in &self.custody.audit_keys {
            let public = DataPublicKey::parse(Suite::XWing, &key.public_key.0).map_err(|_| Failure::Malformed)?;
            match (&admin, &roster) {
                (Some(admin), Some(roster)) if !key.grants.is_empty() => {
                    match granted(admin, roster, &public, &key.grants) {
                        Some(items) => audit_keys.push(items),
                        None => refused_grants = refused_grants.saturating_add(1),
                    }
                }
                _ => {}
            }
        }
        let resumable = admin.is_some() && wrapped.is_empty();
        keys.extend(self.by_passphrase(&wrapped)?);
        let new_grants = match (&admin, &roster) {
            (Some(admin), Some(roster)) if self.is_sure() => {
                Signing { admin, roster, anchor: self.anchor, keys: &keys, audit_keys: &audit_keys }.grant_missing(
                    &self.custody,
                    &self.roster.identities,
                    rng,
                )?
            }
            _ => None,
        };
        let (id, new_identity) = match (&admin, self.with) {
            (Some(admin), _) => (admin.id(), None),
            (None, With::SignIn { export_key, .. }) => {
                self.new_identity(export_key, rng).map(|(id, kept)| (id, Some(kept)))?
            }
            (None, With::Session { .. } | With::Passkey { .. }) => return Err(Failure::PassphraseNeeded),
        };
        let named = roster.as_ref().is_some_and(|roster| roster.active_at(&id, roster.sequence()).is_some());
        let words = (!named).then(|| id.words().join(" "));
        Ok(Unlocked { admin, roster, keys, audit_keys, refused_grants, new_identity, words, new_grants, resumable })
    }

    /// Whether somebody besides the vault says that the roster is not an old one. Else nothing is granted: who was removed
    /// would be granted keys that were made since.
    pub(crate) const fn is_sure(&self) -> bool {
        self.current.is_some() || matches!(self.remembered, Some(place) if place.is_sure)
    }

    fn unwrap(&self) -> Result<Option<Identity>, Failure> {
        let Some(own) = &self.identity.identity else { return Ok(None) };
        match self.with {
            With::SignIn { export_key, .. } => unwrap(own, self.anchor, export_key).map(Some),
            With::Passkey { prf, wrapped } => unwrap_with(own, wrapped, self.anchor, &Unlock::Passkey(prf)).map(Some),
            With::Session { tab, kept } => {
                let with = Unlock::Session { tab: tab.as_bytes(), row: &kept.half.0 };
                unwrap_with(own, &kept.wrapped, self.anchor, &with).map(Some)
            }
        }
    }

    /// As far as the timestamp note says, too. No entries at all are an installation that has no roster yet: then nothing is
    /// granted.
    fn verify(&self) -> Result<Option<Roster>, Failure> {
        if self.roster.entries.is_empty() && self.remembered.is_none() {
            return if self.current.is_some() { Err(Failure::RosterNotCurrent) } else { Ok(None) };
        }
        let roster = verify(&self.roster.entries, self.anchor, self.remembered.map(|place| place.remembered))?;
        if let Some(head) = self.current {
            roster.check_reaches(head).map_err(|_| Failure::RosterNotCurrent)?;
        }
        Ok(Some(roster))
    }

    fn by_passphrase(&self, wrapped: &[WrappedKey]) -> Result<Vec<PrivateItems>, Failure> {
        match self.with {
            _ if wrapped.is_empty() => Ok(Vec::new()),
            With::SignIn { passphrase, .. } => Ok(Keyring::unlock(passphrase, &self.anchor.site, wrapped)?.into_keys()),
            With::Session { .. } | With::Passkey { .. } => Err(Failure::PassphraseNeeded),
        }
    }

    fn new_identity(
        &self,
        export_key: &ExportKey,
        rng: &mut impl CryptoRng,
    ) -> Result<(IdentityId, KeptIdentity), Failure> {
        let (identity, kept) = new_identity(&self.anchor.site, export_key, rng)?;
        Ok((identity.id(), kept))
    }
}

/// A fresh identity, and what the vault keeps of it: to be unlocked by what a sign-in gives.
pub(crate) fn new_identity(
    site: &Site,
    export_key: &ExportKey,
    rng: &mut impl CryptoRng,
) -> Result<(Identity, KeptIdentity), Failure> {
    let identity = Identity::generate(site, rng).map_err(|_| Failure::Randomness)?;
    let wrapped = identity.wrap(&Unlock::Login(export_key), rng).map_err(|_| Failure::Randomness)?;
    let way = KeptWrapped {
        method: wrapped.method().as_str().to_owned(),
        slot: String::new(),
        wrapped: B64u(wrapped.to_bytes()),
    };
    let kept = KeptIdentity { public: B64u(identity.public().to_bytes()), wrapped: vec![way] };
    Ok((identity, kept))
}

/// One's own identity: nobody else's opens by what the own sign-in gave.
pub(crate) fn unwrap(kept: &KeptIdentity, anchor: &TrustAnchor, export_key: &ExportKey) -> Result<Identity, Failure> {
    let way = kept.wrapped.iter().find(|way| way.method == Method::Login.as_str()).ok_or(Failure::Malformed)?;
    unwrap_with(kept, &way.wrapped, anchor, &Unlock::Login(export_key))
}

pub(crate) fn unwrap_with(
    kept: &KeptIdentity,
    wrapped: &B64u,
    anchor: &TrustAnchor,
    with: &Unlock<'_>,
) -> Result<Identity, Failure> {
    let public = PublicIdentity::parse(&kept.public.0).map_err(|_| Failure::Malformed)?;
    let wrapped = WrappedIdentity::parse(&wrapped.0).map_err(|_| Failure::Malformed)?;
    wrapped.unwrap(&anchor.site, &public.id(), with).map_err(|_| Failure::IdentityRefused)
}

/// A roster from the site keys down, and on from what was verified before.
pub(crate) fn verify(
    entries: &[String],
    anchor: &TrustAnchor,
    remembered: Option<Remembered>,
) -> Result<Roster, Failure> {
    if entries.is_empty() {
        return Err(Failure::RosterRolledBack);
    }
    let roster = roster::verify_at_any_time(entries, anchor).map_err(|_| Failure::RosterRefused)?;
    roster.check_follows(remembered).map_err(|error| match error.fault {
        Fault::Stale => Failure::RosterRolledBack,
        _ => Failure::RosterForked,
    })?;
    Ok(roster)
}

pub(crate) fn granted(
    admin: &Identity,
    roster: &Roster,
    public: &DataPublicKey,
    grants: &[B64u],
) -> Option<PrivateItems> {
    let grants = grants.iter().map(|grant| AdminGrant::parse(&grant.0)).collect::<Result<Vec<_>, _>>().ok()?;
    open_key(admin, roster, public, &grants).ok()
}

pub(crate) fn public_key(key: &CustodyKey) -> Result<DataPublicKey, Failure> {
    let suite = Suite::from_name(&key.suite).ok_or(Failure::Malformed)?;
    let public = DataPublicKey::parse(suite, &key.public_key.0).map_err(|_| Failure::Malformed)?;
    if public.key_id().0 == key.key_id.0 { Ok(public) } else { Err(Failure::Malformed) }
}

fn wrapped_key(key: &CustodyKey) -> Result<WrappedKey, Failure> {
    let items: Vec<_> = key.items.iter().map(|item| (item.item.as_str(), item.wrapped.0.as_slice())).collect();
    Ok(WrappedKey::parse(&key.suite, &key.public_key.0, &items)?)
}

#[cfg(test)]
pub(crate) mod tests;
