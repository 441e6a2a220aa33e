//! Fetching field rows, in a batch and for a purpose.

use serde::{Deserialize, Serialize};

use super::log::{InLog, ToLog};
use crate::wire::{B64u, Hex16, Hex32};

/// What a field is opened for. Recorded with every opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Charging a card.
    Charge,
    /// Debiting a bank account.
    Debit,
    /// Shipping labels and packing lists.
    Ship,
    /// Reaching the customer.
    Contact,
    /// Giving money back.
    Refund,
    /// Answering a chargeback.
    Dispute,
}

impl Purpose {
    /// Every purpose, in the order in which they are offered.
    pub const ALL: [Self; 6] = [Self::Charge, Self::Debit, Self::Ship, Self::Contact, Self::Refund, Self::Dispute];

    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Debit => "debit",
            Self::Ship => "ship",
            Self::Contact => "contact",
            Self::Refund => "refund",
            Self::Dispute => "dispute",
        }
    }

    /// Reads [`Self::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }
}

/// `POST /v1/openings`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// One purpose for the whole batch. May be missing when no `open` asks for a field: nothing is recorded then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// Which fields of which deposits.
    pub deposits: Vec<OpenDeposit>,
    /// One entry for each deposit of which a field is opened, in their order. Must be there when the vault keeps a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<ToLog>,
}

/// The fields wanted from one deposit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenDeposit {
    /// Deposit id.
    pub deposit_id: Hex32,
    /// Fields to hand out; each is recorded as an opening.
    pub open: Vec<OpenField>,
    /// Tags of the deposit's other fields: answered with hashes only, so that a field that was
    /// dropped or resealed is noticed. Not an opening.
    pub check: Vec<Hex32>,
}

/// One field to hand out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenField {
    /// Field kind.
    pub kind: String,
    /// Which of the deposit's fields of that kind, from 0.
    pub index: u32,
    /// Tag of the field's row. Never recorded: it would join index row and field row.
    pub tag: Hex32,
}

/// Answer to [`Open`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// One entry a deposit asked for, in the same order.
    pub deposits: Vec<OpenedDeposit>,
    /// Where the entries are in the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<InLog>,
}

/// What the vault holds for one deposit's tags.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenedDeposit {
    /// Deposit id.
    pub deposit_id: Hex32,
    /// Every row under the tags of `open`; more than one a tag when somebody resealed.
    pub rows: Vec<FieldRow>,
    /// Every row under the tags of `check`, by hash.
    pub present: Vec<PresentRow>,
}

/// A field row.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FieldRow {
    /// Tag.
    pub tag: Hex32,
    /// Field kind.
    pub kind: String,
    /// Id of the data key that the envelope is sealed to.
    pub key_id: Hex16,
    /// Month of expiry, `YYYY-MM`.
    pub expires: String,
    /// Envelope v1.
    pub envelope: B64u,
}

/// A field row that is there.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PresentRow {
    /// Tag.
    pub tag: Hex32,
    /// SHA-256 of the envelope.
    pub envelope_hash: Hex32,
    /// What an audit entry names the envelope by: the hash of its X25519 point. Absent when what lies there is no envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Hex32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_have_one_spelling() {
        for purpose in Purpose::ALL {
            let json = serde_json::to_string(&purpose).unwrap();
            assert_eq!(json, format!("\"{}\"", purpose.as_str()));
            assert_eq!(Purpose::from_name(purpose.as_str()), Some(purpose));
        }
        assert_eq!(Purpose::from_name("curiosity"), None);
    }

    #[test]
    fn a_purpose_may_be_missing() {
        let open: Open = serde_json::from_str(r#"{"deposits":[]}"#).unwrap();
        assert_eq!(open.purpose, None);
        assert_eq!(serde_json::to_string(&open).unwrap(), r#"{"deposits":[]}"#);
    }

    #[test]
    fn unknown_members_are_refused() {
        let json = r#"{"purpose":"ship","deposits":[],"note":"x"}"#;
        assert!(serde_json::from_str::<Open>(json).is_err());
    }
}
