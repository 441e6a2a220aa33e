//! The small values that every format is made of, each checked once, where it comes in.

mod bytes;
mod text;

#[cfg(feature = "release")]
pub use bytes::ReleaseHash;
pub use bytes::{
    DepositId, EnvelopeHash, IdentityId, KeyFingerprint, KeyId, LocatorSecret, ManifestHash, Nonce, RosterHead, Tag,
};
pub use text::{KindName, PartName, Reference, Site};

use core::fmt;

/// Why a scalar was refused. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarError {
    /// Not a site name.
    Site,
    /// Not a reference.
    Reference,
    /// A reference that holds what looks like a card number.
    ReferenceHoldsCard,
    /// Not a kind name.
    KindName,
    /// Not a part name.
    PartName,
    /// Not lower-case hex of the right length.
    Hex,
    /// Not the right number of bytes.
    Length,
}

impl fmt::Display for ScalarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Site => "write the site as a lower-case host name: a-z, 0-9, '.' and '-', at most 253 characters",
            Self::Reference => "write the reference with 1 to 64 characters of A-Z, a-z, 0-9 and . _ / # : -",
            Self::ReferenceHoldsCard => "take the card number out of the reference",
            Self::KindName => "write the kind with 1 to 32 characters of a-z, 0-9, '.' and '-', a letter first",
            Self::PartName => "write the part with 1 to 32 characters of a-z, 0-9 and '_', a letter first",
            Self::Hex => "write the value as lower-case hex of the specified length",
            Self::Length => "give the specified number of bytes",
        })
    }
}

impl core::error::Error for ScalarError {}
