//! Signed texts.

use std::sync::LazyLock;

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::manifest::KeyManifest;
use nightsafe_core::note::{Note, Vkey};
use nightsafe_core::plaintext::looks_like_card;
use nightsafe_core::receipt;
use nightsafe_core::time::{Day, Month, UnixTime};
use nightsafe_core::timestamp::Timestamp;

use crate::seeds::{self, text_of};

/// Signed notes and verifier keys.
pub(crate) fn note(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(note) = Note::parse(text) {
        let encoded = note.encode();
        assert!(Note::parse(&encoded).is_ok_and(|again| again.text() == note.text()));
    }
    if let Ok(key) = Vkey::parse(text) {
        assert_eq!(key.to_text(), text);
    }
}

/// Key manifests, timestamps, trust anchors: one value, one text. Other texts that need no key are read too.
pub(crate) fn manifest(data: &[u8]) {
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
}

/// Receipts: the only texts that verify are those that the key's holder wrote, to the letter.
pub(crate) fn receipt(data: &[u8]) {
    static SIGNED: LazyLock<(Vkey, Vec<Vec<u8>>)> = LazyLock::new(|| {
        let vectors = seeds::vectors(seeds::RECEIPT);
        (Vkey::parse(text_of(&vectors["key"])).unwrap(), seeds::good_receipts(&vectors))
    });
    let (key, signed) = &*SIGNED;
    let Ok(text) = core::str::from_utf8(data) else { return };
    if receipt::verify(text, key).is_ok() {
        assert!(signed.iter().any(|one| one == data), "a receipt that nobody signed: {text}");
    }
}
