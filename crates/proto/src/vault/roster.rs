//! Changing the roster.

use serde::{Deserialize, Serialize};

use super::log::{InLog, ToLog};
use crate::wire::{B64u, Hex32};

/// `POST /v1/roster`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RosterChange {
    /// Signed note (docs/spec/roster.md) that follows the last one.
    pub entry: String,
    /// Admin grants by the signed-in admin, made under the roster that ends with this entry. Not kept with an entry that waits.
    pub grants: Vec<B64u>,
    /// What is recorded of it (docs/spec/audit-entry.md). Must be there when the vault keeps a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<ToLog>,
}

/// Answer to [`RosterChange`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RosterChanged {
    /// Whether it is in the roster; else it waits for the signature of another admin.
    pub taken: bool,
    /// Where the entries are in the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<InLog>,
}

/// `GET /v1/roster/proposals`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Proposals {
    /// Signed notes that wait for another signature.
    pub entries: Vec<String>,
}

/// `POST /v1/roster/proposals/drop`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DropProposal {
    /// SHA-256 of the entry's text.
    pub head: Hex32,
}
