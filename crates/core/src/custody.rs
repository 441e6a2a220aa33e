//! Private items at rest under a passphrase (`docs/spec/custody.md`): Argon2id, then XChaCha20-Poly1305.

mod kek;
mod keyring;
mod wrapped;

pub use kek::{Argon2Params, Kek, SALT};
pub use keyring::{Keyring, WrappedKey};
pub use wrapped::{Purpose, WrapContext, WrappedItem};

use core::fmt;

/// Why an item was not wrapped or unwrapped. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustodyError {
    /// Cost parameters beyond the limits.
    Params,
    /// There is not the memory that the parameters ask for.
    Memory,
    /// Not a wrapped item.
    Malformed,
    /// The item has another length than its name says.
    Item,
    /// The key encryption key was derived with another salt or other parameters.
    OtherKek,
    /// Another passphrase, another place, or changed bytes.
    Unwrap,
}

impl fmt::Display for CustodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Params => {
                "choose Argon2id costs within the limits: 8 KiB a lane to 1 GiB, 1 to 16 passes, 1 to 16 lanes"
            }
            Self::Memory => "free memory, or open this item on a machine that has more",
            Self::Malformed => "restore the wrapped item from a copy: it is not in the specified form",
            Self::Item => "give the private item in its full length",
            Self::OtherKek => "derive the key again with the salt and costs that the wrapped item names",
            Self::Unwrap => "check the passphrase; if it is right, restore the wrapped item from a copy",
        })
    }
}

impl core::error::Error for CustodyError {}
