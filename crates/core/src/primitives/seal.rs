//! HPKE (RFC 9180) base mode, the sealing side: `hpke`'s own KEMs, HKDF-SHA256, ChaCha20-Poly1305.

use super::{MLKEM_PUBLIC_KEY, point_is_good};
use crate::suite::Suite;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{Kem, X25519HkdfSha256, XWing};
use hpke::{Deserializable, OpModeS, Serializable};

/// A public key, parsed and checked.
#[derive(Clone)]
pub(crate) enum SealKey {
    XWing(Box<<XWing as Kem>::PublicKey>),
    X25519(<X25519HkdfSha256 as Kem>::PublicKey),
}

impl SealKey {
    /// `None` when the length is wrong, the ML-KEM part is not canonical (FIPS 203 section 7.2), or the
    /// X25519 part is not a good point.
    pub(crate) fn parse(suite: Suite, bytes: &[u8]) -> Option<Self> {
        let point = match suite {
            Suite::XWing => bytes.get(MLKEM_PUBLIC_KEY..)?,
            Suite::X25519 => bytes,
        };
        if !point_is_good(point.try_into().ok()?) {
            return None;
        }
        match suite {
            Suite::XWing => Deserializable::from_bytes(bytes).ok().map(|key| Self::XWing(Box::new(key))),
            Suite::X25519 => Deserializable::from_bytes(bytes).ok().map(Self::X25519),
        }
    }

    /// `prefix`, then `enc`, then the ciphertext of `plaintext`.
    pub(crate) fn seal(
        &self,
        prefix: &[u8],
        info: &[u8],
        aad: &[u8],
        plaintext: &[u8],
        rng: &mut impl rand_core::CryptoRng,
    ) -> Option<Vec<u8>> {
        match self {
            Self::XWing(key) => seal::<XWing>(key, prefix, info, aad, plaintext, rng),
            Self::X25519(key) => seal::<X25519HkdfSha256>(key, prefix, info, aad, plaintext, rng),
        }
    }
}

fn seal<K: Kem>(
    key: &K::PublicKey,
    prefix: &[u8],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut impl rand_core::CryptoRng,
) -> Option<Vec<u8>> {
    let sealed = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, K>(
        &OpModeS::Base,
        key,
        info,
        plaintext,
        aad,
        rng,
    );
    let (enc, ciphertext) = sealed.ok()?;
    Some([prefix, &enc.to_bytes(), &ciphertext].concat())
}
