//! Identities of admins, the roster, and grants.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::log::ToLog;
use crate::wire::B64u;

/// `GET /v1/identity`: what the signed-in admin's own identity is unlocked from.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OwnIdentity {
    /// Absent while the admin has none: data keys are then under the passphrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<KeptIdentity>,
}

/// An identity as it is kept; `POST /v1/identity` gives the signed-in admin one, once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeptIdentity {
    /// Public identity (docs/spec/identity.md).
    pub public: B64u,
    /// One entry for each way to unlock it.
    pub wrapped: Vec<KeptWrapped>,
}

/// An identity's private halves under one way to unlock them.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeptWrapped {
    /// Method: `login`, `passkey` or `recovery-code`.
    pub method: String,
    /// Which passkey; empty for the other methods.
    pub slot: String,
    /// Wrapped identity (docs/spec/identity.md).
    pub wrapped: B64u,
}

/// `GET /v1/roster`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RosterEntries {
    /// Signed notes, in order (docs/spec/roster.md). None in an installation whose roster was not begun yet.
    pub entries: Vec<String>,
    /// Public identities, for their X-Wing keys: the roster has fingerprints only.
    pub identities: Vec<B64u>,
}

/// `POST /v1/grants`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// Admin grants (docs/spec/custody.md), each made by the signed-in admin.
    pub grants: Vec<B64u>,
    /// One `grant` for each key and recipient, ascending by both. Must be there when the vault keeps a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<ToLog>,
}

/// Shows the names only.
impl fmt::Debug for KeptWrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptWrapped({}, {:?})", self.method, self.slot)
    }
}
