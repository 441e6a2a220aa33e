//! Data keys: the public part that seals, and the private part, always held as its items.

mod private;
mod public;

pub use private::{ItemName, PrivateItems};
pub use public::DataPublicKey;

use core::fmt;

/// Why a key was refused. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The public key has another length, is not canonical, or its X25519 part is of low order.
    PublicKey,
    /// A private item has another length, is missing, or is not one of the suite.
    Item,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublicKey => "replace the public key: it is not a valid one of its suite",
            Self::Item => "give the private items that the suite has, each of its length",
        })
    }
}

impl core::error::Error for KeyError {}
