//! Note keys: a name, a short id, an Ed25519 key (RFC 8032).

use super::NoteError;
use super::lines::cut;
use crate::encoding::{b64, b64_decode, hex, hex_array};
use crate::primitives::sha256;
use core::fmt;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

/// C2SP signature type of Ed25519.
const ED25519: u8 = 0x01;
/// Most bytes of a key name.
const MAX_NAME: usize = 255;

/// A public key with its name; text form `name+id+base64(0x01 || key)`.
///
/// [`Vkey::parse`] and [`Vkey::new`] refuse bytes that are no key. A browser that seals reads keys that were checked
/// when anchor and manifest were made, by [`Vkey::parse_form`]: that leaves the arithmetic of points out of its module.
#[derive(Clone, PartialEq, Eq)]
pub struct Vkey {
    name: String,
    id: [u8; 4],
    key: [u8; 32],
}

impl Vkey {
    /// A key under a name.
    ///
    /// # Errors
    /// [`NoteError::Key`] when the name is empty, longer than 255 bytes, or holds a blank, a control character or `+`;
    /// or when the bytes are no point, or one of small order.
    pub fn new(name: &str, public_key: &[u8; 32]) -> Result<Self, NoteError> {
        Self::of_form(name, public_key).filter(Self::is_good).ok_or(NoteError::Key)
    }

    fn of_form(name: &str, public_key: &[u8; 32]) -> Option<Self> {
        let [a, b, c, d, ..] = sha256(&[name.as_bytes(), &[b'\n', ED25519], public_key]);
        is_name(name).then(|| Self { name: name.into(), id: [a, b, c, d], key: *public_key })
    }

    /// A point, and none of small order.
    fn is_good(&self) -> bool {
        VerifyingKey::from_bytes(&self.key).is_ok_and(|key| !key.is_weak())
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// [`NoteError::Key`] for any other form, another key type, or an id that does not match.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        Self::parse_form(text).filter(Self::is_good).ok_or(NoteError::Key)
    }

    /// Reads the text form without a look at the key: whether it is a point is left to who verifies with it, and
    /// [`Vkey::verify`] refuses all signatures by one that is not. `None` for any other form, another key type, or an
    /// id that does not match.
    pub fn parse_form(text: &str) -> Option<Self> {
        let (name, rest) = cut(text, b'+')?;
        let (id, key) = cut(rest, b'+')?;
        let bytes = b64_decode(key)?;
        let [ED25519, public_key @ ..] = bytes.as_slice() else {
            return None;
        };
        let key = Self::of_form(name, public_key.try_into().ok()?)?;
        (hex_array(id)? == key.id).then_some(key)
    }

    /// The text form.
    pub fn to_text(&self) -> String {
        let mut bytes = [ED25519; 33];
        if let Some(key) = bytes.get_mut(1..) {
            key.copy_from_slice(&self.key);
        }
        [&self.name, "+", &self.id_hex(), "+", &b64(&bytes)].concat()
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id: the first 4 bytes of SHA-256(name, line feed, 0x01, public key).
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The id as 8 hex digits.
    pub fn id_hex(&self) -> String {
        hex(&self.id)
    }

    /// The public key.
    pub const fn public_key(&self) -> &[u8; 32] {
        &self.key
    }

    /// Whether these 64 bytes are this key's signature. Strict: no key or nonce point of small order.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = VerifyingKey::from_bytes(&self.key).ok().zip(Signature::from_slice(signature).ok());
        key.is_some_and(|(key, signature)| key.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Debug for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// A private key with its name. Wiped when dropped; `Debug` shows the public part.
pub struct NoteSigner {
    vkey: Vkey,
    key: SigningKey,
}

impl NoteSigner {
    /// A fresh key.
    ///
    /// # Errors
    /// [`NoteError::Key`] for a bad name; see [`Vkey::new`].
    pub fn generate(name: &str, rng: &mut impl rand_core::CryptoRng) -> Result<Self, NoteError> {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        Self::from_seed(name, &seed)
    }

    /// The key of an RFC 8032 private key (32 bytes).
    ///
    /// # Errors
    /// [`NoteError::Key`] for a bad name; see [`Vkey::new`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let key = SigningKey::from_bytes(seed);
        let vkey = Vkey::new(name, key.verifying_key().as_bytes())?;
        Ok(Self { vkey, key })
    }

    /// The RFC 8032 private key.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }

    /// The public key.
    pub const fn vkey(&self) -> &Vkey {
        &self.vkey
    }

    /// Signs a message; the same message always gives the same 64 bytes.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NoteSigner").field(&self.vkey).finish()
    }
}

/// Key names hold no blank, no `+`, no control character.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && !name.chars().any(|c| c.is_whitespace() || c == '+' || c < ' ' || c == '\u{7f}')
}
