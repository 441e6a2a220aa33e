//! The log as its page shows it: every entry that the vault gave, verified or not.

use nightsafe_core::audit::{Action, Actor, Commitment, Entry, PasskeyChange, Signer, check_inclusion, open_sealed};
use nightsafe_core::log::{Checkpoint, Proof};
use nightsafe_core::roster::Roster;
use nightsafe_core::scalar::KeyId;
use nightsafe_proto::vault::log::{Leaf, LogEntry};
use nightsafe_proto::wire::Hex32;
use serde::Serialize;

use crate::journal::Journal;

/// Answer of `read_log`.
#[derive(Serialize)]
pub(crate) struct LogView {
    /// Number of leaves.
    pub(crate) size: u64,
    pub(crate) entries: Vec<LoggedView>,
}

/// One entry. With `problem`, nothing of it is to be believed; without an action, nobody here can open it.
#[derive(Default, Serialize)]
pub(crate) struct LoggedView {
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    /// Identity id; absent for the vault.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deposit_id: Option<Hex32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    criteria: Vec<String>,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    /// Of a passkey: added, or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<bool>,
    /// Key id of the data key that came into a state.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
}

#[derive(PartialEq, Eq, Serialize)]
struct FieldView {
    kind: String,
    index: u32,
}

/// Opens and verifies an entry: its leaf, its actor's signature.
pub(crate) fn read(
    journal: &Journal,
    roster: &Roster,
    checkpoint: &Checkpoint,
    entry: &LogEntry,
    leaf: Option<&Leaf>,
) -> LoggedView {
    match verified(journal, roster, checkpoint, entry, leaf) {
        Ok(Some(verified)) => shown(entry.number, &verified),
        Ok(None) => LoggedView { number: entry.number, ..LoggedView::default() },
        Err(problem) => LoggedView { number: entry.number, problem: Some(problem), ..LoggedView::default() },
    }
}

/// `None` when it is sealed to a key that is not here.
fn verified(
    journal: &Journal,
    roster: &Roster,
    checkpoint: &Checkpoint,
    entry: &LogEntry,
    leaf: Option<&Leaf>,
) -> Result<Option<Entry>, &'static str> {
    let proof = leaf.filter(|leaf| leaf.number == entry.number).and_then(|leaf| Proof::parse(&leaf.proof).ok());
    let proof = proof.ok_or("not_in_log")?;
    let commitment = Commitment(entry.commitment.0);
    nightsafe_core::audit::is_in_log(checkpoint, &commitment, entry.number, &proof).map_err(|_| "not_in_log")?;
    let key = journal.audit_keys.iter().find(|key| key.public_key().key_id() == KeyId(entry.key_id.0));
    let Some(key) = key else { return Ok(None) };
    let (salt, signed) = open_sealed(key, roster.site(), &commitment, &entry.sealed.0).map_err(|error| error.code())?;
    let signers = signer(journal, roster, signed.entry().actor());
    let place = (entry.number, &proof);
    check_inclusion(checkpoint, roster.site(), place, (&salt, signed.as_bytes()), signers.as_slice())
        .map(Some)
        .map_err(|finding| finding.code())
}

/// The one key that may have signed for an actor.
fn signer(journal: &Journal, roster: &Roster, actor: Actor) -> Option<Signer> {
    let key = match actor {
        Actor::Vault => journal.key.clone(),
        Actor::Admin(id) => roster.admin(&id)?.signing_key().clone(),
    };
    Some(Signer { actor, key })
}

fn shown(number: u64, entry: &Entry) -> LoggedView {
    let by = match entry.actor() {
        Actor::Admin(id) => Some(id.to_hex()),
        Actor::Vault => None,
    };
    let action = entry.action();
    let purpose = action.purpose().map(nightsafe_core::audit::Purpose::as_str);
    let view = LoggedView {
        number,
        action: Some(action.name()),
        by,
        at: Some(entry.time().to_text()),
        purpose,
        ..LoggedView::default()
    };
    match action {
        Action::Open { deposit, fields, .. } | Action::Reseal { deposit, fields, .. } => {
            let mut shown: Vec<FieldView> = Vec::new();
            for field in fields {
                let field = FieldView { kind: field.kind.as_str().into(), index: field.index };
                // A field that was sealed twice is opened once for people
                if shown.last() != Some(&field) {
                    shown.push(field);
                }
            }
            LoggedView { deposit_id: Some(nightsafe_proto::wire::Hex(deposit.0)), fields: shown, ..view }
        }
        Action::Search { criteria, .. } => {
            LoggedView { criteria: criteria.iter().map(|name| name.as_str().to_owned()).collect(), ..view }
        }
        Action::PasskeyChange { change, .. } => LoggedView { added: Some(*change == PasskeyChange::Added), ..view },
        Action::KeyChange { data_key, state } => {
            LoggedView { data_key: Some(data_key.to_hex()), state: Some(state.as_str()), ..view }
        }
        Action::SignInFailed(of) => LoggedView { identity: of.as_ref().map(|id| id.to_hex()), ..view },
        Action::Grant { to: id, .. } | Action::Revoke(id) | Action::Recovery { identity: id, .. } => {
            LoggedView { identity: Some(id.to_hex()), ..view }
        }
        _ => view,
    }
}
