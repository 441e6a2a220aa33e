//! Recovery kits: making one, and getting back in by one (docs/spec/identity.md). And what the organisation's recovery key opens.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::identity::KeptIdentity;
use super::log::ToLog;
use crate::wire::{B64u, Hex16};

/// `GET /v1/kit`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OwnKit {
    /// When the signed-in admin's kit was made, RFC 3339. Absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<String>,
}

/// `POST /v1/kit/start`
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KitStart {
    /// Of a sign-in with the passphrase that was started just before.
    pub login: B64u,
    /// OPAQUE KE3 of that sign-in.
    pub message: B64u,
    /// OPAQUE registration request, of the recovery code.
    pub registration: B64u,
}

/// Answer to [`KitStart`]. Nothing is kept yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KitStarted {
    /// OPAQUE registration response.
    pub message: B64u,
}

/// `POST /v1/kit/finish`
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KitFinish {
    /// OPAQUE registration upload, of the recovery code.
    pub registration: B64u,
    /// The signed-in admin's identity, wrapped under the code with method `recovery-code`.
    pub wrapped: B64u,
}

/// Answer to `POST /v1/recovery/finish`: the code is right.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveryFinished {
    /// Names this recovery. Good for setting a new passphrase, and for nothing else.
    pub recovery: B64u,
    /// Seconds until it ends.
    pub expires_in: u64,
    /// The identity of whose kit it is; `recovery-code` is its one method.
    pub identity: KeptIdentity,
    /// Whether a log is kept: then `log` must come with the new passphrase.
    pub logs: bool,
}

/// `POST /v1/recovery/passphrase/start`
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveryPassphraseStart {
    /// As in [`RecoveryFinished`].
    pub recovery: B64u,
    /// OPAQUE registration request, of the new passphrase.
    pub message: B64u,
}

/// `POST /v1/recovery/passphrase/finish`
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveryPassphraseFinish {
    /// As in [`RecoveryFinished`].
    pub recovery: B64u,
    /// OPAQUE registration upload, of the new passphrase.
    pub registration: B64u,
    /// The same identity, wrapped under the new export key with method `login`.
    pub wrapped: B64u,
    /// A `recovery` of this identity by `kit`, then a `passphrase-change`. Must be there when the vault keeps a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<ToLog>,
}

/// `GET /v1/recovery-grants`: what the organisation's recovery key opens.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveryGrants {
    /// Of all data keys and audit keys.
    pub grants: Vec<RecoveryGrant>,
}

/// A private item, sealed to a recovery key.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveryGrant {
    /// The data key, or audit key.
    pub key_id: Hex16,
    /// Item name: `mlkem-seed` or `x25519`.
    pub item: String,
    /// Which recovery key opens it.
    pub recovery_key_id: Hex16,
    /// Recovery grant (docs/spec/custody.md).
    pub sealed: B64u,
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

redacted! { KitStart KitFinish RecoveryFinished RecoveryGrant RecoveryPassphraseStart RecoveryPassphraseFinish }
