//! Entries of the audit log: those that come with a request, and those that are read. Its checkpoint and its tiles are
//! not JSON: `docs/spec/log.md`.

use serde::{Deserialize, Serialize};

use crate::wire::{B64u, Hex16, Hex32};

/// `POST /v1/log/entries`: which. A POST like a search: what somebody reads is in no URL.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EntryRange {
    /// Number of the first leaf, from 0 to 2^63 - 1.
    pub first: u64,
    /// How many leaves to look at, at most 256.
    #[cfg_attr(feature = "openapi", schema(maximum = 256))]
    pub count: u32,
    /// The size of the last checkpoint that the reader verified, 0 for none: asks for proofs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

/// What a request is to leave in the audit log, before it is answered; the body of `POST /v1/log/record`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ToLog {
    /// The size of the last checkpoint that the admin's browser verified, 0 for none.
    pub since: u64,
    /// In the order of what they are about.
    pub entries: Vec<SaltedEntry>,
}

/// An entry that the signed-in admin signed, and its salt (docs/spec/audit-entry.md).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaltedEntry {
    /// 32 random bytes, fresh for each entry.
    pub salt: B64u,
    /// Signed entry.
    pub signed: B64u,
}

/// Where entries are in the audit log, and the proofs of it (docs/spec/log.md).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InLog {
    /// A signed checkpoint over them.
    pub checkpoint: String,
    /// That it continues the checkpoint of the size that was named: the text of a proof.
    pub consistency: String,
    /// In the order of the entries.
    pub entries: Vec<Leaf>,
}

/// Answer to what was done with entries, and has no other.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// Where they are in the audit log, if one is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<InLog>,
}

/// Where one entry is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Number of its leaf, from 0.
    pub number: u64,
    /// That it is that leaf: the text of a proof.
    pub proof: String,
}

/// Answer to [`EntryRange`]; empty beyond the log's end.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Entries {
    /// In the order of their leaves. Those that were erased are missing.
    pub entries: Vec<LogEntry>,
    /// The proofs, when they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<InLog>,
}

/// An entry at rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LogEntry {
    /// Its leaf.
    pub number: u64,
    /// What the leaf holds. It is bound into the sealed entry.
    pub commitment: Hex32,
    /// Id of the audit key that the entry is sealed to.
    pub key_id: Hex16,
    /// Sealed entry (docs/spec/audit-entry.md).
    pub sealed: B64u,
}
