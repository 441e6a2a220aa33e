//! Changing the roster.

use serde::{Deserialize, Serialize};

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
}

/// Answer to [`RosterChange`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RosterChanged {
    /// Whether it is in the roster; else it waits for the signature of another admin.
    pub taken: bool,
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
