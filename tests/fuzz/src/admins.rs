//! What a vault, or an invited admin, gives to an admin's browser.

use std::sync::LazyLock;

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::grant::AdminGrant;
use nightsafe_core::identity::{PublicIdentity, RecoveryCode, WrappedIdentity};
use nightsafe_core::roster::{Entry, Roster, from_file, to_file, verify_at_any_time};

use crate::seeds::{self, text_of};

/// Roster entries: one value, one text; and nothing is added to a roster but what somebody signed.
pub(crate) fn roster_entry(data: &[u8]) {
    static HONEST: LazyLock<(TrustAnchor, Roster, Vec<Vec<u8>>)> = LazyLock::new(|| {
        let vectors = seeds::vectors(seeds::ROSTER);
        let honest = vectors["cases"].as_array().unwrap().iter().find(|case| case["case"] == "honest").unwrap();
        let entries: Vec<&str> = honest["entries"].as_array().unwrap().iter().map(text_of).collect();
        let anchor = TrustAnchor::parse(text_of(&vectors["anchor"])).unwrap();
        let roster = verify_at_any_time(&entries, &anchor).unwrap();
        (anchor, roster, seeds::roster_entries().iter().map(|note| signed_text(note).to_vec()).collect())
    });
    let (anchor, honest, signed) = &*HONEST;
    let Ok(note) = core::str::from_utf8(data) else { return };
    let text = core::str::from_utf8(signed_text(data)).unwrap_or(note);
    for text in [note, text] {
        if let Ok(entry) = Entry::parse(text) {
            assert_eq!(entry.encode(), text);
        }
    }
    if let Some(entries) = from_file(note) {
        assert_eq!(to_file(&entries), note);
    }
    let begins = verify_at_any_time(&[note], anchor).is_ok();
    if begins || honest.clone().append(note, anchor).is_ok() {
        assert!(signed.iter().any(|one| one == signed_text(data)), "an entry that nobody signed: {note}");
    }
}

/// A note without the blank line and its signatures.
fn signed_text(note: &[u8]) -> &[u8] {
    let blank = note.windows(2).rposition(|two| two == b"\n\n");
    blank.map_or(note, |place| &note[..=place])
}

/// Recovery codes: what is taken is printed in one form, which is the same code.
pub(crate) fn recovery_code(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(code) = RecoveryCode::parse(text) {
        let printed = code.to_text();
        assert_eq!(printed.len(), 41);
        assert_eq!(*RecoveryCode::parse(&printed).unwrap().to_text(), *printed);
    }
}

/// Public and wrapped identities, grants: whatever parses is written back as the same bytes.
pub(crate) fn identity(data: &[u8]) {
    if let Ok(identity) = PublicIdentity::parse(data) {
        assert_eq!(identity.to_bytes(), data);
    }
    if let Ok(wrapped) = WrappedIdentity::parse(data) {
        assert_eq!(wrapped.to_bytes(), data);
    }
    if let Ok(grant) = AdminGrant::parse(data) {
        assert_eq!(grant.to_bytes(), data);
    }
}
