//! Inviting somebody, joining by an invitation, and who waits.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::identity::KeptIdentity;
use crate::wire::{B64u, Hex32};

/// `POST /v1/invitations`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// Name to sign in with, and in the roster. That of somebody who is active there invites this person to make new keys.
    pub name: String,
    /// Role names, ascending.
    pub roles: Vec<String>,
    /// SHA-256 of the 32-byte token.
    pub token_hash: Hex32,
    /// Seconds, at most 259200.
    pub lifetime: u64,
}

/// `GET /v1/invitations`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Invitations {
    /// Those that nobody has used yet.
    pub open: Vec<OpenInvitation>,
    /// Who has joined and is not in the roster with these keys.
    pub waiting: Vec<Waiting>,
}

/// An invitation that nobody has used yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenInvitation {
    /// Who is invited.
    pub name: String,
    /// May do what.
    pub roles: Vec<String>,
    /// Name of who invited.
    pub invited_by: String,
    /// RFC 3339.
    pub expires: String,
}

/// Somebody who has joined.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// As in the invitation.
    pub name: String,
    /// As in the invitation.
    pub roles: Vec<String>,
    /// Public identity (docs/spec/identity.md).
    pub public: B64u,
    /// RFC 3339.
    pub joined: String,
}

/// `POST /v1/invitations/withdraw`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// Whose invitation, or who waits.
    pub name: String,
}

/// `POST /v1/invitations/start`
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JoinStart {
    /// The invitation's token.
    pub token: B64u,
    /// OPAQUE registration request.
    pub message: B64u,
}

/// Answer to [`JoinStart`]. The invitation is still open.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JoinStarted {
    /// OPAQUE registration response.
    pub message: B64u,
    /// Who is invited.
    pub name: String,
}

/// `POST /v1/invitations/finish`
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JoinFinish {
    /// As in [`JoinStart`].
    pub token: B64u,
    /// OPAQUE registration upload.
    pub registration: B64u,
    /// The new identity; `login` is its one method.
    pub identity: KeptIdentity,
}

impl fmt::Debug for JoinStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinStart(redacted)")
    }
}

impl fmt::Debug for JoinFinish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinFinish(redacted)")
    }
}
