//! Envelopes, and what is found inside: whatever parses is written back as the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nightsafe_core::custody::WrappedItem;
use nightsafe_core::envelope::Envelope;
use nightsafe_core::locator::Locator;
use nightsafe_core::padding::unpad;
use nightsafe_core::value::Value;

fuzz_target!(|data: &[u8]| {
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
});
