//! The only place that names algorithms. Everything above speaks of suites, shares and secrets.

mod combined;
#[cfg(not(target_family = "wasm"))]
mod curve;
mod hash;
mod mlkem;
#[cfg(test)]
mod published;
mod schedule;
mod seal;
#[cfg(feature = "custody")]
mod wrap;
mod x25519;

pub(crate) use combined::{OpenError, combine, open};
pub(crate) use hash::{expand_xwing_seed, sha256};
pub(crate) use mlkem::{MlKemPublic, MlKemSecret};
#[cfg(feature = "admin")]
pub(crate) use schedule::derive_kek;
pub(crate) use schedule::derive_tag;
pub(crate) use seal::SealKey;
#[cfg(feature = "custody")]
pub(crate) use wrap::{aead_open, aead_seal, argon2id};
pub(crate) use x25519::{X25519Secret, point_is_good};

/// Bytes that the AEAD adds (ChaCha20-Poly1305, RFC 8439).
pub(crate) const AEAD_TAG: usize = 16;
/// Bytes of an ML-KEM-768 ciphertext; the X25519 point follows it in an X-Wing `enc`.
pub(crate) const MLKEM_CIPHERTEXT: usize = 1088;
/// Bytes of an ML-KEM-768 public key; the X25519 point follows it in an X-Wing public key.
pub(crate) const MLKEM_PUBLIC_KEY: usize = 1184;

/// 32 random bytes. Whoever keeps them secret wipes them.
pub(crate) fn random(rng: &mut impl rand_core::CryptoRng) -> [u8; 32] {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// 32 secret bytes.
pub(crate) type Secret32 = zeroize::Zeroizing<[u8; 32]>;
