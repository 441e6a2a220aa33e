//! Signed entries: CBOR [entry, signature].

use super::{AuditError, Commitment, Entry, Salt};
use crate::cbor::{Reader, Writer};
use crate::label::Label;
use crate::note::{NoteSigner, Vkey};

/// An entry, and its actor's Ed25519 signature over label, 0x00, salt and entry.
///
/// The salt is signed too: else a vault could put what an admin once signed into the log again, under another salt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedEntry {
    entry: Entry,
    bytes: Vec<u8>,
}

impl SignedEntry {
    /// Signs an entry. The salt is fresh for each.
    pub fn sign(entry: Entry, salt: &Salt, signer: &NoteSigner) -> Self {
        let encoded = entry.encode();
        let signature = signer.sign(&message(salt, &encoded));
        let bytes = Writer::default().array(2).bytes(&encoded).bytes(&signature).finish();
        Self { entry, bytes }
    }

    /// Reads a signed entry. Nothing is verified; see [`SignedEntry::verify`].
    ///
    /// # Errors
    /// As [`Entry::parse`].
    pub fn parse(bytes: &[u8]) -> Result<Self, AuditError> {
        let (entry, _) = parts(bytes)?;
        Ok(Self { entry: Entry::parse(entry)?, bytes: bytes.to_vec() })
    }

    /// Whether this key signed the entry with this salt. That the key is the actor's is for the caller to know, from
    /// the roster.
    ///
    /// # Errors
    /// [`AuditError::BadSignature`].
    pub fn verify(&self, salt: &Salt, key: &Vkey) -> Result<&Entry, AuditError> {
        let (entry, signature) = parts(&self.bytes)?;
        key.verify(&message(salt, entry), signature).then_some(&self.entry).ok_or(AuditError::BadSignature)
    }

    /// The entry. Not to be believed before [`SignedEntry::verify`].
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// CBOR [entry, signature].
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the tree holds of it: see [`Commitment::of`].
    pub fn commitment(&self, salt: &Salt) -> Commitment {
        Commitment::of(salt, &self.bytes)
    }
}

/// The bytes of the entry, and the signature.
fn parts(bytes: &[u8]) -> Result<(&[u8], &[u8; 64]), AuditError> {
    let mut reader = Reader::new(bytes);
    reader.array_of(2)?;
    let entry = reader.bytes()?;
    let signature = reader.bytes()?.try_into().map_err(|_| AuditError::Malformed)?;
    reader.end()?;
    Ok((entry, signature))
}

pub(crate) fn message(salt: &Salt, entry: &[u8]) -> Vec<u8> {
    [Label::AuditEntry.as_bytes(), &[0], salt.as_bytes(), entry].concat()
}
