//! Sessions of the signed-in admin (docs/spec/session.md).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::log::ToLog;
use crate::wire::{B64u, Hex16, Hex32};

/// `POST /v1/session/identity`: what this tab unlocks the identity with, together with its own half.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SessionIdentity {
    /// The row's half.
    pub half: Hex32,
    /// The identity, wrapped under both halves with method `session` (docs/spec/identity.md).
    pub wrapped: B64u,
}

/// Answer to `POST /v1/session/resume`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Resumed {
    /// Name of the admin.
    pub user: String,
    /// Seconds without a request after which the session ends.
    pub expires_in: u64,
    /// Seconds without use after which the admin's page locks.
    pub lock_after: u64,
    /// Absent when nothing was kept: the passphrase is asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<SessionIdentity>,
}

/// `GET /v1/sessions`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Those of the signed-in admin, the one that was used last first.
    pub sessions: Vec<Session>,
}

/// One session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Names it.
    pub id: Hex16,
    /// When the admin signed in, RFC 3339.
    pub started: String,
    /// When a request of it last came, RFC 3339.
    pub last_used: String,
    /// Whether it is the one that asks.
    pub own: bool,
}

/// `POST /v1/sessions/end`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EndSession {
    /// As in [`Session`].
    pub id: Hex16,
    /// A `sign-out`. Must be there when the vault keeps a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<ToLog>,
}

/// `POST /v1/sessions/end-others`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EndOthers {
    /// One `sign-out`. Must be there when the vault keeps a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<ToLog>,
}

/// `POST /v1/settings`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Seconds without use after which the admin's pages lock: 60 at least, and no more than the vault's own limit.
    pub lock_after: u64,
}

/// Shows nothing of it.
impl fmt::Debug for SessionIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionIdentity(redacted)")
    }
}
