//! Opening by HPKE (RFC 9180), base mode, from the KEM's shared secret on.
//!
//! The secret is made outside of `hpke`, from the shares of two holders that need not be on one machine. It is handed
//! over by a [`Kem`] whose keys are that secret. So each custody opens by the same path, and key schedule and AEAD are
//! still `hpke`'s.

use super::hash::xwing_combiner;
use super::schedule::dhkem;
use super::{MLKEM_CIPHERTEXT, MLKEM_PUBLIC_KEY, Secret32};
use crate::suite::Suite;
use hpke::aead::ChaCha20Poly1305;
use hpke::hybrid_array::typenum::{U0, U32};
use hpke::kdf::HkdfSha256;
use hpke::kem::{Kem, SharedSecret};
use hpke::{Deserializable, HpkeError, OpModeR, Serializable};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// The ciphertext does not open: another key, context or envelope.
#[derive(Debug)]
pub(crate) struct OpenError;

/// The KEM's shared secret out of the shares. `enc` and `public_key` are of the suite's lengths, else `None`.
pub(crate) fn combine(
    suite: Suite,
    mlkem: Option<&[u8; 32]>,
    x25519: &[u8; 32],
    enc: &[u8],
    public_key: &[u8],
) -> Option<Secret32> {
    if enc.len() != suite.enc_len() || public_key.len() != suite.public_key_len() {
        return None;
    }
    match (suite, mlkem) {
        (Suite::XWing, Some(mlkem)) => {
            let (ct_x, pk_x) = (enc.get(MLKEM_CIPHERTEXT..)?, public_key.get(MLKEM_PUBLIC_KEY..)?);
            Some(xwing_combiner(mlkem, x25519, ct_x, pk_x))
        }
        (Suite::X25519, None) => Some(dhkem(x25519, enc, public_key)),
        _ => None,
    }
}

/// Opens a ciphertext under the KEM's shared secret.
pub(crate) fn open(
    suite: Suite,
    secret: &Secret32,
    info: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let secret = CombinedSecret(Some(secret.clone()));
    match suite {
        Suite::XWing => open_as::<0x647a>(&secret, info, aad, ciphertext),
        Suite::X25519 => open_as::<0x0020>(&secret, info, aad, ciphertext),
    }
}

fn open_as<const KEM_ID: u16>(
    secret: &CombinedSecret,
    info: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Combined<KEM_ID>>(
        &OpModeR::Base,
        secret,
        &Nothing,
        info,
        ciphertext,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| OpenError)
}

/// A KEM that only decapsulates, and whose private key is already the shared secret.
pub(super) struct Combined<const KEM_ID: u16>;

/// `None` where the trait asks for a key that this KEM has no way to make; it opens nothing.
#[derive(Clone)]
pub(super) struct CombinedSecret(Option<Secret32>);

/// The public and the encapsulated key: both have done their part before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Nothing;

impl<const KEM_ID: u16> Kem for Combined<KEM_ID> {
    type PublicKey = Nothing;
    type PrivateKey = CombinedSecret;
    type EncappedKey = Nothing;
    type NSecret = U32;

    const KEM_ID: u16 = KEM_ID;

    fn sk_to_pk(_: &CombinedSecret) -> Nothing {
        Nothing
    }

    fn derive_keypair(_: &[u8]) -> (CombinedSecret, Nothing) {
        (CombinedSecret(None), Nothing)
    }

    fn decap(secret: &CombinedSecret, sender: Option<&Nothing>, _: &Nothing) -> Result<SharedSecret<Self>, HpkeError> {
        match (&secret.0, sender) {
            (Some(secret), None) => Ok(SharedSecret((**secret).into())),
            _ => Err(HpkeError::DecapError),
        }
    }

    fn encap_with_rng(
        _: &Nothing,
        _: Option<(&CombinedSecret, &Nothing)>,
        _: &mut impl rand_core::CryptoRng,
    ) -> Result<(SharedSecret<Self>, Nothing), HpkeError> {
        Err(HpkeError::EncapError)
    }
}

impl ConstantTimeEq for CombinedSecret {
    fn ct_eq(&self, other: &Self) -> Choice {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => a.ct_eq(b.as_slice()),
            (a, b) => Choice::from(u8::from(a.is_none() && b.is_none())),
        }
    }
}

impl Serializable for Nothing {
    type OutputSize = U0;
    fn write_exact(&self, _: &mut [u8]) {}
}

impl Deserializable for Nothing {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        bytes.is_empty().then_some(Self).ok_or(HpkeError::ValidationError)
    }
}

/// The secret is never written out by way of `hpke`.
impl Serializable for CombinedSecret {
    type OutputSize = U0;
    fn write_exact(&self, _: &mut [u8]) {}
}

impl Deserializable for CombinedSecret {
    fn from_bytes(_: &[u8]) -> Result<Self, HpkeError> {
        Err(HpkeError::ValidationError)
    }
}
