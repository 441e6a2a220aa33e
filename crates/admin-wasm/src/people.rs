//! What an admin does to the roster, and for those who are in it.

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::audit::{Action, of_roster_entry};
use nightsafe_core::grant::grant_key;
use nightsafe_core::identity::{AdminName, Identity, PublicIdentity};
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::roster::{By, Entry, Fault, Roster, RosterError, cosign, take_apart};
use nightsafe_core::scalar::IdentityId;
use nightsafe_core::time::UnixTime;
use nightsafe_proto::vault::custody::Custody;
use nightsafe_proto::vault::identity::Grants;
use nightsafe_proto::vault::invitation::{Invitations, Waiting};
use nightsafe_proto::vault::roster::{Proposals, RosterChange};
use nightsafe_proto::wire::B64u;
use rand_core::CryptoRng;
use serde::Serialize;

use crate::change::{ChangeRequest, ChangeView, replaced};
use crate::failure::Failure;

/// Grants of a request: what the vault takes at once. The rest is granted at a later sign-in.
const MAX_GRANTS: usize = 400;

/// An admin of the verified roster, with what it takes to sign and to grant.
#[derive(Clone, Copy)]
pub(crate) struct Signing<'a> {
    pub(crate) admin: &'a Identity,
    pub(crate) roster: &'a Roster,
    pub(crate) anchor: &'a TrustAnchor,
    /// Data keys.
    pub(crate) keys: &'a [PrivateItems],
    /// What opens the audit log.
    pub(crate) audit_keys: &'a [PrivateItems],
}

/// Somebody who waits, with the words of the keys that the vault holds for this person.
#[derive(Serialize)]
pub(crate) struct WaitingView<'a> {
    name: &'a str,
    roles: &'a [String],
    words: String,
    /// Somebody of the roster who made new keys.
    replaces: bool,
    joined: &'a str,
    /// To be handed back when this person is signed in.
    person: &'a Waiting,
}

/// An entry that waits for a signature.
#[derive(Serialize)]
pub(crate) struct ProposalView {
    head: String,
    /// RFC 3339.
    time: String,
    /// Names of those who signed.
    signed: Vec<String>,
    /// Whether this admin is one of them.
    own: bool,
    changes: Vec<ChangeView>,
    /// To be handed back when it is signed.
    entry: String,
}

impl Signing<'_> {
    /// Writes and signs the next entry, with grants to whom it brings in. While two must sign, nothing is granted yet: who
    /// signs second grants.
    pub(crate) fn change(
        &self,
        request: &ChangeRequest,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<RosterChange, Failure> {
        let entry = self.roster.next(now, vec![request.read(self.roster)?]);
        let after = self.preview(&entry)?;
        let note = entry.sign(&[self.admin.signer()]).map_err(refused)?;
        let grants = match request {
            ChangeRequest::Admit { person, .. } if self.roster.threshold() == Some(1) => {
                self.grant_to_newcomers(&after, std::slice::from_ref(person), rng)?
            }
            _ => Vec::new(),
        };
        Ok(RosterChange { entry: note, grants, log: None })
    }

    /// Puts the second signature under an entry, and grants to whom it brings in.
    pub(crate) fn cosign(
        &self,
        entry: &str,
        waiting: &[Waiting],
        rng: &mut impl CryptoRng,
    ) -> Result<RosterChange, Failure> {
        let (note, _) = take_apart(entry).map_err(|_| Failure::Malformed)?;
        if self.roster.signed(&note).map_or(0, |signed| signed.len()) == 0 {
            return Err(Failure::ChangeRefused);
        }
        let note = cosign(entry, self.admin.signer()).map_err(|_| Failure::Malformed)?;
        let after = self.roster.clone().append(&note, self.anchor).map_err(refused)?;
        let grants = self.grant_to_newcomers(&after, waiting, rng)?;
        Ok(RosterChange { entry: note, grants, log: None })
    }

    /// What is recorded of an entry that this admin has signed; of one that waits for another signature, only that.
    pub(crate) fn entries_of(&self, note: &str) -> Result<Vec<Action>, Failure> {
        match self.roster.clone().append(note, self.anchor) {
            Ok(after) => Ok(of_roster_entry(&after)),
            Err(RosterError { fault: Fault::TooFewSignatures, .. }) => {
                let (_, entry) = take_apart(note).map_err(|_| Failure::Malformed)?;
                Ok(vec![Action::RosterChange(entry.head())])
            }
            Err(error) => Err(refused(error)),
        }
    }

    /// Entries that could follow and that somebody has signed; what else the vault may show is no proposal.
    pub(crate) fn proposals(&self, proposals: &Proposals) -> Vec<ProposalView> {
        proposals.entries.iter().filter_map(|note| self.proposal(note)).collect()
    }

    fn proposal(&self, text: &str) -> Option<ProposalView> {
        let (note, entry) = take_apart(text).ok()?;
        self.preview(&entry).ok()?;
        let signed = self.roster.signed(&note).ok().filter(|signed| !signed.is_empty())?;
        Some(ProposalView {
            head: entry.head().to_hex(),
            time: entry.time.to_text(),
            signed: signed.iter().map(|admin| admin.name().as_str().to_owned()).collect(),
            own: signed.iter().any(|admin| admin.id() == self.admin.id()),
            changes: entry.changes.iter().map(|change| ChangeView::new(change, self.roster)).collect(),
            entry: text.to_owned(),
        })
    }

    /// Everything that this admin holds, to those of the roster who lack it.
    pub(crate) fn grant_missing(
        &self,
        custody: &Custody,
        identities: &[B64u],
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Grants>, Failure> {
        if self.roster.active_at(&self.admin.id(), self.roster.sequence()).is_none() {
            return Ok(None);
        }
        // Ids follow from keys: one whose keys were exchanged is another one, and not found
        let known: Vec<_> = identities.iter().filter_map(|bytes| PublicIdentity::parse(&bytes.0).ok()).collect();
        let data_keys = custody.keys.iter().map(|key| (key.key_id, &key.holders));
        let held: Vec<_> = data_keys.chain(custody.audit_keys.iter().map(|key| (key.key_id, &key.holders))).collect();
        let mut grants = Vec::new();
        for key in self.keys.iter().chain(self.audit_keys) {
            let id = key.public_key().key_id();
            let holds = |identity: &IdentityId| {
                let mut keys = held.iter().filter(|(key, _)| key.0 == id.0);
                keys.any(|(_, holders)| holders.iter().any(|holder| holder.0 == identity.0))
            };
            for lacking in self.roster.active().filter(|admin| !holds(&admin.id())) {
                if let Some(public) = known.iter().find(|public| lacking.has_keys(public)) {
                    self.grant(self.roster, public, key, &mut grants, rng)?;
                }
            }
        }
        Ok((!grants.is_empty()).then_some(Grants { grants, log: None }))
    }

    /// These keys to this admin.
    pub(crate) fn grant_own(&self, keys: &[PrivateItems], rng: &mut impl CryptoRng) -> Result<Vec<B64u>, Failure> {
        let mut grants = Vec::new();
        for key in keys {
            self.grant(self.roster, self.admin.public(), key, &mut grants, rng)?;
        }
        Ok(grants)
    }

    fn grant_to_newcomers(
        &self,
        after: &Roster,
        waiting: &[Waiting],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<B64u>, Failure> {
        let known: Vec<_> = waiting.iter().filter_map(|one| PublicIdentity::parse(&one.public.0).ok()).collect();
        let mut grants = Vec::new();
        for newcomer in after.active().filter(|admin| admin.since() == after.sequence()) {
            let public = known.iter().find(|public| newcomer.has_keys(public)).ok_or(Failure::ChangeRefused)?;
            for key in self.keys.iter().chain(self.audit_keys) {
                self.grant(after, public, key, &mut grants, rng)?;
            }
        }
        Ok(grants)
    }

    fn grant(
        &self,
        roster: &Roster,
        recipient: &PublicIdentity,
        key: &PrivateItems,
        grants: &mut Vec<B64u>,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Failure> {
        if grants.len() >= MAX_GRANTS {
            return Ok(());
        }
        let made = grant_key(self.admin, roster, recipient, key, rng).map_err(|_| Failure::RosterRefused)?;
        grants.extend(made.iter().map(|grant| B64u(grant.to_bytes())));
        Ok(())
    }

    fn preview(&self, entry: &Entry) -> Result<Roster, Failure> {
        self.roster.preview(entry, By::Admins, self.anchor).map_err(refused)
    }
}

/// Who waits; one whose keys are none is left out.
pub(crate) fn waiting<'a>(invitations: &'a Invitations, roster: &Roster) -> Vec<WaitingView<'a>> {
    let view = |person: &'a Waiting| {
        let public = PublicIdentity::parse(&person.public.0).ok().filter(|public| public.site() == roster.site())?;
        let name = AdminName::parse(&person.name).ok()?;
        Some(WaitingView {
            name: &person.name,
            roles: &person.roles,
            words: public.id().words().join(" "),
            replaces: replaced(&name, roster).is_some(),
            joined: &person.joined,
            person,
        })
    };
    invitations.waiting.iter().filter_map(view).collect()
}

fn refused(error: RosterError) -> Failure {
    match error.fault {
        Fault::LastAdmin => Failure::LastAdmin,
        Fault::NameTaken => Failure::NameTaken,
        _ => Failure::ChangeRefused,
    }
}

#[cfg(test)]
mod tests;
