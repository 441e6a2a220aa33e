//! Timestamp notes as shared vectors.

use crate::fixture::{anchor, manifest, receipt_key, shared, site_key, time, timestamp_key};
use nightsafe_core::anchor::TrustError;
use nightsafe_core::manifest::{self, VerifiedManifest};
use nightsafe_core::note::{NoteSigner, sign};
use nightsafe_core::scalar::{ManifestHash, Site};
use nightsafe_core::timestamp::{Timestamp, issue, verify, verify_among};
use serde_json::{Value, json};

const NOW: &str = "2026-12-01T12:00:00Z";

fn manifest_note() -> String {
    manifest::sign(&manifest(), &[&site_key(1), &site_key(2)]).unwrap()
}

fn verified() -> VerifiedManifest {
    manifest::verify(&manifest_note(), &anchor(), time(NOW)).unwrap()
}

fn good() -> Timestamp {
    Timestamp {
        site: verified().manifest().site.clone(),
        manifest: verified().hash(),
        roster: None,
        until: time("2026-12-03T12:00:00Z"),
    }
}

fn with(change: impl FnOnce(&mut Timestamp)) -> String {
    let mut timestamp = good();
    change(&mut timestamp);
    issue(&timestamp, &timestamp_key()).unwrap()
}

fn signed(text: &str, signer: &NoteSigner) -> String {
    sign(text, &[signer]).unwrap()
}

fn cases() -> Vec<Value> {
    let text = good().encode();
    let at = |case: &str, note: String, now: &str, error: Option<&str>| json!({"case": case, "note": note, "now": now, "error": error});
    let refused = |case: &str, note: String, error: &str| at(case, note, NOW, Some(error));
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        signed(&text.replacen(from, to, 1), &timestamp_key())
    };
    let note = with(|_| {});
    vec![
        at("48 hours ahead", note.clone(), NOW, None),
        at("with a roster", with(|t| t.roster = Some([7; 32])), NOW, None),
        at("24 hours after until", note.clone(), "2026-12-04T12:00:00Z", None),
        at("72 hours before until", note.clone(), "2026-11-30T12:00:00Z", None),
        at("a second too late", note.clone(), "2026-12-04T12:00:01Z", Some("expired")),
        at("a second too far ahead", note.clone(), "2026-11-30T11:59:59Z", Some("not_yet_valid")),
        refused("another manifest", with(|t| t.manifest = ManifestHash([9; 32])), "not_current"),
        refused("another site", with(|t| t.site = Site::parse("other.example").unwrap()), "wrong_site"),
        refused("changed after signing", note.replacen("2026-12-03", "2026-12-02", 1), "bad_signature"),
        refused("signed by a site key", signed(&text, &site_key(1)), "too_few_signatures"),
        refused("signed by the receipt key", signed(&text, &receipt_key()), "too_few_signatures"),
        refused("the manifest's own note", manifest_note(), "too_few_signatures"),
        refused("no signature", text.clone(), "malformed"),
        refused("another label", changed("timestamp", "key-manifest"), "malformed"),
        refused(
            "an upper-case hash",
            changed(&good().manifest.to_hex(), &good().manifest.to_hex().to_uppercase()),
            "malformed",
        ),
        refused("a short roster", changed("until", "roster 00\nuntil"), "malformed"),
        refused(
            "a line after the last",
            changed("until 2026-12-03T12:00:00Z\n", "until 2026-12-03T12:00:00Z\nextra x\n"),
            "malformed",
        ),
        refused("a second until", changed("until", "until 2026-12-03T12:00:00Z\nuntil"), "malformed"),
    ]
}

#[test]
fn vectors() {
    let cases = cases();
    for case in &cases {
        let now = time(case["now"].as_str().unwrap());
        let outcome = verify(case["note"].as_str().unwrap(), &verified(), now);
        let error = outcome.as_ref().err().map(|error| error.code());
        assert_eq!(json!(error), case["error"], "{}", case["case"]);
        if let Ok(timestamp) = outcome {
            assert_eq!(Timestamp::parse(&timestamp.encode()), Ok(timestamp));
        }
    }
    let made = json!({"anchor": anchor().encode(), "manifest": manifest_note(), "cases": cases});
    shared("timestamp-v1.json", &made);
}

#[test]
fn of_several_manifests_the_one_that_is_named_counts() {
    let sequel = nightsafe_core::manifest::KeyManifest { sequence: 8, ..manifest() };
    let sequel = manifest::sign(&sequel, &[&site_key(1), &site_key(2)]).unwrap();
    let sequel = manifest::verify(&sequel, &anchor(), time(NOW)).unwrap();
    let (all, note) = ([verified(), sequel.clone()], with(|t| t.roster = Some([7; 32])));
    assert_eq!(verify_among(&note, &all, time(NOW)).unwrap().roster, Some([7; 32]));
    let of_sequel = with(|t| t.manifest = sequel.hash());
    assert_eq!(verify_among(&of_sequel, &all, time(NOW)).unwrap().manifest, sequel.hash());
    assert_eq!(verify_among(&of_sequel, &[verified()], time(NOW)), Err(TrustError::NotCurrent));
    assert_eq!(verify_among(&note, &[], time(NOW)), Err(TrustError::NotCurrent));
    assert_eq!(verify_among(&note, &all, time("2027-12-04T12:00:00Z")), Err(TrustError::Expired));
    assert_eq!(
        verify_among(&signed(&good().encode(), &receipt_key()), &all, time(NOW)),
        Err(TrustError::TooFewSignatures)
    );
    assert!(matches!(verify_among("no note", &all, time(NOW)), Err(TrustError::Malformed(_))));
}
