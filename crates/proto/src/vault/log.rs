//! Entries of the audit log. Its checkpoint and its tiles are not JSON: `docs/spec/log.md`.

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
}

/// Answer to [`EntryRange`]; empty beyond the log's end.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Entries {
    /// In the order of their leaves. Those that were erased are missing.
    pub entries: Vec<LogEntry>,
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
