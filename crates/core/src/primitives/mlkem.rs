//! ML-KEM-768 (FIPS 203), the decapsulating side, from the 64-byte seed d || z.

use super::Secret32;
use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::ml_kem_768::{Ciphertext, DecapsulationKey};
use zeroize::Zeroizing;

/// The seed and, because expanding it costs more than a decapsulation, the key that comes from it.
/// `ml-kem` zeroises the key when it is dropped.
#[derive(Clone)]
pub(crate) struct MlKemSecret {
    seed: Zeroizing<[u8; 64]>,
    key: DecapsulationKey,
}

impl MlKemSecret {
    pub(crate) fn from_seed(seed: &[u8; 64]) -> Self {
        Self { seed: Zeroizing::new(*seed), key: DecapsulationKey::from_seed((*seed).into()) }
    }

    pub(crate) fn seed(&self) -> &[u8; 64] {
        &self.seed
    }

    /// The 1184 bytes of the public key.
    pub(crate) fn public_key(&self) -> impl AsRef<[u8]> + use<> {
        self.key.encapsulation_key().to_bytes()
    }

    /// The shared secret of the 1088-byte ciphertext; `None` when it has another length.
    ///
    /// A ciphertext that was not made for this key gives a secret nobody else has (implicit rejection).
    pub(crate) fn decapsulate(&self, ciphertext: &[u8]) -> Option<Secret32> {
        let ciphertext = Ciphertext::try_from(ciphertext).ok()?;
        Some(Zeroizing::new(self.key.decapsulate(&ciphertext).into()))
    }
}
