//! Finding deposits by what stays readable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::wire::{B64u, Hex16, Hex32};

use super::log::{InLog, ToLog};
use super::openings::Purpose;

/// `POST /v1/deposits/search`: members that are given must all match. A POST, so that no
/// reference and no postal code gets into a URL.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The shop's reference, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Card brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Last four digits of the card number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last4: Option<String>,
    /// Postal code, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country, two upper case letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Day of the deposit, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// [`Found::next`] of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Rows a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// One entry: a `search` with the names of these members, or a `list`. Must be there when the vault keeps a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<ToLog>,
}

/// Answer to [`Search`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Matching deposits.
    pub deposits: Vec<IndexRow>,
    /// Where the next page starts; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Where the entry is in the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<InLog>,
}

/// What the vault knows of a deposit without opening it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct IndexRow {
    /// Deposit id.
    pub deposit_id: Hex32,
    /// Site name.
    pub site: String,
    /// The shop's reference.
    pub reference: String,
    /// Hash of the manifest that the deposit was sealed under.
    pub manifest: Hex32,
    /// Id of the data key that it is sealed to.
    pub key_id: Hex16,
    /// Facet name to text.
    pub facets: BTreeMap<String, String>,
    /// Day of the deposit, `YYYY-MM-DD`.
    pub day: String,
    /// Sealed locator: an envelope v1.
    pub locator: B64u,
    /// Openings so far, oldest first.
    pub openings: Vec<Opening>,
}

/// One recorded opening.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Field kind.
    pub kind: String,
    /// Which of the deposit's fields of that kind, from 0.
    pub index: u32,
    /// What for.
    pub purpose: Purpose,
    /// When, RFC 3339 in UTC.
    pub at: String,
}
