//! The public part of a data key or of a recovery key.

use super::KeyError;
use crate::label::Label;
use crate::primitives::{SealKey, sha256};
use crate::scalar::{KeyFingerprint, KeyId};
use crate::suite::Suite;
use core::fmt;

/// A public key that was checked: of the right length, its ML-KEM part canonical (FIPS 203 section 7.2),
/// its X25519 part canonical, on the curve and not of small order (RFC 7748 section 6.1).
#[derive(Clone)]
pub struct DataPublicKey {
    suite: Suite,
    fingerprint: KeyFingerprint,
    bytes: Vec<u8>,
    parsed: SealKey,
}

impl DataPublicKey {
    /// Checks and takes the bytes: 1216 for X-Wing, 32 for X25519.
    ///
    /// # Errors
    /// [`KeyError::PublicKey`].
    pub fn parse(suite: Suite, bytes: &[u8]) -> Result<Self, KeyError> {
        let parsed = SealKey::parse(suite, bytes).ok_or(KeyError::PublicKey)?;
        Ok(Self { suite, fingerprint: fingerprint(suite, bytes), bytes: bytes.to_vec(), parsed })
    }

    /// The suite.
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// What manifests name it by: SHA-256(label, 0x00, KEM id as u16 BE, public key).
    pub const fn fingerprint(&self) -> &KeyFingerprint {
        &self.fingerprint
    }

    /// Its name: the first 16 bytes of the fingerprint.
    pub fn key_id(&self) -> KeyId {
        self.fingerprint.key_id()
    }

    /// The bytes as HPKE serialises them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) const fn sealer(&self) -> &SealKey {
        &self.parsed
    }
}

fn fingerprint(suite: Suite, bytes: &[u8]) -> KeyFingerprint {
    KeyFingerprint(sha256(&[Label::KeyId.as_bytes(), &[0], &suite.kem_id().to_be_bytes(), bytes]))
}

impl PartialEq for DataPublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.suite == other.suite && self.bytes == other.bytes
    }
}

impl Eq for DataPublicKey {}

impl fmt::Debug for DataPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataPublicKey({} {})", self.suite, self.key_id())
    }
}
