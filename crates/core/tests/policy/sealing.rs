//! What a browser that seals reads, against the strict readers: it accepts all that they accept and understands the
//! same; of what they refuse it accepts only what signers and servers are there to refuse.

use crate::fixture::{anchor, manifest, signed_text, site_key, time, x25519_key};
use nightsafe_core::anchor::{Origin, PinnedAnchor, TrustAnchor, TrustError};
use nightsafe_core::manifest::{DataKey, KeyManifest, SealingManifest, VerifiedManifest, verify, verify_to_seal};
use nightsafe_core::note::{self, strictly};
use nightsafe_core::policy::{Kind, builtin};
use nightsafe_core::time::UnixTime;
use nightsafe_core::timestamp;
use proptest::prelude::*;
use serde_json::Value;

const NOW: &str = "2026-12-01T12:00:00Z";

/// Vectors that only signers and servers refuse.
const LEFT_TO_SIGNERS: [&str; 24] = [
    "a site key that signs timestamps",
    "a site key that signs receipts",
    "one key for timestamps and receipts",
    "valid for more than 400 days",
    "a leading zero",
    "an origin with a path",
    "plain HTTP elsewhere than on localhost",
    "no parent",
    "a parent twice",
    "65 parents",
    "9 data keys",
    "data keys in another order",
    "a data key twice",
    "no kind",
    "a kind twice",
    "a kind called locator",
    "a part twice",
    "no label",
    "a facet that no part gives",
    "a facet twice",
    "a kind for the verification code",
    "a part for the verification code",
    "a part called cvv2",
    "a label that asks for it",
];

fn vectors(name: &str) -> Value {
    let path = format!("{}/../../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn pinned() -> PinnedAnchor {
    PinnedAnchor::parse(&anchor().encode()).unwrap()
}

/// A kind as a browser has it.
fn as_sealed(kind: &Kind) -> Kind {
    Kind { open: Vec::new(), labels: Vec::new(), ..kind.clone() }
}

fn assert_same(read: &SealingManifest, strict: &VerifiedManifest, now: UnixTime) {
    let manifest = strict.manifest();
    assert_eq!((read.hash(), read.sequence), (strict.hash(), manifest.sequence));
    assert_eq!(read.timestamp_key().as_ref(), Some(&manifest.timestamp_key));
    assert_eq!(read.kinds, manifest.kinds.iter().map(as_sealed).collect::<Vec<_>>());
    let starts = manifest.data_keys.iter().map(|key| key.start);
    for at in starts.flat_map(|start| [start.minus(1), start, start.plus(1)]).chain([now]) {
        assert_eq!(read.active_key(at).as_ref(), strict.active_key(at));
    }
    for parent in &manifest.parents {
        assert!(read.allows_parent(parent.as_str()));
        assert!(!read.allows_parent(&format!("{parent}0")));
    }
    assert!(!read.allows_parent("") && !read.allows_parent(manifest.timestamp_key.name()));
}

/// What both readers say of a note.
fn both(note: &str, now: UnixTime) -> (Result<VerifiedManifest, TrustError>, Result<SealingManifest, TrustError>) {
    let (strict, read) = (verify(note, &anchor(), now), verify_to_seal(note, &pinned(), now, &mut strictly));
    if let Ok(strict) = &strict {
        assert_same(read.as_ref().unwrap(), strict, now);
    }
    (strict, read)
}

#[test]
fn manifests() {
    for case in vectors("key-manifest-v1.json")["cases"].as_array().unwrap() {
        let name = text(case, "case");
        let (strict, read) = both(text(case, "note"), time(text(case, "now")));
        match (strict, read) {
            // What ends before it begins is past its end
            (Err(strict), Err(read)) if name == "not-after before not-before" => {
                assert_eq!((strict.code(), read.code()), ("malformed", "expired"));
            }
            (Err(strict), Err(read)) => {
                assert_eq!((strict.code(), LEFT_TO_SIGNERS.contains(&name)), (read.code(), false), "{name}");
            }
            (strict, Ok(_)) => assert_eq!(strict.is_err(), LEFT_TO_SIGNERS.contains(&name), "{name}"),
            (Ok(_), Err(error)) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn anchors() {
    let lax = [
        "a key twice",
        "an origin with a path",
        "a leading zero",
        "a file name with a path",
        "a portable file name with a path",
        "another hash",
    ];
    for case in vectors("key-manifest-v1.json")["anchors"].as_array().unwrap() {
        let name = text(case, "case");
        match (TrustAnchor::parse(text(case, "anchor")), PinnedAnchor::parse(text(case, "anchor"))) {
            (Ok(strict), Ok(read)) => {
                assert_eq!((&read.site, &read.site_keys), (&strict.site, &strict.site_keys));
                assert_eq!((read.threshold, read.sequence_floor), (strict.threshold, strict.sequence_floor));
                assert_eq!(read.ingest, strict.ingest.as_str());
            }
            (Err(strict), Err(read)) => assert_eq!(strict.code(), read.code(), "{name}"),
            (strict, read) => assert!(strict.is_err() && read.is_ok() && lax.contains(&name), "{name}"),
        }
    }
}

#[test]
fn timestamps() {
    let file = vectors("timestamp-v1.json");
    let at = time(NOW);
    let (strict, read) = both(text(&file, "manifest"), at);
    let (strict, read) = (strict.unwrap(), read.unwrap());
    for case in file["cases"].as_array().unwrap() {
        let (note, now) = (text(case, "note"), time(text(case, "now")));
        let wanted = timestamp::verify(note, &strict, now).map(|_| ());
        assert_eq!(timestamp::verify_to_seal(note, &pinned(), &read, now, &mut strictly), wanted, "{}", case["case"]);
    }
}

fn any_manifest() -> impl Strategy<Value = KeyManifest> {
    let kinds = prop::sample::subsequence(builtin(), 1..=builtin().len()).prop_shuffle();
    (kinds, 1..6_usize, prop::collection::btree_set(0..200_000_000_u64, 1..=8), 7..9_999_999_999_u64).prop_map(
        |(kinds, parents, starts, sequence)| KeyManifest {
            sequence,
            parents: (0..parents).map(|n| Origin::parse(&format!("https://s{n}.example")).unwrap()).collect(),
            data_keys: (0x40..)
                .zip(starts)
                .map(|(byte, start)| DataKey::new(time("2024-11-21T00:00:00Z").plus(start), &x25519_key(byte)))
                .collect(),
            kinds,
            ..manifest()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_valid_manifest_is_understood_alike(made in any_manifest()) {
        let (strict, read) = both(&signed_text(&made.encode(), &[1, 2]), time(NOW));
        prop_assert!(strict.is_ok() && read.is_ok());
    }

    #[test]
    fn a_changed_text_is_refused_or_left_to_signers(place in 0..2000usize, with in "[ -~\n]{0,3}") {
        let mut changed = manifest().encode();
        let place = place.min(changed.len());
        changed.replace_range(place..(place + with.len()).min(changed.len()), &with);
        if let Ok(note) = note::sign(&changed, &[&site_key(1), &site_key(2)]) {
            let (strict, read) = both(&note, time(NOW));
            prop_assert!(strict.is_err() || read.is_ok());
        }
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,60}") {
        let _ = (verify_to_seal(&text, &pinned(), time(NOW), &mut strictly), PinnedAnchor::parse(&text));
    }
}
