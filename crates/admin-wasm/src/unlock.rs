//! From what the vault hands out after a sign-in to opened data keys.

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::custody::{Keyring, WrappedKey};
use nightsafe_core::grant::{AdminGrant, grant_key, open_key};
use nightsafe_core::identity::{Identity, Method, PublicIdentity, Unlock, WrappedIdentity};
use nightsafe_core::keys::{DataPublicKey, PrivateItems};
use nightsafe_core::roster::{self, Fault, Remembered, Roster};
use nightsafe_core::scalar::IdentityId;
use nightsafe_core::suite::Suite;
use nightsafe_login::ExportKey;
use nightsafe_proto::vault::custody::{Custody, CustodyKey};
use nightsafe_proto::vault::identity::{Grants, KeptIdentity, KeptWrapped, OwnIdentity, RosterEntries};
use nightsafe_proto::wire::B64u;
use rand_core::CryptoRng;

use crate::failure::Failure;

/// What the sign-in gave, and the vault's answers.
pub(crate) struct Unlocking<'a> {
    pub(crate) export_key: &'a ExportKey,
    /// For data keys of before there was a roster.
    pub(crate) passphrase: &'a [u8],
    pub(crate) anchor: &'a TrustAnchor,
    /// Where the last roster ended that this browser verified.
    pub(crate) remembered: Option<Remembered>,
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
    /// Grants to oneself of data keys that only the passphrase opened.
    pub(crate) new_grants: Option<Grants>,
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
        let by_passphrase = self.by_passphrase(&wrapped)?;
        let new_grants = match (&admin, &roster) {
            (Some(admin), Some(roster)) => grant_to_oneself(admin, roster, &by_passphrase, rng)?,
            _ => None,
        };
        let (id, new_identity) = match &admin {
            Some(admin) => (admin.id(), None),
            None => self.new_identity(rng).map(|(id, kept)| (id, Some(kept)))?,
        };
        let named = roster.as_ref().is_some_and(|roster| roster.active_at(&id, roster.sequence()).is_some());
        let words = (!named).then(|| id.words().join(" "));
        keys.extend(by_passphrase);
        Ok(Unlocked { admin, roster, keys, audit_keys, refused_grants, new_identity, words, new_grants })
    }

    fn unwrap(&self) -> Result<Option<Identity>, Failure> {
        let Some(kept) = &self.identity.identity else { return Ok(None) };
        let public = PublicIdentity::parse(&kept.public.0).map_err(|_| Failure::Malformed)?;
        let way = kept.wrapped.iter().find(|way| way.method == Method::Login.as_str()).ok_or(Failure::Malformed)?;
        let wrapped = WrappedIdentity::parse(&way.wrapped.0).map_err(|_| Failure::Malformed)?;
        let identity = wrapped.unwrap(&self.anchor.site, &public.id(), &Unlock::Login(self.export_key));
        identity.map(Some).map_err(|_| Failure::IdentityRefused)
    }

    /// From the site keys down, and on from what was verified before. No entries at all are an installation that has no
    /// roster yet: then nothing is granted.
    fn verify(&self) -> Result<Option<Roster>, Failure> {
        let entries = &self.roster.entries;
        if entries.is_empty() {
            return if self.remembered.is_some() { Err(Failure::RosterRolledBack) } else { Ok(None) };
        }
        let roster = roster::verify_at_any_time(entries, self.anchor).map_err(|_| Failure::RosterRefused)?;
        roster.check_follows(self.remembered).map_err(|error| match error.fault {
            Fault::Stale => Failure::RosterRolledBack,
            _ => Failure::RosterForked,
        })?;
        Ok(Some(roster))
    }

    fn by_passphrase(&self, wrapped: &[WrappedKey]) -> Result<Vec<PrivateItems>, Failure> {
        if wrapped.is_empty() {
            return Ok(Vec::new());
        }
        Ok(Keyring::unlock(self.passphrase, &self.anchor.site, wrapped)?.into_keys())
    }

    fn new_identity(&self, rng: &mut impl CryptoRng) -> Result<(IdentityId, KeptIdentity), Failure> {
        let identity = Identity::generate(&self.anchor.site, rng).map_err(|_| Failure::Randomness)?;
        let wrapped = identity.wrap(&Unlock::Login(self.export_key), rng).map_err(|_| Failure::Randomness)?;
        let way = KeptWrapped {
            method: wrapped.method().as_str().to_owned(),
            slot: String::new(),
            wrapped: B64u(wrapped.to_bytes()),
        };
        Ok((identity.id(), KeptIdentity { public: B64u(identity.public().to_bytes()), wrapped: vec![way] }))
    }
}

fn granted(admin: &Identity, roster: &Roster, public: &DataPublicKey, grants: &[B64u]) -> Option<PrivateItems> {
    let grants = grants.iter().map(|grant| AdminGrant::parse(&grant.0)).collect::<Result<Vec<_>, _>>().ok()?;
    open_key(admin, roster, public, &grants).ok()
}

/// `None` when there is nothing to grant, or the roster does not name this admin (yet).
fn grant_to_oneself(
    admin: &Identity,
    roster: &Roster,
    keys: &[PrivateItems],
    rng: &mut impl CryptoRng,
) -> Result<Option<Grants>, Failure> {
    if keys.is_empty() || roster.active_at(&admin.id(), roster.sequence()).is_none() {
        return Ok(None);
    }
    let mut grants = Vec::new();
    for key in keys {
        let made = grant_key(admin, roster, admin.public(), key, rng).map_err(|_| Failure::RosterRefused)?;
        grants.extend(made.iter().map(|grant| B64u(grant.to_bytes())));
    }
    Ok(Some(Grants { grants }))
}

fn public_key(key: &CustodyKey) -> Result<DataPublicKey, Failure> {
    let suite = Suite::from_name(&key.suite).ok_or(Failure::Malformed)?;
    let public = DataPublicKey::parse(suite, &key.public_key.0).map_err(|_| Failure::Malformed)?;
    if public.key_id().0 == key.key_id.0 { Ok(public) } else { Err(Failure::Malformed) }
}

fn wrapped_key(key: &CustodyKey) -> Result<WrappedKey, Failure> {
    let items: Vec<_> = key.items.iter().map(|item| (item.item.as_str(), item.wrapped.0.as_slice())).collect();
    Ok(WrappedKey::parse(&key.suite, &key.public_key.0, &items)?)
}

#[cfg(test)]
mod tests;
