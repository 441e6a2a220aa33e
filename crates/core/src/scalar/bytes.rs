//! Identifiers and secrets of a fixed number of bytes.

use super::ScalarError;
use crate::encoding;
use crate::primitives::random;
use core::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A public identifier of fixed length; its text form is lower-case hex.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// Reads the text form: lower-case hex.
            ///
            /// # Errors
            /// [`ScalarError::Hex`] when length or a digit is wrong.
            pub fn from_hex(text: &str) -> Result<Self, ScalarError> {
                encoding::hex_array(text).map(Self).ok_or(ScalarError::Hex)
            }

            /// Takes the bytes.
            ///
            /// # Errors
            /// [`ScalarError::Length`] when there are too few or too many.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, ScalarError> {
                bytes.try_into().map(Self).map_err(|_| ScalarError::Length)
            }

            /// The text form: lower-case hex.
            pub fn to_hex(&self) -> String {
                encoding::hex(&self.0)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.to_hex())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.to_hex())
            }
        }
    };
}

id!(
    /// Names a data public key: the first 16 bytes of SHA-256(label, 0x00, KEM id, public key).
    KeyId,
    16
);
id!(
    /// Commits to a data public key: SHA-256(label, 0x00, KEM id, public key).
    KeyFingerprint,
    32
);
id!(
    /// Names a key manifest: SHA-256 of its signed text.
    ManifestHash,
    32
);
id!(
    /// Names a deposit: SHA-256(nonce, canonical body).
    DepositId,
    32
);
id!(
    /// Names an envelope: SHA-256 of its bytes.
    EnvelopeHash,
    32
);
id!(
    /// Where a field lies in the vault: derived from the locator secret, kind and index.
    Tag,
    32
);
id!(
    /// 32 random bytes in front of a deposit's canonical body, so that nobody can guess or occupy its id.
    Nonce,
    32
);
id!(
    /// Names an admin's identity: the first 16 bytes of SHA-256 over its site and its two public keys.
    IdentityId,
    16
);
id!(
    /// Names a state of the roster: SHA-256 of the text of its last entry.
    RosterHead,
    32
);
#[cfg(feature = "release")]
id!(
    /// Names a site release: SHA-256 of its document.
    ReleaseHash,
    32
);

impl KeyFingerprint {
    /// The key's name: the first 16 bytes.
    pub fn key_id(&self) -> KeyId {
        KeyId(*self.0.first_chunk().unwrap_or(&[0; KeyId::LEN]))
    }
}

impl Tag {
    /// The tag that locators are sealed under.
    pub const LOCATOR: Self = Self([0; 32]);
}

/// 32 random bytes from which all tags of a deposit come; who has it can find the deposit's fields.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct LocatorSecret([u8; 32]);

impl LocatorSecret {
    /// A fresh secret.
    pub fn generate(rng: &mut impl rand_core::CryptoRng) -> Self {
        Self(random(rng))
    }

    /// Takes the bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for LocatorSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocatorSecret(..)")
    }
}

impl Nonce {
    /// A fresh nonce.
    pub fn generate(rng: &mut impl rand_core::CryptoRng) -> Self {
        Self(random(rng))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_text_form() {
        let id = KeyId([0xab; 16]);
        assert_eq!(KeyId::from_hex(&id.to_hex()), Ok(id));
        assert_eq!(KeyId::from_hex("AB"), Err(ScalarError::Hex));
        assert_eq!(KeyId::from_slice(&[1; 17]), Err(ScalarError::Length));
    }

    #[test]
    fn the_locator_secret_does_not_print() {
        assert_eq!(format!("{:?}", LocatorSecret::from_bytes([7; 32])), "LocatorSecret(..)");
    }
}
