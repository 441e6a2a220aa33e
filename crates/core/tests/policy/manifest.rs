//! Key manifests and trust anchors, as shared vectors and as round trips.

use crate::fixture::{
    anchor, manifest, receipt_key, shared, signed_text, site_key, time, timestamp_key, x25519_key, xwing_key,
};
use nightsafe_core::anchor::{Origin, TrustAnchor, TrustError};
use nightsafe_core::encoding::b64;
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::manifest::{self, DataKey, KeyManifest, verify, verify_at_any_time};
use nightsafe_core::scalar::{KeyFingerprint, KeyId};
use nightsafe_core::suite::Suite;
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const NOW: &str = "2026-12-01T12:00:00Z";

#[test]
fn the_active_key_is_the_last_that_started() {
    let note = manifest::sign(&manifest(), &[&site_key(1), &site_key(2)]).unwrap();
    for (now, byte) in [
        ("2026-11-20T12:00:00Z", 0x21), // a clock that is late, within tolerance
        ("2026-11-21T00:00:00Z", 0x21),
        ("2027-02-18T23:59:59Z", 0x21),
        ("2027-02-19T00:00:00Z", 0x22),
        ("2027-12-20T00:00:00Z", 0x22), // overdue, and still sealing
    ] {
        let verified = verify(&note, &anchor(), time(now)).unwrap();
        let active = verified.active_key(time(now)).unwrap();
        assert_eq!(active.open(x25519_key(byte).as_bytes()), Some(x25519_key(byte)), "{now}");
    }
    let parsed = manifest();
    assert_eq!(parsed.active_key(time("2026-11-20T23:59:59Z")), None);
    assert_eq!(parsed.data_key(x25519_key(0x22).key_id()), Some(&parsed.data_keys[1]));
    assert_eq!(parsed.data_key(KeyId([0; 16])), None);
    assert!(parsed.allows_parent("https://shop.example"));
    assert!(!parsed.allows_parent("https://shop.example."));
    assert!(parsed.kind("card").is_some() && parsed.kind("cards").is_none());
}

#[test]
fn signing_refuses_what_reading_would_and_names_the_line() {
    let refused = |line, change: fn(&mut KeyManifest)| {
        let mut made = manifest();
        change(&mut made);
        assert_eq!(manifest::sign(&made, &[&site_key(1)]), Err(TrustError::Malformed(line)));
    };
    refused(7, |made| made.parents.clear());
    refused(5, |made| made.not_after = made.not_before);
    refused(11, |made| made.data_keys.clear());
    refused(12, |made| made.data_keys.reverse());
    refused(15, |made| made.kinds[0].retain = 0);
    refused(17, |made| made.kinds[0].labels.clear());
}

#[test]
fn old_manifests_can_be_read() {
    let note = manifest::sign(&manifest(), &[&site_key(1), &site_key(3)]).unwrap();
    let mut anchor = anchor();
    anchor.sequence_floor = 8;
    let late = time("2030-01-01T00:00:00Z");
    assert_eq!(verify(&note, &anchor, late), Err(TrustError::Rollback));
    let verified = verify_at_any_time(&note, &anchor).unwrap();
    assert_eq!(verified.hash(), manifest::hash(&manifest().encode()));
}

/// A change of the good text that keeps it signed by two site keys.
fn changed(from: &str, to: &str) -> String {
    let text = manifest().encode();
    assert!(text.contains(from), "{from}");
    signed_text(&text.replacen(from, to, 1), &[1, 2])
}

fn with(change: impl FnOnce(&mut KeyManifest)) -> String {
    let mut made = manifest();
    change(&mut made);
    signed_text(&made.encode(), &[1, 2])
}

fn accepted(case: &str, made: &KeyManifest, signers: &[u8], now: &str, active: usize) -> Value {
    json!({
        "case": case,
        "now": now,
        "note": signed_text(&made.encode(), signers),
        "hash": manifest::hash(&made.encode()).to_hex(),
        "active_key": made.data_keys[active].key_id().to_hex(),
    })
}

fn accepted_cases() -> Vec<Value> {
    let good = manifest();
    let mut xwing = manifest();
    xwing.data_keys = vec![DataKey::new(time("2026-11-21T00:00:00Z"), &xwing_key(0x23))];
    xwing.kinds.truncate(1);
    vec![
        accepted("two of three keys", &good, &[1, 2], NOW, 0),
        accepted("all three keys", &good, &[3, 1, 2], NOW, 0),
        accepted("an X-Wing data key", &xwing, &[1, 3], NOW, 0),
        accepted("after the next key's start", &good, &[1, 2], "2027-02-19T00:00:00Z", 1),
        accepted("24 hours before not-before", &good, &[1, 2], "2026-11-20T00:00:00Z", 0),
        accepted("24 hours after not-after", &good, &[1, 2], "2027-12-21T00:00:00Z", 1),
    ]
}

fn refused_cases() -> Vec<Value> {
    let good = manifest().encode();
    let note = signed_text(&good, &[1, 2]);
    let at = |case: &str, note: String, now: &str, error: &str| json!({"case": case, "now": now, "note": note, "error": error});
    let refused = |case: &str, note: String, error: &str| at(case, note, NOW, error);
    let fingerprint = x25519_key(0x21).fingerprint().to_hex();
    let forged = note.replacen("sequence 7", "sequence 8", 1);
    vec![
        at("a second too early", note.clone(), "2026-11-19T23:59:59Z", "not_yet_valid"),
        at("a second too late", note.clone(), "2027-12-21T00:00:01Z", "expired"),
        refused("changed after signing", forged, "bad_signature"),
        refused("one of two keys", signed_text(&good, &[1]), "too_few_signatures"),
        refused("one key twice", note.replacen("site-2", "site-9", 1), "too_few_signatures"),
        refused("no signature", good.clone(), "malformed"),
        refused("below the sequence floor", changed("sequence 7", "sequence 6"), "rollback"),
        refused("another site", changed("site demo.", "site other."), "wrong_site"),
        refused(
            "another ingest origin",
            changed("ingest http://localhost:4803", "ingest http://localhost:4804"),
            "wrong_ingest",
        ),
        refused("another label", changed("nightsafe/v1/key-manifest", "nightsafe/v1/timestamp"), "malformed"),
        refused(
            "a site key that signs timestamps",
            with(|m| m.timestamp_key = site_key(3).vkey().clone()),
            "reused_key",
        ),
        refused("a site key that signs receipts", with(|m| m.receipt_key = site_key(1).vkey().clone()), "reused_key"),
        refused(
            "one key for timestamps and receipts",
            with(|m| m.receipt_key = timestamp_key().vkey().clone()),
            "reused_key",
        ),
        refused(
            "valid for more than 400 days",
            changed("not-after 2027-12-20T00:00:00Z", "not-after 2027-12-26T00:00:01Z"),
            "malformed",
        ),
        refused("not-after before not-before", changed("not-after 2027", "not-after 2025"), "malformed"),
        refused("a leading zero", changed("sequence 7", "sequence 07"), "malformed"),
        refused("two blanks", changed("sequence 7", "sequence  7"), "malformed"),
        refused(
            "lines in another order",
            changed("sequence 7\nnot-before 2026-11-21T00:00:00Z", "not-before 2026-11-21T00:00:00Z\nsequence 7"),
            "malformed",
        ),
        refused("an unknown line", changed("parent http", "extra x\nparent http"), "malformed"),
        refused("an offset for Z", changed("T00:00:00Z", "T00:00:00+00:00"), "malformed"),
        refused(
            "an origin with a path",
            changed("parent https://shop.example", "parent https://shop.example/"),
            "malformed",
        ),
        refused(
            "plain HTTP elsewhere than on localhost",
            changed("parent https://shop", "parent http://shop"),
            "malformed",
        ),
        refused("no parent", with(|m| m.parents.clear()), "malformed"),
        refused("a parent twice", with(|m| m.parents.push(m.parents[0].clone())), "malformed"),
        refused(
            "65 parents",
            with(|m| m.parents = (1..=65).map(|n| Origin::parse(&format!("https://s{n}.example")).unwrap()).collect()),
            "malformed",
        ),
        refused("no data key", with(|m| m.data_keys.clear()), "malformed"),
        refused(
            "9 data keys",
            with(|m| {
                m.data_keys = (0..9)
                    .map(|n| DataKey::new(time("2026-11-21T00:00:00Z").plus(n), &x25519_key(0x30 + n as u8)))
                    .collect()
            }),
            "malformed",
        ),
        refused("data keys in another order", with(|m| m.data_keys.reverse()), "malformed"),
        refused("a data key twice", with(|m| m.data_keys[1].fingerprint = m.data_keys[0].fingerprint), "malformed"),
        refused("a key id for a fingerprint", changed(&fingerprint, &x25519_key(0x21).key_id().to_hex()), "malformed"),
        refused("a fingerprint in upper case", changed(&fingerprint, &fingerprint.to_uppercase()), "malformed"),
        refused("a word after the fingerprint", changed(&fingerprint, &format!("{fingerprint} x")), "malformed"),
        refused("an unknown suite", changed("data-key x25519", "data-key x448"), "malformed"),
        refused("no kind", with(|m| m.kinds.clear()), "malformed"),
        refused("a kind twice", with(|m| m.kinds.push(m.kinds[0].clone())), "malformed"),
        refused("a kind called locator", changed("kind phone", "kind locator"), "malformed"),
        refused("an unknown rule", changed("part number card-number", "part number digits"), "malformed"),
        refused("a part twice", changed("part expiry card-expiry", "part number card-expiry"), "malformed"),
        refused("a word after optional", changed("holder-name optional", "holder-name optional x"), "malformed"),
        refused("a bucket that is no multiple of 16", changed("bucket 128", "bucket 100"), "malformed"),
        refused("kept for 0 months", changed("retain 24", "retain 0"), "malformed"),
        refused("kept for 241 months", changed("retain 24", "retain 241"), "malformed"),
        refused("nobody may open", changed("open admin\n", ""), "malformed"),
        refused("no label", changed("label en Card\n", ""), "malformed"),
        refused("a facet that no part gives", changed("facet brand", "facet email"), "malformed"),
        refused("a facet twice", changed("facet last4", "facet brand"), "malformed"),
        refused("an unknown facet", changed("facet brand", "facet bin"), "malformed"),
        refused("a kind for the verification code", changed("kind text", "kind card.cvc"), "verification_code"),
        refused(
            "a part for the verification code",
            changed("part expiry card-expiry", "part security_code text\npart expiry card-expiry"),
            "verification_code",
        ),
        refused("a part called cvv2", changed("part value text", "part cvv2 text"), "verification_code"),
        refused("a label that asks for it", changed("label en Text", "label en CVC / CVV"), "verification_code"),
    ]
}

/// Files of data keys: what a manifest says of one, the bytes, and whether they are it.
fn key_files() -> Vec<Value> {
    let start = time("2026-11-21T00:00:00Z");
    let (xwing, x25519) = (xwing_key(0x23), x25519_key(0x21));
    let case = |case: &str, suite: Suite, fingerprint: &KeyFingerprint, file: &[u8], accepted: bool| {
        let key = DataKey { start, suite, fingerprint: *fingerprint };
        assert_eq!(key.open(file).is_some(), accepted, "{case}");
        json!({
            "case": case, "suite": suite.name(), "fingerprint": fingerprint.to_hex(),
            "name": key.file_name(), "file": b64(file), "accepted": accepted,
        })
    };
    let of = |name: &str, key: &DataPublicKey, file: &[u8], accepted: bool| {
        case(name, key.suite(), key.fingerprint(), file, accepted)
    };
    let (long, short) = ([xwing.as_bytes(), &[0]].concat(), &xwing.as_bytes()[..1215]);
    let mut bit = xwing.as_bytes().to_vec();
    bit[600] ^= 1;
    // The first coefficient is 4095, above ML-KEM's modulus
    let mut wide = xwing.as_bytes().to_vec();
    wide[..2].copy_from_slice(&[0xff, 0xff]);
    vec![
        of("X-Wing", &xwing, xwing.as_bytes(), true),
        of("X25519", &x25519, x25519.as_bytes(), true),
        of("another key", &x25519, x25519_key(0x22).as_bytes(), false),
        of("a key of another suite", &xwing, x25519.as_bytes(), false),
        of("one bit", &xwing, &bit, false),
        of("a byte too few", &xwing, short, false),
        of("a byte too many", &xwing, &long, false),
        of("an empty file", &x25519, &[], false),
        case("the fingerprint of another suite", Suite::X25519, xwing.fingerprint(), xwing.as_bytes(), false),
        case(
            "not canonical, with its own fingerprint",
            Suite::XWing,
            &fingerprint_of(Suite::XWing, &wide),
            &wide,
            false,
        ),
        case(
            "of small order, with its own fingerprint",
            Suite::X25519,
            &fingerprint_of(Suite::X25519, &[0; 32]),
            &[0; 32],
            false,
        ),
    ]
}

/// docs/spec/envelope.md, also for bytes that are no key.
fn fingerprint_of(suite: Suite, bytes: &[u8]) -> KeyFingerprint {
    let text = [b"nightsafe/v1/key-id\0", suite.kem_id().to_be_bytes().as_slice(), bytes].concat();
    KeyFingerprint(Sha256::digest(text).into())
}

#[test]
fn vectors() {
    let mut cases = accepted_cases();
    cases.extend(refused_cases());
    for case in &cases {
        let note = case["note"].as_str().unwrap();
        let now = time(case["now"].as_str().unwrap());
        match verify(note, &anchor(), now) {
            Ok(verified) => {
                assert_eq!(case["error"], Value::Null, "{}", case["case"]);
                assert_eq!(json!(verified.hash().to_hex()), case["hash"]);
                let active = verified.active_key(now).unwrap().key_id();
                assert_eq!(json!(active.to_hex()), case["active_key"], "{}", case["case"]);
                let manifest = verified.manifest();
                assert_eq!(KeyManifest::parse(&manifest.encode()).as_ref(), Ok(manifest));
            }
            Err(error) => assert_eq!(json!(error.code()), case["error"], "{}", case["case"]),
        }
    }
    let anchors = anchor_cases();
    for case in &anchors {
        match TrustAnchor::parse(case["anchor"].as_str().unwrap()) {
            Ok(_) => assert_eq!(case["error"], Value::Null, "{}", case["case"]),
            Err(error) => assert_eq!(json!(error.code()), case["error"], "{}", case["case"]),
        }
    }
    let made = json!({"anchor": anchor().encode(), "anchors": anchors, "cases": cases, "key_files": key_files()});
    shared("key-manifest-v1.json", &made);
}

fn anchor_cases() -> Vec<Value> {
    let good = anchor().encode();
    let refused = |case: &str, from: &str, to: &str, error: &str| {
        assert!(good.contains(from), "{from}");
        json!({"case": case, "anchor": good.replacen(from, to, 1), "error": error})
    };
    let portable = good.lines().last().map(|line| format!("{line}\n")).unwrap();
    let third = format!("site-key {}\n", site_key(3).vkey());
    vec![
        json!({"case": "two of three", "anchor": good, "error": null}),
        refused("a threshold above the keys", "threshold 2", "threshold 4", "malformed"),
        refused("a threshold of 0", "threshold 2", "threshold 0", "malformed"),
        refused("a leading zero", "threshold 2", "threshold 02", "malformed"),
        refused(
            "a key twice",
            &third,
            &third.replace(&third, &format!("site-key {}\n", site_key(1).vkey())),
            "reused_key",
        ),
        refused("a broken key", "site-1+", "site-4+", "malformed"),
        refused("an origin with a path", "localhost:4803", "localhost:4803/v1", "malformed"),
        refused("a file name with a path", "wasm checkout", "wasm ../checkout", "malformed"),
        refused("a portable file name with a path", "wasm-portable checkout", "wasm-portable ../checkout", "malformed"),
        refused("no portable module", &portable, "", "malformed"),
        refused("another hash", "sha384-", "sha256-", "malformed"),
        refused("a trailing line", "AAAA\n", "AAAA\nextra\n", "malformed"),
    ]
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,60}", place in 0..2000usize, with in "[ -~\n]{0,3}") {
        let _ = (KeyManifest::parse(&text), TrustAnchor::parse(&text));
        let mut good = manifest().encode();
        let place = place.min(good.len());
        good.replace_range(place..(place + with.len()).min(good.len()), &with);
        if let Ok(parsed) = KeyManifest::parse(&good) {
            prop_assert_eq!(parsed.encode(), good);
        }
    }
}

#[test]
fn receipt_and_timestamp_keys_differ() {
    assert_ne!(receipt_key().vkey().public_key(), timestamp_key().vkey().public_key());
}
