//! What a shopper's browser sends.

use nightsafe_core::custody::WrappedItem;
use nightsafe_core::deposit::Deposit;
use nightsafe_core::envelope::Envelope;
use nightsafe_core::locator::Locator;
use nightsafe_core::padding::unpad;
use nightsafe_core::scalar::{DepositId, Nonce};
use nightsafe_core::value::Value;
use nightsafe_proto::deposit::DepositRequest;

/// `POST /v1/deposits`: what is taken is written back, and read again, as the same deposit.
pub(crate) fn json(data: &[u8]) {
    let Ok(request) = DepositRequest::parse(data) else { return };
    let Ok(deposit) = request.into_deposit() else { return };
    let json = deposit.to_json();
    let again = DepositRequest::parse(json.as_bytes()).map(DepositRequest::into_deposit);
    assert!(matches!(again, Ok(Ok(again)) if again == deposit));
}

/// Canonical bodies: 32 bytes of id, 32 of nonce, then the body. A second body would be a second id.
pub(crate) fn body(data: &[u8]) {
    let Some((id, rest)) = data.split_first_chunk::<32>() else { return };
    let Some((nonce, body)) = rest.split_first_chunk::<32>() else { return };
    if let Ok(deposit) = Deposit::from_canonical_body(&DepositId(*id), Nonce(*nonce), body) {
        assert_eq!(deposit.canonical_body(), body);
    }
}

/// Envelopes, and what is found inside: whatever parses is written back as the same bytes.
pub(crate) fn envelope(data: &[u8]) {
    if let Ok(envelope) = Envelope::parse(data.to_vec()) {
        assert_eq!(envelope.as_bytes(), data);
        assert_eq!(envelope.enc().len(), envelope.suite().enc_len());
        assert_eq!(20 + envelope.enc().len() + envelope.ciphertext().len(), data.len());
    }
    let plaintext = unpad(data).unwrap_or(data);
    if let Ok(value) = Value::from_cbor(plaintext) {
        assert_eq!(value.to_cbor().as_slice(), plaintext);
    }
    if let Ok(locator) = Locator::from_cbor(plaintext) {
        assert_eq!(locator.to_cbor().as_slice(), plaintext);
    }
    if let Ok(wrapped) = WrappedItem::parse(data) {
        assert_eq!(wrapped.to_bytes(), data);
    }
}
