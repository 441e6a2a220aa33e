//! Site releases.

use std::sync::LazyLock;

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::release::{SiteRelease, verify_at_any_time};

use crate::seeds::{self, text_of};

/// A document: one value, one text, whose files and headers are those that it checks. A note with the document behind it:
/// only those verify that the site keys signed.
pub(crate) fn release(data: &[u8]) {
    static HONEST: LazyLock<(TrustAnchor, Vec<(String, String)>)> = LazyLock::new(|| {
        let vectors = seeds::vectors(seeds::RELEASE);
        let anchor = TrustAnchor::parse(text_of(&vectors["anchor"])).unwrap();
        let cases = vectors["cases"].as_array().unwrap().iter();
        let both = cases.map(|case| (text_of(&case["note"]).to_owned(), text_of(&case["document"]).to_owned()));
        (anchor, both.collect())
    });
    let (anchor, signed) = &*HONEST;
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(release) = SiteRelease::parse(text) {
        assert_eq!(release.encode(), text);
        for place in release.places() {
            for path in place.files.keys() {
                let headers = place.headers_of(path.as_str());
                let answer: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
                let mut faults = place.check_headers(path.as_str(), &answer).into_iter();
                assert!(faults.next().is_none());
                assert!(place.check_file(path.as_str(), b"other bytes than those of any seed").is_err());
            }
        }
    }
    let Some(at) = text.find('{') else { return };
    let (note, document) = text.split_at(at);
    if verify_at_any_time(note, document, anchor).is_ok() {
        assert!(signed.iter().any(|(_, one)| one == document), "a release that nobody signed");
    }
}
