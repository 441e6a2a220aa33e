//! Sign-in by OPAQUE (RFC 9807): the passphrase never leaves the browser.

use serde::{Deserialize, Serialize};

use super::identity::KeptIdentity;
use super::passkey::PasskeyAsked;
use crate::wire::B64u;

/// `POST /v1/login/start`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginStart {
    /// Name of the admin.
    pub user: String,
    /// OPAQUE KE1.
    pub message: B64u,
}

/// Answer to [`LoginStart`]; has the same shape for a name that does not exist.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginStarted {
    /// Names this login until it is finished.
    pub login: B64u,
    /// OPAQUE KE2.
    pub message: B64u,
}

/// `POST /v1/login/finish`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginFinish {
    /// As in [`LoginStarted`].
    pub login: B64u,
    /// OPAQUE KE3.
    pub message: B64u,
}

/// Answer to [`LoginFinish`]; the session's token comes as a cookie.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginFinished {
    /// Seconds without a request after which the session ends.
    pub expires_in: u64,
    /// Seconds without use after which the admin's page locks.
    pub lock_after: u64,
}

/// Answer to [`LoginFinish`] of somebody who has joined and is not in the roster yet: the passphrase is right, and there is
/// no session. The own identity, for its words, which whoever signs this person in compares.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginWaiting {
    /// As it was handed over when joining.
    pub identity: KeptIdentity,
}

/// Answer to [`LoginFinish`] that is no session: the passphrase is right, and something else is missing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum LoginUnfinished {
    /// A signature into the roster.
    Waiting(LoginWaiting),
    /// One of the admin's passkeys.
    Passkey(LoginPasskey),
}

/// Answer to [`LoginFinish`] of an admin who has passkeys: there is no session before one of them is shown, too.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginPasskey {
    /// To be answered by `POST /v1/login/passkey`, once.
    pub passkey: PasskeyAsked,
}
