//! Wrapped private items and published manifests.

use serde::{Deserialize, Serialize};

use crate::wire::{B64u, Hex16};

/// `GET /v1/custody`: every data key with what opens it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Custody {
    /// One entry a data key.
    pub keys: Vec<CustodyKey>,
    /// One entry for each key that entries of the audit log were ever sealed to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audit_keys: Vec<AuditKey>,
    /// Data keys whose private items were destroyed, because nothing that is sealed to them is left: they are not among `keys`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purged: Vec<PurgedKey>,
}

/// A data key that opens nothing any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PurgedKey {
    /// Key id.
    pub key_id: Hex16,
    /// When its items were destroyed, Unix time.
    pub at: u64,
}

/// An audit key: X-Wing, like a data key, and granted like one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditKey {
    /// Key id.
    pub key_id: Hex16,
    /// Public key.
    pub public_key: B64u,
    /// Private items, each granted to the signed-in admin (docs/spec/custody.md).
    pub grants: Vec<B64u>,
    /// Identities that all items are granted to; whoever holds the key grants it to those of the roster who are missing.
    pub holders: Vec<Hex16>,
}

/// One data key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CustodyKey {
    /// Key id.
    pub key_id: Hex16,
    /// Suite name: `xwing` or `x25519`.
    pub suite: String,
    /// Public key.
    pub public_key: B64u,
    /// Private items, each wrapped on its own under the passphrase.
    pub items: Vec<CustodyItem>,
    /// Private items, each granted to the signed-in admin (docs/spec/custody.md).
    pub grants: Vec<B64u>,
    /// Identities that all items are granted to; whoever holds the key grants it to those of the roster who are missing.
    pub holders: Vec<Hex16>,
    /// Identities that have ended and had been granted it. Which of these people have left is said by the roster: what is sealed
    /// to such a key is sealed anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Hex16>,
}

/// One wrapped private item.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CustodyItem {
    /// Item name: `mlkem-seed` or `x25519`.
    pub item: String,
    /// Wrapped item (docs/spec/custody.md).
    pub wrapped: B64u,
}

/// `GET /v1/manifests`: every key manifest that the site ever signed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Manifests {
    /// Signed notes, text and signatures.
    pub notes: Vec<String>,
}
