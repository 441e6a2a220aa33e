//! Changes of the roster: as the page asks for them, and as it shows them.

use nightsafe_core::identity::{AdminName, PublicIdentity};
use nightsafe_core::roster::{Change, OldKeys, Reason, Roles, Roster};
use nightsafe_core::scalar::IdentityId;
use nightsafe_proto::vault::invitation::Waiting;
use nightsafe_proto::wire::Hex16;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// What an admin wants.
#[derive(Deserialize)]
#[serde(tag = "change", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum ChangeRequest {
    /// Somebody who waits comes in, or gets new keys when the name is that of somebody active.
    Admit {
        person: Waiting,
        /// Where the keys are that new ones take the place of: `lost` or `forgotten`.
        #[serde(default)]
        old_keys: Option<String>,
    },
    Revoke {
        identity: Hex16,
        reason: String,
    },
    Roles {
        identity: Hex16,
        roles: Vec<String>,
    },
    Threshold {
        threshold: u8,
    },
}

impl ChangeRequest {
    /// The change under this roster.
    pub(crate) fn read(&self, roster: &Roster) -> Result<Change, Failure> {
        let id = |identity: &Hex16| IdentityId(identity.0);
        match self {
            Self::Admit { person, old_keys } => admit(person, old_keys.as_deref(), roster),
            Self::Revoke { identity, reason } => {
                Ok(Change::Revoke { id: id(identity), reason: Reason::from_name(reason).ok_or(Failure::Malformed)? })
            }
            Self::Roles { identity, roles } => Ok(Change::Roles { id: id(identity), roles: read_roles(roles)? }),
            Self::Threshold { threshold } => Ok(Change::Threshold(*threshold)),
        }
    }
}

fn admit(person: &Waiting, old_keys: Option<&str>, roster: &Roster) -> Result<Change, Failure> {
    let public = PublicIdentity::parse(&person.public.0).map_err(|_| Failure::Malformed)?;
    let name = AdminName::parse(&person.name).map_err(|_| Failure::Malformed)?;
    Ok(match replaced(&name, roster) {
        Some(id) => {
            // What nobody said is what costs the least when it is wrong
            let old = OldKeys::from_name(old_keys.unwrap_or(OldKeys::Lost.as_str())).ok_or(Failure::Malformed)?;
            Change::Replace { id, old: Some(old), keys: (&public).into() }
        }
        None => Change::Add { keys: (&public).into(), roles: read_roles(&person.roles)?, name },
    })
}

/// Whose keys somebody of this name replaces.
pub(crate) fn replaced(name: &AdminName, roster: &Roster) -> Option<IdentityId> {
    roster.active().find(|admin| admin.name() == name).map(|admin| admin.id())
}

fn read_roles(roles: &[String]) -> Result<Roles, Failure> {
    Roles::parse(&roles.join(",")).ok_or(Failure::Malformed)
}

/// A change in parts that a page puts into words.
#[derive(Serialize)]
pub(crate) struct ChangeView {
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<String>>,
    /// Of new keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Where the keys are that new ones take the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_keys: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<u8>,
}

impl ChangeView {
    const fn of(change: &'static str) -> Self {
        Self { change, name: None, roles: None, words: None, reason: None, old_keys: None, threshold: None }
    }

    pub(crate) fn new(change: &Change, roster: &Roster) -> Self {
        let named = |id: &IdentityId| roster.admin(id).map(|admin| admin.name().as_str().to_owned());
        let list = |roles: &Roles| Some(roles.iter().map(str::to_owned).collect());
        match change {
            Change::Threshold(threshold) => Self { threshold: Some(*threshold), ..Self::of("threshold") },
            Change::AuditKey(_) => Self::of("audit-key"),
            Change::Add { keys, roles, name } => Self {
                name: Some(name.as_str().to_owned()),
                roles: list(roles),
                words: Some(keys.id().words().join(" ")),
                ..Self::of("add")
            },
            Change::Revoke { id, reason } => {
                Self { name: named(id), reason: Some(reason.as_str()), ..Self::of("revoke") }
            }
            Change::Replace { id, old, keys } => Self {
                name: named(id),
                words: Some(keys.id().words().join(" ")),
                old_keys: Some(old.unwrap_or(OldKeys::Forgotten).as_str()),
                ..Self::of("replace")
            },
            Change::Roles { id, roles } => Self { name: named(id), roles: list(roles), ..Self::of("roles") },
        }
    }
}
