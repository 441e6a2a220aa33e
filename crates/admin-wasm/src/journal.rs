//! What this admin does, signed for the audit log before the vault does it; and the log as this browser has seen it.

use nightsafe_core::audit::{
    Action, Actor, Commitment, Entry, OpenedField, Purpose, Salt, SeenError, SeenLog, SignedEntry, is_in_log,
};
use nightsafe_core::identity::Identity;
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::log::{Checkpoint, Proof};
use nightsafe_core::note::Vkey;
use nightsafe_core::scalar::{DepositId, PartName};
use nightsafe_core::time::UnixTime;
use nightsafe_proto::vault::log::{InLog, SaltedEntry, ToLog};
use nightsafe_proto::wire::B64u;
use rand_core::CryptoRng;
use serde::Deserialize;

use crate::failure::Failure;

/// The log of a site whose roster names an audit key.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) key: Vkey,
    seen: SeenLog,
    /// Opens entries; none when nobody granted this admin an audit key.
    pub(crate) audit_keys: Vec<PrivateItems>,
    /// What was signed last, until the vault has shown it in the log.
    pending: Vec<Commitment>,
}

/// What is to be signed, besides openings.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub(crate) enum Deed {
    SignIn,
    SignOut,
    PassphraseChange,
    Search { criteria: Vec<String> },
    List { limit: u32 },
}

impl Journal {
    /// With the key that the admin site carries, and what this browser remembers of the log.
    pub(crate) fn new(key: &str, place: &str, audit_keys: Vec<PrivateItems>) -> Result<Self, Failure> {
        let key = Vkey::parse(key).map_err(|_| Failure::LogKeyMissing)?;
        let seen = SeenLog::new(key.clone(), place);
        Ok(Self { key, seen, audit_keys, pending: Vec::new() })
    }

    pub(crate) fn size(&self) -> u64 {
        self.seen.size()
    }

    pub(crate) fn place(&self) -> Option<String> {
        self.seen.place()
    }

    /// Signs actions, for a request. The vault's answer must show all of them in the log.
    pub(crate) fn sign(
        &mut self,
        admin: &Identity,
        actions: Vec<Action>,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<ToLog, Failure> {
        let (mut entries, mut pending) = (Vec::new(), Vec::new());
        for action in actions {
            let entry = Entry::new(admin.public().site().clone(), Actor::Admin(admin.id()), action, now);
            let salt = Salt::generate(rng);
            let signed = SignedEntry::sign(entry.map_err(|_| Failure::Malformed)?, &salt, admin.signer());
            pending.push(signed.commitment(&salt));
            let salt = B64u(salt.as_bytes().to_vec());
            entries.push(SaltedEntry { salt, signed: B64u(signed.as_bytes().to_vec()) });
        }
        self.pending = pending;
        Ok(ToLog { since: self.seen.size(), entries })
    }

    /// Verifies that all that was signed last is in the log, and that the log continues what was seen of it.
    pub(crate) fn settle(&mut self, in_log: Option<&InLog>) -> Result<(), Failure> {
        let pending = std::mem::take(&mut self.pending);
        let in_log = in_log.filter(|_| !pending.is_empty()).ok_or(Failure::LogRefused)?;
        let checkpoint = self.advance(in_log)?;
        if in_log.entries.len() != pending.len() {
            return Err(Failure::LogRefused);
        }
        for (commitment, leaf) in pending.iter().zip(&in_log.entries) {
            let proof = Proof::parse(&leaf.proof).map_err(|_| Failure::LogRefused)?;
            is_in_log(&checkpoint, commitment, leaf.number, &proof)?;
        }
        Ok(())
    }

    /// Takes a later checkpoint.
    pub(crate) fn advance(&mut self, in_log: &InLog) -> Result<Checkpoint, Failure> {
        let consistency = Proof::parse(&in_log.consistency).map_err(|_| Failure::LogRefused)?;
        Ok(self.seen.advance(&in_log.checkpoint, &consistency)?)
    }
}

impl Deed {
    pub(crate) fn action(self) -> Result<Action, Failure> {
        Ok(match self {
            Self::SignIn => Action::SignIn,
            Self::SignOut => Action::SignOut,
            Self::PassphraseChange => Action::PassphraseChange,
            Self::List { limit } => Action::List { limit, purpose: None },
            Self::Search { criteria } => {
                let criteria = criteria.iter().map(|name| PartName::parse(name));
                let mut criteria = criteria.collect::<Result<Vec<_>, _>>().map_err(|_| Failure::Malformed)?;
                criteria.sort_unstable();
                Action::Search { criteria, purpose: None }
            }
        })
    }
}

/// The opening of these envelopes.
pub(crate) fn opening(deposit: DepositId, mut fields: Vec<OpenedField>, purpose: &str) -> Result<Action, Failure> {
    fields.sort_unstable();
    let purpose = Purpose::from_name(purpose).ok_or(Failure::Malformed)?;
    Ok(Action::Open { deposit, fields, purpose })
}

impl From<SeenError> for Failure {
    fn from(error: SeenError) -> Self {
        match error {
            SeenError::Dropped => Self::LogRolledBack,
            SeenError::Forked => Self::LogForked,
            SeenError::Checkpoint(_) | SeenError::NotInLog => Self::LogRefused,
        }
    }
}
