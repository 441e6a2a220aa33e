//! Sealing by HPKE (RFC 9180), base mode: the KEM's shared secret and its encapsulation, key schedule, one message.
//!
//! The KEMs are put together from the same parts as for opening, and both suites from the same X25519: `hpke`'s own
//! would bring a second one, and a fifth of the checkout WASM with it.

use super::hash::xwing_combiner;
use super::schedule::{dhkem, ephemeral, key_schedule};
use super::{AEAD_TAG, MLKEM_PUBLIC_KEY, MlKemPublic, Secret32, X25519Secret, point_is_good, random};
use crate::suite::Suite;
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// A public key, parsed and checked.
#[derive(Clone)]
pub(crate) struct SealKey {
    /// For X-Wing.
    mlkem: Option<Box<MlKemPublic>>,
    point: [u8; 32],
}

impl SealKey {
    /// `None` when the length is wrong, the ML-KEM part is not canonical (FIPS 203 section 7.2), or the
    /// X25519 part is not a good point.
    pub(crate) fn parse(suite: Suite, bytes: &[u8]) -> Option<Self> {
        let (mlkem, point) = match suite {
            Suite::XWing => {
                let (mlkem, point) = bytes.split_at_checked(MLKEM_PUBLIC_KEY)?;
                (Some(Box::new(MlKemPublic::parse(mlkem)?)), point)
            }
            Suite::X25519 => (None, bytes),
        };
        let point = *<&[u8; 32]>::try_from(point).ok()?;
        point_is_good(&point).then_some(Self { mlkem, point })
    }

    /// `prefix`, then `enc`, then the ciphertext of `plaintext`.
    pub(crate) fn seal(
        &self,
        prefix: &[u8],
        info: &[u8],
        aad: &[u8],
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Option<Vec<u8>> {
        let suite = if self.mlkem.is_some() { Suite::XWing } else { Suite::X25519 };
        let length = prefix.len().saturating_add(suite.enc_len()).saturating_add(plaintext.len());
        let mut sealed = Vec::with_capacity(length.saturating_add(AEAD_TAG));
        sealed.extend_from_slice(prefix);
        let first = Zeroizing::new(random(rng));
        let secret = match &self.mlkem {
            Some(key) => self.xwing(key, &first, &Zeroizing::new(random(rng)), &mut sealed),
            None => self.x25519(&first, &mut sealed),
        };
        aead_seal(suite, &secret?, info, aad, plaintext, &mut sealed)?;
        Some(sealed)
    }

    /// X-Wing's encapsulation (draft-connolly-cfrg-xwing-kem section 5.4).
    fn xwing(&self, key: &MlKemPublic, mlkem: &[u8; 32], scalar: &[u8; 32], sealed: &mut Vec<u8>) -> Option<Secret32> {
        let ss_m = key.encapsulate(mlkem, sealed);
        let (point, ss_x) = self.agree(scalar, sealed)?;
        Some(xwing_combiner(&ss_m, &ss_x, &point, &self.point))
    }

    /// Encap of DHKEM(X25519, HKDF-SHA256) (RFC 9180 section 4.1), its key pair from the random bytes (section 7.1.3).
    fn x25519(&self, random: &[u8; 32], sealed: &mut Vec<u8>) -> Option<Secret32> {
        let (point, dh) = self.agree(&ephemeral(random), sealed)?;
        Some(dhkem(&dh, &point, &self.point))
    }

    /// The ephemeral public key, which goes into `sealed`, and what it agrees on with this one.
    fn agree(&self, scalar: &[u8; 32], sealed: &mut Vec<u8>) -> Option<([u8; 32], Secret32)> {
        let scalar = X25519Secret::from_bytes(scalar);
        let point = scalar.public_key();
        sealed.extend_from_slice(&point);
        Some((point, scalar.diffie_hellman(&self.point)?))
    }
}

/// Appends the ciphertext under the KEM's shared secret: the first message of its context (section 5.2).
pub(super) fn aead_seal(
    suite: Suite,
    secret: &Secret32,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    sealed: &mut Vec<u8>,
) -> Option<()> {
    let (key, nonce) = key_schedule(suite, secret, info);
    let start = sealed.len();
    sealed.extend_from_slice(plaintext);
    let cipher = ChaCha20Poly1305::new((&*key).into());
    let tag = cipher.encrypt_inout_detached(&nonce.into(), aad, sealed.get_mut(start..)?.into()).ok()?;
    sealed.extend_from_slice(&tag);
    Some(())
}
