//! Sealing and opening.

use super::{Context, Envelope, header};
use crate::kem::OpeningSecret;
use crate::keys::{DataPublicKey, PrivateItems};
use crate::padding::{Bucket, pad, unpad};
use crate::value::Value;
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Why a value was not sealed or an envelope not opened. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealError {
    /// The value with its padding is longer than 4096 bytes.
    TooLong,
    /// Sealing failed; never with a key that [`DataPublicKey::parse`] took.
    Seal,
    /// The envelope was sealed to another key.
    OtherKey,
    /// Another context, a changed envelope, or a share that is not of this envelope.
    Open,
    /// It opened, but holds no padded value.
    Plaintext,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "shorten the value: padded, it is longer than 4096 bytes",
            Self::Seal => "replace the data key: nothing can be sealed to it",
            Self::OtherKey => "open with the data key that the envelope names",
            Self::Open => "do not trust this field: it was changed, moved, or sealed for another place",
            Self::Plaintext => "do not trust this field: what is sealed in it is not a value",
        })
    }
}

impl core::error::Error for SealError {}

/// Seals a value to a data key, padded to a multiple of `bucket`.
///
/// Randomness is a parameter; the same `rng` bytes give the same envelope, which only vectors may use.
///
/// # Errors
/// [`SealError::TooLong`] or [`SealError::Seal`].
pub fn seal(
    key: &DataPublicKey,
    context: &Context<'_>,
    value: &Value,
    bucket: Bucket,
    rng: &mut impl CryptoRng,
) -> Result<Envelope, SealError> {
    seal_bytes(key, context, &value.to_cbor(), bucket, rng)
}

/// Opens an envelope with all private items at hand.
///
/// # Errors
/// [`SealError::OtherKey`], [`SealError::Open`] or [`SealError::Plaintext`].
pub fn open(items: &PrivateItems, envelope: &Envelope, context: &Context<'_>) -> Result<Value, SealError> {
    value(&open_bytes(items, envelope, context)?)
}

/// Opens an envelope with the secret that its shares combined to.
///
/// # Errors
/// [`SealError::OtherKey`], [`SealError::Open`] or [`SealError::Plaintext`].
pub fn open_with(secret: &OpeningSecret, envelope: &Envelope, context: &Context<'_>) -> Result<Value, SealError> {
    value(&open_bytes_with(secret, envelope, context)?)
}

pub(crate) fn seal_bytes(
    key: &DataPublicKey,
    context: &Context<'_>,
    plaintext: &[u8],
    bucket: Bucket,
    rng: &mut impl CryptoRng,
) -> Result<Envelope, SealError> {
    let padded = pad(plaintext, bucket).map_err(|_| SealError::TooLong)?;
    let (suite, key_id) = (key.suite(), key.key_id());
    let header = header(suite, &key_id);
    let sealed = key.sealer().seal(&header, &context.info(), &context.aad(&key_id), &padded, rng);
    Ok(Envelope { suite, key_id, bytes: sealed.ok_or(SealError::Seal)? })
}

/// The padded plaintext.
pub(crate) fn open_bytes(
    items: &PrivateItems,
    envelope: &Envelope,
    context: &Context<'_>,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    if envelope.key_id() != items.public_key().key_id() {
        return Err(SealError::OtherKey);
    }
    let secret = items.opening_secret(envelope.enc()).ok_or(SealError::Open)?;
    open_bytes_with(&secret, envelope, context)
}

/// The padded plaintext.
pub(crate) fn open_bytes_with(
    secret: &OpeningSecret,
    envelope: &Envelope,
    context: &Context<'_>,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let key_id = envelope.key_id();
    if secret.key_id() != key_id {
        return Err(SealError::OtherKey);
    }
    let opened = secret.open(&context.info(), &context.aad(&key_id), envelope.ciphertext());
    opened.map_err(|_| SealError::Open)
}

fn value(padded: &[u8]) -> Result<Value, SealError> {
    let plaintext = unpad(padded).map_err(|_| SealError::Plaintext)?;
    Value::from_cbor(plaintext).map_err(|_| SealError::Plaintext)
}
