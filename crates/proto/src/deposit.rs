//! `POST /v1/deposits`: the body that a frame sends, and the answer.
//!
//! [`DepositRequest::parse`] reads the JSON, [`DepositRequest::into_deposit`] turns it into core's
//! [`Deposit`](nightsafe_core::deposit::Deposit). Which site, manifest, key and policy it belongs to is for ingest to check.

mod convert;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::problem::ProblemType;
use crate::unique_map::UniqueMap;
use crate::wire::Hex32;

/// The body as it is on the wire (docs/spec/deposit.md); binary members are still text.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DepositRequest<'a> {
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(value_type = Hex32))]
    id: Cow<'a, str>,
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9_-]{43}$"))]
    nonce: Cow<'a, str>,
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z0-9.-]{1,253}$"))]
    site: Cow<'a, str>,
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9._/#:-]{1,64}$"))]
    reference: Cow<'a, str>,
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(value_type = Hex32))]
    manifest: Cow<'a, str>,
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::wire::Hex16))]
    key_id: Cow<'a, str>,
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, String>))]
    facets: UniqueMap,
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9_-]{1,10923}$"))]
    locator: Cow<'a, str>,
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 32))]
    fields: Vec<DepositRequestField<'a>>,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
struct DepositRequestField<'a> {
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(value_type = Hex32))]
    tag: Cow<'a, str>,
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z][a-z0-9.-]{0,31}$"))]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$"))]
    expires: Cow<'a, str>,
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9_-]{1,10923}$"))]
    envelope: Cow<'a, str>,
}

/// `201` to a deposit, the first time and every time that it is sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DepositReceipt {
    /// The id of the request.
    pub deposit_id: Hex32,
    /// Receipt (docs/spec/receipt.md) for the shop.
    pub receipt: String,
}

/// Why a body is not a deposit. Holds nothing of the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} ({pointer})", .problem.title())]
pub struct RequestError {
    /// The type of problem that the sender is told.
    pub problem: ProblemType,
    /// Which member, as a JSON Pointer; empty for the whole body.
    pub pointer: String,
}

impl<'a> DepositRequest<'a> {
    /// Reads the JSON. Unknown members and names that are there twice are refused.
    ///
    /// # Errors
    /// [`ProblemType::MalformedJson`]
    pub fn parse(body: &'a [u8]) -> Result<Self, RequestError> {
        // What serde says may quote the body, so it is dropped
        serde_json::from_slice(body)
            .map_err(|_| RequestError { problem: ProblemType::MalformedJson, pointer: String::new() })
    }
}

/// Shows nothing of what was sent.
impl fmt::Debug for DepositRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DepositRequest({} fields)", self.fields.len())
    }
}
