//! Envelope v1: one sealed value (`docs/spec/envelope.md`).
//!
//! `version 1 | KEM id u16 BE | key id 16 | cost 0 | enc | ct`

mod context;
mod seal;

pub use context::Context;
pub use seal::{SealError, open, open_with, seal};
pub(crate) use seal::{open_bytes, open_bytes_with, seal_bytes};

use crate::padding::MAX_PADDED;
use crate::primitives::{AEAD_TAG, point_is_good, sha256};
use crate::scalar::{EnvelopeHash, KeyId};
use crate::suite::Suite;
use core::fmt;

/// Most bytes of an envelope.
pub const MAX_ENVELOPE: usize = 8192;

const VERSION: u8 = 1;
/// Reserved for a memory-hard cost of opening; no other value is specified.
const COST: u8 = 0;
const HEADER: usize = 20;

/// Why bytes are not an envelope. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeError {
    /// Too short or too long.
    Length,
    /// Another version than 1.
    Version,
    /// A KEM that is not X-Wing or DHKEM(X25519).
    Suite,
    /// A cost other than 0.
    Cost,
    /// An X25519 point that is of low order, off the curve, or not canonical.
    Point,
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "send the whole envelope, at most 8192 bytes",
            Self::Version => "seal with envelope version 1",
            Self::Suite => "seal with a KEM of the key manifest: X-Wing or X25519",
            Self::Cost => "seal with cost 0",
            Self::Point => "seal again: the encapsulated X25519 key is not a point that sealing gives",
        })
    }
}

impl core::error::Error for EnvelopeError {}

/// An envelope whose form was checked. What it holds is not known until it is opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    suite: Suite,
    key_id: KeyId,
    bytes: Vec<u8>,
}

impl EnvelopeHash {
    /// SHA-256 of these bytes, whether or not they are an envelope.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha256(&[bytes]))
    }
}

impl Envelope {
    /// Checks and takes the bytes.
    ///
    /// # Errors
    /// [`EnvelopeError`] when they are not an envelope v1, or its X25519 point is not a good one.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, EnvelopeError> {
        let ([version, kem_high, kem_low, id @ .., cost], body) =
            bytes.split_first_chunk::<HEADER>().ok_or(EnvelopeError::Length)?;
        if *version != VERSION {
            return Err(EnvelopeError::Version);
        }
        let suite = Suite::from_kem_id(u16::from_be_bytes([*kem_high, *kem_low])).ok_or(EnvelopeError::Suite)?;
        if *cost != COST {
            return Err(EnvelopeError::Cost);
        }
        let (enc, ciphertext) = body.split_at_checked(suite.enc_len()).ok_or(EnvelopeError::Length)?;
        // At least one byte is sealed, the padding's, and at most MAX_PADDED
        if ciphertext.len() <= AEAD_TAG || ciphertext.len() > MAX_PADDED.saturating_add(AEAD_TAG) {
            return Err(EnvelopeError::Length);
        }
        if !enc.last_chunk().is_some_and(point_is_good) {
            return Err(EnvelopeError::Point);
        }
        let key_id = KeyId(*id);
        Ok(Self { suite, key_id, bytes })
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The suite it was sealed with.
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The data key it was sealed to.
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// SHA-256 of the bytes.
    pub fn hash(&self) -> EnvelopeHash {
        EnvelopeHash::of(&self.bytes)
    }

    /// The encapsulated key.
    pub fn enc(&self) -> &[u8] {
        self.parts().0
    }

    /// The ciphertext with its authentication tag.
    pub fn ciphertext(&self) -> &[u8] {
        self.parts().1
    }

    /// The X25519 point of the encapsulated key: what the holder of the `x25519` item evaluates.
    pub fn x25519_point(&self) -> &[u8; 32] {
        const NONE: [u8; 32] = [0; 32];
        // Never absent after `parse`; the zero point is refused by every evaluation
        self.enc().last_chunk().unwrap_or(&NONE)
    }

    fn parts(&self) -> (&[u8], &[u8]) {
        let body = self.bytes.get(HEADER..).unwrap_or_default();
        body.split_at_checked(self.suite.enc_len()).unwrap_or_default()
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope({} {} {})", self.suite, self.key_id, self.hash())
    }
}

/// The 20 bytes in front of `enc`.
fn header(suite: Suite, key_id: &KeyId) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER);
    header.push(VERSION);
    header.extend_from_slice(&suite.kem_id().to_be_bytes());
    header.extend_from_slice(key_id.as_bytes());
    header.push(COST);
    header
}

#[cfg(test)]
pub(crate) mod tests;
