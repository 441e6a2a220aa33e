//! Data keys: the public part that seals, and the private part, always held as its items.

#[cfg(feature = "admin")]
mod file;
mod private;
mod public;
#[cfg(feature = "admin")]
mod state;

#[cfg(feature = "admin")]
pub use file::{KeyFileError, read_private};
pub use private::{ItemName, PrivateItems};
pub use public::DataPublicKey;
#[cfg(feature = "admin")]
pub use state::{KeyEvent, KeyState};

use core::fmt;

/// Why a key was refused. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The public key has another length, is not canonical, or its X25519 part is of low order.
    PublicKey,
    /// A private item has another length, is missing, or is not one of the suite.
    Item,
    /// A data key cannot do this in the state in which it is.
    #[cfg(feature = "admin")]
    State,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublicKey => "replace the public key: it is not a valid one of its suite",
            Self::Item => "give the private items that the suite has, each of its length",
            #[cfg(feature = "admin")]
            Self::State => "look at the data key again: it is in another state by now",
        })
    }
}

impl core::error::Error for KeyError {}
