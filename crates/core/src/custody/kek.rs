//! The key encryption key: derived once, used for any number of items.

use super::{CustodyError, WrapContext, WrappedItem};
use crate::keys::ItemName;
use crate::primitives::{Secret32, aead_open, aead_seal, argon2id};
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Bytes of a salt.
pub const SALT: usize = 16;
/// Bytes of an XChaCha20-Poly1305 nonce.
pub(super) const NONCE: usize = 24;

/// What a guess costs (RFC 9106 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Params {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Argon2Params {
    /// 64 MiB, 3 passes, 4 lanes: the second recommended option of RFC 9106 section 4.
    pub const DEFAULT: Self = Self { memory_kib: 65_536, passes: 3, lanes: 4 };

    /// Costs within the limits: 8 KiB a lane to 1 GiB, 1 to 16 passes, 1 to 16 lanes.
    ///
    /// # Errors
    /// [`CustodyError::Params`].
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, CustodyError> {
        let least = lanes.saturating_mul(8);
        let good = (1..=16).contains(&lanes) && (1..=16).contains(&passes) && (least..=1_048_576).contains(&memory_kib);
        good.then_some(Self { memory_kib, passes, lanes }).ok_or(CustodyError::Params)
    }

    /// Memory in KiB.
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub const fn passes(self) -> u32 {
        self.passes
    }

    /// Lanes.
    pub const fn lanes(self) -> u32 {
        self.lanes
    }
}

impl Default for Argon2Params {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A key encryption key and how it was derived. Zeroised when dropped.
pub struct Kek {
    params: Argon2Params,
    salt: [u8; SALT],
    key: Secret32,
}

impl Kek {
    /// Derives the key with Argon2id: as slow as the parameters say.
    ///
    /// # Errors
    /// [`CustodyError::Memory`].
    pub fn derive(passphrase: &[u8], params: Argon2Params, salt: [u8; SALT]) -> Result<Self, CustodyError> {
        let costs = (params.memory_kib, params.passes, params.lanes);
        let key = argon2id(passphrase, &salt, costs).ok_or(CustodyError::Memory)?;
        Ok(Self { params, salt, key })
    }

    /// Derives a key with a fresh salt.
    ///
    /// # Errors
    /// [`CustodyError::Memory`].
    pub fn generate(passphrase: &[u8], params: Argon2Params, rng: &mut impl CryptoRng) -> Result<Self, CustodyError> {
        let mut salt = [0; SALT];
        rng.fill_bytes(&mut salt);
        Self::derive(passphrase, params, salt)
    }

    /// The costs.
    pub const fn params(&self) -> Argon2Params {
        self.params
    }

    /// The salt.
    pub const fn salt(&self) -> &[u8; SALT] {
        &self.salt
    }

    /// Whether this key was derived as the item says: then [`Kek::unwrap`] needs no other derivation.
    pub fn fits(&self, wrapped: &WrappedItem) -> bool {
        self.params == wrapped.params() && &self.salt == wrapped.salt()
    }

    /// Wraps an item for one place.
    ///
    /// # Errors
    /// [`CustodyError::Item`] when it has another length than its name says.
    pub fn wrap(
        &self,
        context: &WrapContext<'_>,
        item: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<WrappedItem, CustodyError> {
        check_length(context.item, item)?;
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let ciphertext = aead_seal(&self.key, &nonce, &context.aad(), item).ok_or(CustodyError::Item)?;
        Ok(WrappedItem::new(self.params, self.salt, nonce, ciphertext))
    }

    /// Unwraps an item of that place.
    ///
    /// # Errors
    /// [`CustodyError::OtherKek`] or [`CustodyError::Unwrap`].
    pub fn unwrap(&self, context: &WrapContext<'_>, wrapped: &WrappedItem) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        if !self.fits(wrapped) {
            return Err(CustodyError::OtherKek);
        }
        let item = aead_open(&self.key, wrapped.nonce(), &context.aad(), wrapped.ciphertext());
        let item = item.ok_or(CustodyError::Unwrap)?;
        check_length(context.item, &item)?;
        Ok(item)
    }
}

fn check_length(name: ItemName, item: &[u8]) -> Result<(), CustodyError> {
    (item.len() == name.len()).then_some(()).ok_or(CustodyError::Item)
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kek(..)")
    }
}
