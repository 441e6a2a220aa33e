//! Entries at rest: salt and signed entry, sealed to an audit key by HPKE.

use super::{AuditError, Commitment, Salt, SignedEntry};
use crate::cbor::{Reader, Writer};
use crate::keys::{DataPublicKey, PrivateItems};
use crate::label::Label;
use crate::padding::{Bucket, MAX_PADDED, pad, unpad};
use crate::scalar::{KeyId, Site};
use crate::suite::Suite;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Entries without many fields are all of one length.
const BUCKET: u16 = 1024;

/// Seals salt and entry to an audit key, which is an X-Wing key like a data key: `enc`, then the ciphertext. Bound to
/// the entry's site and commitment.
///
/// # Errors
/// [`AuditError::Seal`] for a key of another suite, [`AuditError::Limits`] when the entry is too long.
pub fn seal(
    audit_key: &DataPublicKey,
    salt: &Salt,
    signed: &SignedEntry,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, AuditError> {
    if audit_key.suite() != Suite::XWing {
        return Err(AuditError::Seal);
    }
    let mut writer = Writer::with_capacity(MAX_PADDED);
    let plaintext = Zeroizing::new(writer.array(2).bytes(salt.as_bytes()).bytes(signed.as_bytes()).finish());
    let bucket = Bucket::new(BUCKET).ok_or(AuditError::Limits)?;
    let padded = pad(&plaintext, bucket).map_err(|_| AuditError::Limits)?;
    let site = signed.entry().site();
    let aad = aad(site, &audit_key.key_id(), &signed.commitment(salt));
    audit_key.sealer().seal(&[], &info(site), &aad, &padded, rng).ok_or(AuditError::Seal)
}

/// Opens what was sealed for this site and commitment. Who signed it is not verified; see [`SignedEntry::verify`].
///
/// # Errors
/// [`AuditError::Open`]; [`AuditError::Malformed`] or [`AuditError::OtherCommitment`] when whoever sealed it sealed
/// something else.
pub fn open_sealed(
    audit_key: &PrivateItems,
    site: &Site,
    commitment: &Commitment,
    sealed: &[u8],
) -> Result<(Salt, SignedEntry), AuditError> {
    let public = audit_key.public_key();
    let (enc, ciphertext) = sealed.split_at_checked(public.suite().enc_len()).ok_or(AuditError::Open)?;
    let secret = audit_key.opening_secret(enc).ok_or(AuditError::Open)?;
    let padded = secret.open(&info(site), &aad(site, &public.key_id(), commitment), ciphertext);
    let padded = padded.map_err(|_| AuditError::Open)?;
    let plaintext = unpad(&padded).map_err(|_| AuditError::Malformed)?;
    let mut reader = Reader::new(plaintext);
    reader.array_of(2)?;
    let (salt, signed) = (Salt::from_bytes(reader.byte_array()?), SignedEntry::parse(reader.bytes()?)?);
    reader.end()?;
    if signed.commitment(&salt) != *commitment || signed.entry().site() != site {
        return Err(AuditError::OtherCommitment);
    }
    Ok((salt, signed))
}

/// For vectors: `info` and `aad`.
#[cfg(test)]
pub(crate) fn parts(site: &Site, audit_key: &KeyId, commitment: &Commitment) -> (Vec<u8>, Vec<u8>) {
    (info(site), aad(site, audit_key, commitment))
}

pub(super) fn info(site: &Site) -> Vec<u8> {
    [Label::AuditSeal.as_bytes(), &[0], site.as_str().as_bytes()].concat()
}

pub(super) fn aad(site: &Site, audit_key: &KeyId, commitment: &Commitment) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.array(3).text(site.as_str()).bytes(audit_key.as_bytes()).bytes(commitment.as_bytes()).finish()
}
