//! Changing one's passphrase: a sign-in with the old one, and a registration (RFC 9807, section 5) of the new one, in one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::wire::B64u;

/// `POST /v1/passphrase/start`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PassphraseStart {
    /// OPAQUE registration request, of the new passphrase.
    pub message: B64u,
}

/// Answer to [`PassphraseStart`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PassphraseStarted {
    /// OPAQUE registration response.
    pub message: B64u,
}

/// `POST /v1/passphrase/finish`
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PassphraseFinish {
    /// Of a sign-in with the old passphrase that was started just before.
    pub login: B64u,
    /// OPAQUE KE3 of that sign-in.
    pub message: B64u,
    /// OPAQUE registration upload, of the new passphrase.
    pub registration: B64u,
    /// The same identity as before, wrapped under the new export key with method `login` (docs/spec/identity.md).
    pub wrapped: B64u,
}

impl fmt::Debug for PassphraseFinish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PassphraseFinish(redacted)")
    }
}
