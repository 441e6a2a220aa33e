//! What the tree holds of an entry.

use crate::encoding::{hex, hex_array};
use crate::label::Label;
use crate::log::Hash;
use crate::primitives::{random, sha256};
use core::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 32 random bytes, fresh for each entry: without them nobody can try what a commitment might be of. To erase an entry
/// is to erase its salt with it.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Salt([u8; 32]);

impl Salt {
    /// A fresh salt.
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

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// SHA-256(label, 0x00, salt, signed entry): the 32 bytes that are a leaf of the audit log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment(pub [u8; 32]);

impl Commitment {
    /// Commits to the bytes of a signed entry.
    pub fn of(salt: &Salt, signed_entry: &[u8]) -> Self {
        Self(sha256(&[Label::AuditCommitment.as_bytes(), &[0], salt.as_bytes(), signed_entry]))
    }

    /// Its hash as a leaf: SHA-256(0x00, commitment).
    pub fn leaf_hash(&self) -> Hash {
        Hash::of_leaf(&self.0)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Lower-case hex, 64 digits.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// Reads [`Commitment::to_hex`].
    pub fn from_hex(text: &str) -> Option<Self> {
        hex_array(text).map(Self)
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}
