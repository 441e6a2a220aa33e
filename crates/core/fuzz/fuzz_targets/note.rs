//! Signed notes and verifier keys.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nightsafe_core::note::{Note, Vkey};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(note) = Note::parse(text) {
        let encoded = note.encode();
        assert!(Note::parse(&encoded).is_ok_and(|again| again.text() == note.text()));
    }
    if let Ok(key) = Vkey::parse(text) {
        assert_eq!(key.to_text(), text);
    }
});
