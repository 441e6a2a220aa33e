//! What unlocks an identity, and the key that each makes.

use super::{IdentityError, RecoveryCode};
use crate::cbor::Writer;
use crate::label::Label;
use crate::primitives::{Secret32, derive_kek};
use crate::scalar::{IdentityId, Site};
use core::fmt;

/// How an identity was wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// By the export key of sign-in.
    Login,
    /// By a passkey.
    Passkey,
    /// By the code on the recovery page.
    RecoveryCode,
    /// For a session.
    Session,
}

impl Method {
    /// The name in formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Passkey => "passkey",
            Self::RecoveryCode => "recovery-code",
            Self::Session => "session",
        }
    }

    /// The method of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Login, Self::Passkey, Self::RecoveryCode, Self::Session].into_iter().find(|one| one.as_str() == name)
    }
}

/// A secret that unlocks an identity. All are of at least 128 random bits, or made slow to guess before they come here,
/// so that HKDF is all that is needed.
#[derive(Clone, Copy)]
pub enum Unlock<'a> {
    /// The export key of OPAQUE (RFC 9807 section 3): 64 bytes.
    Login(&'a [u8; 64]),
    /// What a passkey's PRF extension gives (WebAuthn level 3 section 10.1.4): 32 bytes.
    Passkey(&'a [u8; 32]),
    /// The code on the recovery page.
    RecoveryCode(&'a RecoveryCode),
    /// Two random halves: neither tells anything of the key.
    Session {
        /// Kept in the browser's tab.
        tab: &'a [u8; 32],
        /// Kept in the session's row.
        row: &'a [u8; 32],
    },
}

impl Unlock<'_> {
    /// Its method.
    pub const fn method(&self) -> Method {
        match self {
            Self::Login(_) => Method::Login,
            Self::Passkey(_) => Method::Passkey,
            Self::RecoveryCode(_) => Method::RecoveryCode,
            Self::Session { .. } => Method::Session,
        }
    }

    /// HKDF-SHA256 over the secret; `info` is [`info`].
    pub(crate) fn kek(&self, site: &Site, id: &IdentityId) -> Secret32 {
        let info = info(self.method(), site, id);
        match self {
            Self::Login(export_key) => derive_kek(&[*export_key], &info),
            Self::Passkey(prf) => derive_kek(&[*prf], &info),
            Self::RecoveryCode(code) => derive_kek(&[code.digits()], &info),
            Self::Session { tab, row } => derive_kek(&[*tab, *row], &info),
        }
    }

    /// # Errors
    /// [`IdentityError::OtherMethod`].
    pub(super) fn check(&self, method: Method) -> Result<(), IdentityError> {
        (self.method() == method).then_some(()).ok_or(IdentityError::OtherMethod)
    }
}

/// CBOR [label, method, site, identity id].
pub(crate) fn info(method: Method, site: &Site, id: &IdentityId) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.array(4).text(Label::IdentityKek.as_str()).text(method.as_str()).text(site.as_str()).bytes(id.as_bytes());
    writer.finish()
}

impl fmt::Debug for Unlock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unlock({}, ..)", self.method().as_str())
    }
}
