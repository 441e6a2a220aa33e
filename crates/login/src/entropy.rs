//! Random bytes in the shape of the older `rand_core` that `opaque-ke` wants.

use chacha20::ChaCha20Rng;
use opaque_ke::rand::{CryptoRng, Error as RandError, RngCore};
use rand_core::{Rng, SeedableRng};
use zeroize::Zeroizing;

use crate::Error;

/// A generator for one protocol step, seeded by the system. Seeding first makes a failing system an error that the
/// caller sees: the old trait's `fill_bytes` could only panic.
pub(crate) struct Entropy(ChaCha20Rng);

impl Entropy {
    pub(crate) fn from_system() -> Result<Self, Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|_| Error::Randomness)?;
        Ok(Self(ChaCha20Rng::from_seed(*seed)))
    }
}

impl RngCore for Entropy {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill_bytes(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), RandError> {
        self.0.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Entropy {}
