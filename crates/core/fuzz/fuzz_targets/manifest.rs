//! Key manifests, timestamps, trust anchors: one value, one text. Receipts and other texts that need no key are read too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::manifest::KeyManifest;
use nightsafe_core::plaintext::looks_like_card;
use nightsafe_core::time::{Day, Month, UnixTime};
use nightsafe_core::timestamp::Timestamp;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(manifest) = KeyManifest::parse(text) {
        assert_eq!(manifest.encode(), text);
    }
    if let Ok(timestamp) = Timestamp::parse(text) {
        assert_eq!(timestamp.encode(), text);
    }
    if let Ok(anchor) = TrustAnchor::parse(text) {
        assert_eq!(anchor.encode(), text);
    }
    if let Ok(time) = UnixTime::parse(text) {
        assert_eq!(time.to_text(), text);
    }
    let _ = (Month::parse(text), Day::parse(text), looks_like_card(text));
});
