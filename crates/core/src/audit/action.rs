//! What was done, and to what. A closed list: readers refuse what they do not know.

use super::{AuditError, OpenedField, PointHash, Purpose, field};
use crate::cbor::{Reader, Writer};
use crate::keys::KeyState;
use crate::passkey::PasskeyId;
use crate::scalar::{DepositId, IdentityId, KeyId, ManifestHash, PartName, RosterHead};

/// Most criteria of a search.
pub const MAX_CRITERIA: usize = 16;

/// An action with its subject. No tag, no name, no value of a field or facet is in any of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Signed in.
    SignIn,
    /// Somebody failed to sign in: for this identity, if there is one of the name that was given. The name itself is
    /// not recorded: people type passphrases there.
    SignInFailed(Option<IdentityId>),
    /// Signed out, or the session was ended.
    SignOut,
    /// Searched by these criteria, each once, ascending, at least one: their names, not what was looked for.
    Search {
        /// Names of facets, or `reference`, `day`.
        criteria: Vec<PartName>,
        /// What for, when it was asked.
        purpose: Option<Purpose>,
    },
    /// Looked through deposits without a criterion.
    List {
        /// How many were asked for at most.
        limit: u32,
        /// What for, when it was asked.
        purpose: Option<Purpose>,
    },
    /// Opened fields of one deposit.
    Open {
        /// Which record.
        deposit: DepositId,
        /// Which fields, ordered; 1 to [`field::MAX_OPENED`].
        fields: Vec<OpenedField>,
        /// What for.
        purpose: Purpose,
    },
    /// Opened all fields of one deposit, to seal them anew to another data key. Nobody reads them.
    Reseal {
        /// Which record.
        deposit: DepositId,
        /// The data key that it is sealed to then.
        data_key: KeyId,
        /// Which fields, ordered; 1 to [`field::MAX_OPENED`].
        fields: Vec<OpenedField>,
    },
    /// Granted a data key, or an audit key, to an identity.
    Grant {
        /// The key.
        data_key: KeyId,
        /// Who received it.
        to: IdentityId,
    },
    /// Revoked an identity.
    Revoke(IdentityId),
    /// Signed the entry of the roster that has this head. It is in the roster, or waits for another admin's signature.
    RosterChange(RosterHead),
    /// Brought a data key into a state.
    KeyChange {
        /// The data key.
        data_key: KeyId,
        /// Its new state.
        state: KeyState,
    },
    /// Published a manifest, or, by the vault, has one that the site keys signed.
    PolicyChange(ManifestHash),
    /// Wrote opened records to a file. Each was opened by an entry of its own.
    Export {
        /// How many records.
        records: u32,
        /// What for.
        purpose: Purpose,
    },
    /// Changed the own passphrase.
    PassphraseChange,
    /// Added a passkey of one's own, or removed it.
    PasskeyChange {
        /// The passkey.
        passkey: PasskeyId,
        /// Which of the two.
        change: PasskeyChange,
    },
    /// Regained access for an identity.
    Recovery {
        /// Whose.
        identity: IdentityId,
        /// By what.
        method: RecoveryMethod,
    },
}

/// What became of a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PasskeyChange {
    /// It signs in from now on.
    Added,
    /// It does not any more.
    Removed,
}

/// What access was regained by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecoveryMethod {
    /// The printed recovery kit.
    Kit,
    /// Another admin granted a new identity.
    Admin,
    /// The organisation's recovery key.
    Organisation,
}

impl PasskeyChange {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Added, Self::Removed];

    /// The word in formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

impl RecoveryMethod {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::Kit, Self::Admin, Self::Organisation];

    /// The word in formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kit => "kit",
            Self::Admin => "admin",
            Self::Organisation => "organisation",
        }
    }
}

impl Action {
    /// The word in formats.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::SignInFailed(_) => "sign-in-failed",
            Self::SignOut => "sign-out",
            Self::Search { .. } => "search",
            Self::List { .. } => "list",
            Self::Open { .. } => "open",
            Self::Reseal { .. } => "reseal",
            Self::Grant { .. } => "grant",
            Self::Revoke(_) => "revoke",
            Self::RosterChange(_) => "roster-change",
            Self::KeyChange { .. } => "key-change",
            Self::PolicyChange(_) => "policy-change",
            Self::Export { .. } => "export",
            Self::PassphraseChange => "passphrase-change",
            Self::PasskeyChange { .. } => "passkey-change",
            Self::Recovery { .. } => "recovery",
        }
    }

    /// The stated purpose.
    pub const fn purpose(&self) -> Option<Purpose> {
        match self {
            Self::Search { purpose, .. } | Self::List { purpose, .. } => *purpose,
            Self::Open { purpose, .. } | Self::Export { purpose, .. } => Some(*purpose),
            _ => None,
        }
    }

    /// Whether an opening commits to the point: what a key server asks before it evaluates one.
    pub fn opens(&self, point: &[u8; 32]) -> bool {
        let hash = PointHash::of(point);
        match self {
            Self::Open { fields, .. } | Self::Reseal { fields, .. } => fields.iter().any(|field| field.point == hash),
            _ => false,
        }
    }

    /// Whether an admin, or else the vault, may sign it.
    pub(super) const fn may_be_by(&self, admin: bool) -> bool {
        match self {
            Self::SignInFailed(_) => !admin,
            // Sessions run out, keys change state by the calendar, and a manifest is signed by site keys, on other machines:
            // nobody is there to sign
            Self::SignOut | Self::KeyChange { .. } | Self::PolicyChange(_) => true,
            _ => admin,
        }
    }

    pub(super) fn is_in_order(&self) -> bool {
        match self {
            Self::Search { criteria, .. } => {
                (1..=MAX_CRITERIA).contains(&criteria.len()) && criteria.is_sorted_by(|a, b| a < b)
            }
            Self::Open { fields, .. } | Self::Reseal { fields, .. } => field::are_in_order(fields),
            _ => true,
        }
    }

    /// The action's name, its subject as an array, and the purpose, empty where there is none.
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.text(self.name());
        match self {
            Self::SignIn | Self::SignOut | Self::PassphraseChange => writer.array(0),
            Self::SignInFailed(of) => writer.array(1).bytes(of.as_ref().map_or(&[], |id| id.as_bytes())),
            Self::Search { criteria, .. } => {
                writer.array(criteria.len());
                criteria.iter().fold(writer, |writer, criterion| writer.text(criterion.as_str()))
            }
            Self::List { limit: number, .. } | Self::Export { records: number, .. } => {
                writer.array(1).uint((*number).into())
            }
            Self::Open { deposit, fields, .. } => {
                field::write(fields, writer.array(2).bytes(deposit.as_bytes()));
                writer
            }
            Self::Reseal { deposit, data_key, fields } => {
                field::write(fields, writer.array(3).bytes(deposit.as_bytes()).bytes(data_key.as_bytes()));
                writer
            }
            Self::Grant { data_key, to } => writer.array(2).bytes(data_key.as_bytes()).bytes(to.as_bytes()),
            Self::RosterChange(head) => writer.array(1).bytes(head.as_bytes()),
            Self::Revoke(identity) => writer.array(1).bytes(identity.as_bytes()),
            Self::KeyChange { data_key, state } => writer.array(2).bytes(data_key.as_bytes()).text(state.as_str()),
            Self::PolicyChange(manifest) => writer.array(1).bytes(manifest.as_bytes()),
            Self::PasskeyChange { passkey, change } => writer.array(2).bytes(passkey.as_bytes()).text(change.as_str()),
            Self::Recovery { identity, method } => writer.array(2).bytes(identity.as_bytes()).text(method.as_str()),
        }
        .text(self.purpose().map_or("", Purpose::as_str));
    }

    /// Reads what [`Action::write`] writes.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, AuditError> {
        let name = reader.text()?;
        let mut action = read_subject(name, reader)?;
        let purpose = match reader.text()? {
            "" => None,
            word => Some(Purpose::from_name(word).ok_or(AuditError::Malformed)?),
        };
        match &mut action {
            Self::Search { purpose: place, .. } | Self::List { purpose: place, .. } => *place = purpose,
            Self::Open { purpose: place, .. } | Self::Export { purpose: place, .. } => {
                *place = purpose.ok_or(AuditError::Malformed)?;
            }
            _ if purpose.is_some() => return Err(AuditError::Malformed),
            _ => {}
        }
        Ok(action)
    }
}

/// With a purpose that is yet to be read.
fn read_subject(name: &str, reader: &mut Reader<'_>) -> Result<Action, AuditError> {
    let count = reader.array(MAX_CRITERIA)?;
    Ok(match (name, count) {
        ("sign-in", 0) => Action::SignIn,
        ("sign-out", 0) => Action::SignOut,
        ("passphrase-change", 0) => Action::PassphraseChange,
        ("sign-in-failed", 1) => Action::SignInFailed(match reader.bytes()? {
            [] => None,
            id => Some(IdentityId::from_slice(id)?),
        }),
        ("search", _) => {
            let criteria = (0..count).map(|_| Ok(PartName::parse(reader.text()?)?));
            Action::Search { criteria: criteria.collect::<Result<_, AuditError>>()?, purpose: None }
        }
        ("list", 1) => Action::List { limit: number(reader)?, purpose: None },
        ("open", 2) => Action::Open {
            deposit: DepositId(reader.byte_array()?),
            fields: field::read(reader)?,
            purpose: Purpose::Charge,
        },
        ("reseal", 3) => Action::Reseal {
            deposit: DepositId(reader.byte_array()?),
            data_key: KeyId(reader.byte_array()?),
            fields: field::read(reader)?,
        },
        ("grant", 2) => Action::Grant { data_key: KeyId(reader.byte_array()?), to: IdentityId(reader.byte_array()?) },
        ("revoke", 1) => Action::Revoke(IdentityId(reader.byte_array()?)),
        ("roster-change", 1) => Action::RosterChange(RosterHead(reader.byte_array()?)),
        ("key-change", 2) => Action::KeyChange {
            data_key: KeyId(reader.byte_array()?),
            state: word(reader, KeyState::ALL, KeyState::as_str)?,
        },
        ("policy-change", 1) => Action::PolicyChange(ManifestHash(reader.byte_array()?)),
        ("export", 1) => Action::Export { records: number(reader)?, purpose: Purpose::Charge },
        ("passkey-change", 2) => Action::PasskeyChange {
            passkey: PasskeyId(reader.byte_array()?),
            change: word(reader, PasskeyChange::ALL, PasskeyChange::as_str)?,
        },
        ("recovery", 2) => Action::Recovery {
            identity: IdentityId(reader.byte_array()?),
            method: word(reader, RecoveryMethod::ALL, RecoveryMethod::as_str)?,
        },
        _ => return Err(AuditError::Malformed),
    })
}

fn number(reader: &mut Reader<'_>) -> Result<u32, AuditError> {
    reader.uint()?.try_into().map_err(|_| AuditError::Malformed)
}

fn word<T: Copy, const N: usize>(
    reader: &mut Reader<'_>,
    all: [T; N],
    name: fn(T) -> &'static str,
) -> Result<T, AuditError> {
    let word = reader.text()?;
    all.into_iter().find(|one| name(*one) == word).ok_or(AuditError::Malformed)
}
