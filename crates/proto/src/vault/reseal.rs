//! Sealing anew what somebody who has left could open (docs/spec/reseal.md).

use serde::{Deserialize, Serialize};

use super::log::{InLog, ToLog};
use super::openings::OpenField;
use super::search::IndexRow;
use crate::wire::{B64u, Hex16, Hex32};

/// `GET /v1/reseal`: how much is left. There is no other state.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResealLeft {
    /// One entry for each data key that somebody who has left was granted.
    pub keys: Vec<KeyLeft>,
}

/// A data key, and what is sealed to it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyLeft {
    /// Key id.
    pub key_id: Hex16,
    /// Number of deposits.
    pub deposits: u64,
}

/// `POST /v1/reseal/list`: the next deposits of a key that somebody who has left was granted, by ascending id.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ListToReseal {
    /// Key id.
    pub key_id: Hex16,
    /// Only what comes after this deposit: what cannot be sealed anew is left behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Hex32>,
    /// How many at most.
    pub limit: u32,
    /// A `list` with the limit.
    pub log: ToLog,
}

/// Answer to [`ListToReseal`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ToReseal {
    /// Index rows; their openings are left out. None when nothing is left after the one that was named.
    pub deposits: Vec<IndexRow>,
    /// Where the entry is in the audit log.
    pub log: InLog,
}

/// `POST /v1/reseal/open`: sealed fields, to be sealed anew. The answer is that of an opening.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenToReseal {
    /// The data key that they will be sealed to.
    pub key_id: Hex16,
    /// Which deposits.
    pub deposits: Vec<DepositToReseal>,
    /// A `reseal` for each deposit, in their order.
    pub log: ToLog,
}

/// All fields of a deposit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DepositToReseal {
    /// Deposit id.
    pub deposit_id: Hex32,
    /// Its fields.
    pub open: Vec<OpenField>,
}

/// `POST /v1/reseal`: deposits that were sealed anew, each in the place of what it was.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reseal {
    /// The data key that they are sealed to.
    pub key_id: Hex16,
    /// Hash of the manifest that they are sealed under.
    pub manifest: Hex32,
    /// The deposits.
    pub deposits: Vec<ResealedDeposit>,
}

/// A deposit that was sealed anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResealedDeposit {
    /// Deposit id.
    pub deposit_id: Hex32,
    /// SHA-256 of the sealed locator whose place the new one takes.
    pub before: Hex32,
    /// Sealed locator: an envelope v1.
    pub locator: B64u,
    /// All of its fields.
    pub fields: Vec<ResealedField>,
}

/// A field that was sealed anew. Kind and month of expiry stay as they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResealedField {
    /// Tag.
    pub tag: Hex32,
    /// SHA-256 of the envelope whose place the new one takes.
    pub before: Hex32,
    /// Envelope v1.
    pub envelope: B64u,
}

/// Answer to [`Reseal`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Resealed {
    /// Deposits of which nothing was changed, because something else lies there by now. All others are sealed anew.
    pub conflicts: Vec<Hex32>,
}
