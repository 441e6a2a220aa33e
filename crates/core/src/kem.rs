//! Opening in two steps: shares of the KEM's shared secret, then the opening secret that they combine to.
//!
//! [`crate::keys::PrivateItems`] does both at once. Where the items lie on two machines, each computes
//! its share from the envelope alone, and who has both opens: the X25519 holder sees the 32-byte point
//! ([`Envelope::x25519_point`]) and nothing else.

use crate::envelope::Envelope;
use crate::keys::{DataPublicKey, KeyError};
use crate::primitives::{MLKEM_CIPHERTEXT, MlKemSecret, Secret32, X25519Secret, combine};
use crate::scalar::KeyId;
use crate::suite::Suite;
use core::fmt;
use zeroize::Zeroizing;

/// The ML-KEM half of an opening: the secret that ML-KEM decapsulation gives.
pub struct MlKemShare(Secret32);

/// The X25519 half of an opening: the Diffie-Hellman result, not all zero.
pub struct X25519Share(Secret32);

/// The KEM's shared secret of one envelope: opens that one, and no other.
pub struct OpeningSecret {
    suite: Suite,
    key_id: KeyId,
    secret: Secret32,
}

impl MlKemShare {
    /// Decapsulates the envelope's ML-KEM ciphertext with the `mlkem-seed` item.
    ///
    /// # Errors
    /// [`KeyError::Item`] when the item has another length, or the envelope has no such part.
    pub fn from_item(mlkem_seed: &[u8], envelope: &Envelope) -> Result<Self, KeyError> {
        let seed = mlkem_seed.try_into().map_err(|_| KeyError::Item)?;
        if envelope.suite() != Suite::XWing {
            return Err(KeyError::Item);
        }
        Self::compute(&MlKemSecret::from_seed(seed), envelope.enc()).ok_or(KeyError::Item)
    }

    pub(crate) fn compute(secret: &MlKemSecret, enc: &[u8]) -> Option<Self> {
        secret.decapsulate(enc.get(..MLKEM_CIPHERTEXT)?).map(Self)
    }
}

impl X25519Share {
    /// Evaluates a point with the `x25519` item.
    ///
    /// # Errors
    /// [`KeyError::Item`] when the item is not 32 bytes, or the point is of low order.
    pub fn from_item(x25519: &[u8], point: &[u8; 32]) -> Result<Self, KeyError> {
        let scalar = x25519.try_into().map_err(|_| KeyError::Item)?;
        X25519Secret::from_bytes(scalar).diffie_hellman(point).map(Self).ok_or(KeyError::Item)
    }

    /// Takes the result of an evaluation elsewhere.
    ///
    /// # Errors
    /// [`KeyError::Item`] when it is all zero: the point was of low order.
    pub fn from_evaluation(result: [u8; 32]) -> Result<Self, KeyError> {
        if result == [0; 32] {
            return Err(KeyError::Item);
        }
        Ok(Self(Zeroizing::new(result)))
    }

    /// The result, to be sent to who combines.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn compute(secret: &X25519Secret, enc: &[u8]) -> Option<Self> {
        secret.diffie_hellman(enc.last_chunk()?).map(Self)
    }
}

impl OpeningSecret {
    /// Combines the shares of one envelope: X-Wing's combiner (draft-connolly-cfrg-xwing-kem section 5.3)
    /// or DHKEM's ExtractAndExpand (RFC 9180 section 4.1).
    ///
    /// # Errors
    /// [`KeyError::Item`] when a share is missing or superfluous, or the envelope is of another key.
    pub fn combine(
        public_key: &DataPublicKey,
        envelope: &Envelope,
        mlkem: Option<&MlKemShare>,
        x25519: &X25519Share,
    ) -> Result<Self, KeyError> {
        if envelope.key_id() != public_key.key_id() || envelope.suite() != public_key.suite() {
            return Err(KeyError::Item);
        }
        Self::combine_enc(public_key, envelope.enc(), mlkem, x25519).ok_or(KeyError::Item)
    }

    pub(crate) fn combine_enc(
        public_key: &DataPublicKey,
        enc: &[u8],
        mlkem: Option<&MlKemShare>,
        x25519: &X25519Share,
    ) -> Option<Self> {
        let suite = public_key.suite();
        let secret = combine(suite, mlkem.map(|share| &*share.0), &x25519.0, enc, public_key.as_bytes())?;
        Some(Self { suite, key_id: public_key.key_id(), secret })
    }

    /// The data key that the combined envelope was sealed to.
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    pub(crate) fn open(
        &self,
        info: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, crate::primitives::OpenError> {
        crate::primitives::open(self.suite, &self.secret, info, aad, ciphertext)
    }
}

/// Secrets do not print.
macro_rules! redacted {
    ($($name:ident)+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

redacted!(MlKemShare X25519Share OpeningSecret);
