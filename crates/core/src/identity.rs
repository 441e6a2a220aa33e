//! Identities of admins (`docs/spec/identity.md`): an X-Wing key to receive data keys, an Ed25519 key to sign, and how
//! their private halves are kept.

mod name;
mod public;
mod recovery_code;
mod unlock;
mod word_list;
mod words;
mod wrapped;

pub use name::AdminName;
pub use public::PublicIdentity;
pub use recovery_code::{CodeError, RecoveryCode, kit_credential};
pub use unlock::{Method, Unlock};
pub use words::WORDS;
pub use wrapped::WrappedIdentity;

pub(crate) use public::{id_of, signing_name};
#[cfg(test)]
pub(crate) use {unlock::info, wrapped::aad};

use crate::keys::{ItemName, PrivateItems};
use crate::note::NoteSigner;
use crate::primitives::random;
use crate::scalar::{IdentityId, Site};
use crate::suite::Suite;
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Why an identity was not read, wrapped or unwrapped. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityError {
    /// Not in the specified form.
    Malformed,
    /// A public key that nothing can be sealed to or verified with.
    Key,
    /// A name that is empty, too long, or cannot stand in a line.
    Name,
    /// Wrapped by another method.
    OtherMethod,
    /// Another identity than the one asked for.
    OtherIdentity,
    /// Another secret, another place, or changed bytes.
    Unwrap,
}

impl IdentityError {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Key => "malformed_key",
            Self::Name => "malformed_name",
            Self::OtherMethod => "other_method",
            Self::OtherIdentity => "other_identity",
            Self::Unwrap => "unwrap",
        }
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "restore the identity from a copy: it is not in the specified form",
            Self::Key => "make a new identity: this one has a key that cannot be used",
            Self::Name => "take a name of 1 to 64 bytes with single blanks between and no invisible characters",
            Self::OtherMethod => "unlock with the method that the identity was wrapped by",
            Self::OtherIdentity => "ask for this admin's own identity: this is another one",
            Self::Unwrap => "check what you unlock with; if it is right, restore the wrapped identity from a copy",
        })
    }
}

impl core::error::Error for IdentityError {}

/// An admin's identity with its private halves, in memory. Zeroised when dropped; `Debug` shows the public keys.
pub struct Identity {
    public: PublicIdentity,
    items: PrivateItems,
    signer: NoteSigner,
}

impl Identity {
    /// A fresh identity.
    ///
    /// # Errors
    /// [`IdentityError::Key`]; never with a working generator.
    pub fn generate(site: &Site, rng: &mut impl CryptoRng) -> Result<Self, IdentityError> {
        let items = PrivateItems::generate(Suite::XWing, rng).map_err(|_| IdentityError::Key)?;
        Self::new(site, items, &Zeroizing::new(random(rng)))
    }

    /// The identity of an X-Wing key and an RFC 8032 private key.
    ///
    /// # Errors
    /// [`IdentityError::Key`] when the first is no X-Wing key.
    pub fn new(site: &Site, items: PrivateItems, ed25519: &[u8; 32]) -> Result<Self, IdentityError> {
        // The signer's name follows from the id, and that from the signer's public key
        let unnamed = NoteSigner::from_seed("admin", ed25519).map_err(|_| IdentityError::Key)?;
        let public = PublicIdentity::new(site, items.public_key().clone(), unnamed.vkey().public_key())?;
        let signer = NoteSigner::from_seed(public.signing_key().name(), ed25519).map_err(|_| IdentityError::Key)?;
        Ok(Self { public, items, signer })
    }

    /// The public half.
    pub const fn public(&self) -> &PublicIdentity {
        &self.public
    }

    /// Its name.
    pub fn id(&self) -> IdentityId {
        self.public.id()
    }

    /// Opens what was sealed to this identity.
    pub const fn items(&self) -> &PrivateItems {
        &self.items
    }

    /// Signs roster entries, grants and entries of the log.
    pub const fn signer(&self) -> &NoteSigner {
        &self.signer
    }

    /// Wraps the private halves, to be unlocked by the same secret.
    ///
    /// # Errors
    /// None for an identity of this crate; the AEAD's are passed on as [`IdentityError::Unwrap`].
    pub fn wrap(&self, with: &Unlock<'_>, rng: &mut impl CryptoRng) -> Result<WrappedIdentity, IdentityError> {
        WrappedIdentity::wrap(self, with, rng)
    }

    /// The three private items, in the order in which they are wrapped.
    fn private_items(&self) -> Vec<(ItemName, Zeroizing<Vec<u8>>)> {
        let copy = |(name, bytes): (ItemName, &[u8])| (name, Zeroizing::new(bytes.to_vec()));
        let mut items: Vec<_> = self.items.items().map(copy).collect();
        items.push(copy((ItemName::Ed25519, self.signer.seed().as_slice())));
        items
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({:?})", self.public)
    }
}
