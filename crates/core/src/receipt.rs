//! Receipts: proof for the shop that ingest stored a deposit. JWS compact (RFC 7515) with EdDSA (RFC 8037).
//!
//! There is exactly one text for a receipt, the same for every retry.

use crate::encoding::{b64u, b64u_decode};
use crate::note::{NoteSigner, Vkey};
use crate::scalar::{DepositId, Reference, Site};
use core::fmt;

/// More than any receipt has.
const MAX_RECEIPT: usize = 1024;

/// What a receipt says: this deposit was stored for this reference at this site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The deposit.
    pub deposit: DepositId,
    /// The shop's own reference.
    pub reference: Reference,
    /// The site.
    pub site: Site,
}

/// Why a receipt was refused. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptError {
    /// Not the one text that a receipt has.
    Malformed,
    /// Signed by another key.
    WrongKey,
    /// The signature is wrong.
    BadSignature,
}

impl ReceiptError {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::WrongKey => "wrong_key",
            Self::BadSignature => "bad_signature",
        }
    }
}

impl fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "give the receipt as it was handed out",
            Self::WrongKey => "use the receipt key of the manifest that the deposit names",
            Self::BadSignature => "refuse the order: its receipt was not signed by ingest",
        })
    }
}

impl core::error::Error for ReceiptError {}

/// Signs a receipt.
pub fn sign(signer: &NoteSigner, receipt: &Receipt) -> String {
    let mut text = signing_input(&header(signer.vkey()), receipt);
    let signature = signer.sign(text.as_bytes());
    text.push('.');
    text.push_str(&b64u(&signature));
    text
}

/// Verifies a receipt and reads it.
///
/// # Errors
/// [`ReceiptError`]; the key is looked at before the signature.
pub fn verify(text: &str, key: &Vkey) -> Result<Receipt, ReceiptError> {
    let (header_part, payload, signature) = take_apart(text).ok_or(ReceiptError::Malformed)?;
    if header_part != header(key) {
        return Err(ReceiptError::WrongKey);
    }
    let receipt = read_payload(&payload).ok_or(ReceiptError::Malformed)?;
    let input = signing_input(&header_part, &receipt);
    // Read and written again it must be the same text, else a second text would verify
    if !text.strip_prefix(input.as_str()).is_some_and(|rest| rest.starts_with('.')) {
        return Err(ReceiptError::Malformed);
    }
    if !key.verify(input.as_bytes(), &signature) {
        return Err(ReceiptError::BadSignature);
    }
    Ok(receipt)
}

fn take_apart(text: &str) -> Option<(String, String, Vec<u8>)> {
    if text.len() > MAX_RECEIPT {
        return None;
    }
    let (header, rest) = text.split_once('.')?;
    let (payload, signature) = rest.split_once('.')?;
    Some((
        String::from_utf8(b64u_decode(header)?).ok()?,
        String::from_utf8(b64u_decode(payload)?).ok()?,
        b64u_decode(signature)?,
    ))
}

fn header(key: &Vkey) -> String {
    [r#"{"alg":"EdDSA","kid":""#, &key.id_hex(), r#"","typ":"nightsafe-receipt"}"#].concat()
}

fn signing_input(header: &str, receipt: &Receipt) -> String {
    // No value holds a character that JSON escapes
    let payload = [
        r#"{"deposit":""#,
        &receipt.deposit.to_hex(),
        r#"","reference":""#,
        receipt.reference.as_str(),
        r#"","site":""#,
        receipt.site.as_str(),
        r#""}"#,
    ]
    .concat();
    [&b64u(header.as_bytes()), ".", &b64u(payload.as_bytes())].concat()
}

fn read_payload(payload: &str) -> Option<Receipt> {
    let (deposit, rest) = payload.strip_prefix(r#"{"deposit":""#)?.split_once(r#"","reference":""#)?;
    let (reference, site) = rest.strip_suffix(r#""}"#)?.split_once(r#"","site":""#)?;
    Some(Receipt {
        deposit: DepositId::from_hex(deposit).ok()?,
        reference: Reference::parse(reference).ok()?,
        site: Site::parse(site).ok()?,
    })
}
