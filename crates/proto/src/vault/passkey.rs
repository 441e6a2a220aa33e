//! Passkeys (docs/spec/passkey.md): as a second factor, and to unlock with.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::log::ToLog;
use crate::wire::{B64u, Hex16};

/// `GET /v1/passkeys`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Passkeys {
    /// In the order in which they were added.
    pub passkeys: Vec<Passkey>,
}

/// One of the signed-in admin's passkeys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Passkey {
    /// First 16 bytes of a hash of its credential id.
    pub id: Hex16,
    /// As the admin called it.
    pub name: String,
    /// RFC 3339.
    pub made: String,
    /// RFC 3339; absent before the first sign-in with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    /// Whether it signs in and unlocks without the passphrase.
    pub unlocks: bool,
}

/// A challenge for passkeys that are there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyAsked {
    /// 32 random bytes, good once.
    pub challenge: B64u,
    /// Relying party: the host of the admin site.
    pub rp_id: String,
    /// Credential ids, one of which is to answer. Empty: any that the browser finds.
    pub credentials: Vec<B64u>,
    /// Seconds until the challenge is forgotten.
    pub expires_in: u64,
}

/// `POST /v1/login/passkey` and `POST /v1/login/passkey/finish`: what the browser's `get()` gave.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyAnswer {
    /// Credential id (`rawId`).
    pub credential: B64u,
    /// `clientDataJSON`.
    pub client_data: B64u,
    /// `authenticatorData`.
    pub authenticator_data: B64u,
    /// `signature`.
    pub signature: B64u,
}

/// Answer to `POST /v1/login/passkey/finish`; the session's token comes as a cookie.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyLoginFinished {
    /// Name of the admin.
    pub user: String,
    /// Seconds without a request after which the session ends.
    pub expires_in: u64,
    /// Seconds without use after which the admin's page locks.
    pub lock_after: u64,
    /// The identity, wrapped under the passkey's PRF (docs/spec/identity.md).
    pub wrapped: B64u,
}

/// `POST /v1/passkeys/start`: the passphrase, once more.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyStart {
    /// Of a sign-in with the passphrase that was started just before.
    pub login: B64u,
    /// OPAQUE KE3 of that sign-in.
    pub message: B64u,
}

/// Answer to [`PasskeyStart`]: what the browser's `create()` is called with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyStarted {
    /// 32 random bytes, good once.
    pub challenge: B64u,
    /// Relying party: the host of the admin site.
    pub rp_id: String,
    /// User handle: the admin's identity id.
    pub user: B64u,
    /// Credential ids of the passkeys that there are: an authenticator that has one of them makes no second one.
    pub credentials: Vec<B64u>,
    /// COSE algorithms, the one liked best first.
    pub algorithms: Vec<i64>,
    /// Seconds until the challenge is forgotten.
    pub expires_in: u64,
}

/// `POST /v1/passkeys/finish`: what the browser's `create()` gave.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyFinish {
    /// What the admin calls it: 1 to 64 bytes, of the form of a name.
    pub name: String,
    /// `clientDataJSON`.
    pub client_data: B64u,
    /// `authenticatorData`.
    pub authenticator_data: B64u,
    /// The identity, wrapped under the passkey's PRF with method `passkey`. Absent when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrapped: Option<B64u>,
    /// A `passkey-change`, `added`. Must be there when the vault keeps a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<ToLog>,
}

/// `POST /v1/passkeys/remove`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyRemove {
    /// Which.
    pub id: Hex16,
    /// A `passkey-change`, `removed`. Must be there when the vault keeps a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<ToLog>,
}

macro_rules! redacted {
    ($($name:ident)+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        })+
    };
}

redacted! { PasskeyAnswer PasskeyLoginFinished PasskeyStart PasskeyFinish }
