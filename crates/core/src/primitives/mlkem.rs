//! ML-KEM-768 (FIPS 203): a public key that encapsulates, and the decapsulating side from the 64-byte seed d || z.

use super::Secret32;
use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::ml_kem_768::{Ciphertext, DecapsulationKey, EncapsulationKey};
use zeroize::Zeroizing;

/// A public key that passed the check of FIPS 203 section 7.2.
#[derive(Clone)]
pub(crate) struct MlKemPublic(EncapsulationKey);

impl MlKemPublic {
    /// `None` when the bytes are not 1184, or a coefficient is not below 3329.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        EncapsulationKey::new(bytes.try_into().ok()?).ok().map(Self)
    }

    /// Encapsulates with the random bytes: appends the 1088-byte ciphertext, answers the shared secret.
    pub(crate) fn encapsulate(&self, random: &[u8; 32], ciphertext: &mut Vec<u8>) -> Secret32 {
        let (bytes, secret) = self.0.encapsulate_deterministic(random.into());
        ciphertext.extend_from_slice(&bytes);
        Zeroizing::new(secret.into())
    }
}

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
