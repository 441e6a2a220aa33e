//! `tests/vectors/relay-v1.json`: made here, checked here, and checked by another implementation in
//! `web/tests/unit/relay.test.ts`.
//!
//! To write it: `NIGHTSAFE_BLESS=1 cargo test -p nightsafe-serve --test relay_vectors`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests fail the test")]

use std::path::PathBuf;

use axum::http::{HeaderValue, Method, Request};
use nightsafe_core::anchor::Origin;
use nightsafe_core::encoding::{b64u, hex};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::http_signature::{
    CONTENT_DIGEST, SIGNATURE, SIGNATURE_INPUT, SignedFields, Target, Verifier, WINDOW, authority, sign,
};
use serde_json::{Value, json};

/// Set to write the vectors before they are compared.
const BLESS: &str = "NIGHTSAFE_BLESS";

const ORIGIN: &str = "https://relay.shop.example:4806";
const SEED: [u8; 32] = [0x13; 32];
const NOW: u64 = 1_795_219_200;
const ASK: &str = "{\"limit\":64}";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/relay-v1.json")
}

fn signer() -> NoteSigner {
    NoteSigner::from_seed("demo.nightsafe.example/relay", &SEED).unwrap()
}

fn signed(path: &str, body: &str, created: u64, nonce: u8) -> SignedFields {
    let origin = Origin::parse(ORIGIN).unwrap();
    let target = Target { method: &Method::POST, authority: authority(&origin), path };
    sign(&signer(), target, body.as_bytes(), UnixTime::from_seconds(created), [nonce; 16])
}

fn good(comment: &str, path: &str, body: &str, created: u64, nonce: u8) -> Value {
    let fields = signed(path, body, created, nonce);
    let params = fields.signature_input.strip_prefix("nightsafe=").unwrap();
    let base = format!(
        "\"@method\": POST\n\"@authority\": relay.shop.example:4806\n\"@path\": {path}\n\"content-digest\": {}\n\
         \"@signature-params\": {params}",
        fields.content_digest
    );
    json!({
        "case": comment, "method": "POST", "target": path, "body": body,
        "created": created, "nonce": b64u(&[nonce; 16]), "signature_base": base, "fields": as_json(&fields),
    })
}

fn as_json(fields: &SignedFields) -> Value {
    json!({
        "content-digest": fields.content_digest,
        "signature-input": fields.signature_input,
        "signature": fields.signature,
    })
}

/// A request that is refused, made of a good one by a change.
fn refused(comment: &str, target: &str, body: &str, fields: &SignedFields) -> Value {
    json!({"case": comment, "method": "POST", "target": target, "body": body, "fields": as_json(fields)})
}

fn make() -> Value {
    let batch = "/v1/relay/batch";
    let id = "ab".repeat(32);
    let one = signed(batch, ASK, NOW, 9);
    let input = |from: &str, to: &str| {
        let changed = one.signature_input.replacen(from, to, 1);
        assert_ne!(changed, one.signature_input, "{from}");
        SignedFields { signature_input: changed, ..one.clone() }
    };
    let id_of_another = NoteSigner::from_seed("demo.nightsafe.example/relay", &[0x14; 32]).unwrap().vkey().id_hex();
    json!({
        "seed": hex(&SEED),
        "key": signer().vkey().to_text(),
        "origin": ORIGIN,
        "now": NOW,
        "good": [
            good("asks for a batch", batch, ASK, NOW, 1),
            good("acknowledges", "/v1/relay/acknowledge", &format!("{{\"deposit_ids\":[\"{id}\"]}}"), NOW, 2),
            good("the same request again, with a nonce of its own", batch, ASK, NOW, 3),
            good("as old as it may be", batch, ASK, NOW - WINDOW, 4),
            good("as new as it may be", batch, ASK, NOW + WINDOW, 5),
        ],
        "refused": [
            refused("another path", "/v1/relay/acknowledge", ASK, &one),
            refused("a query", "/v1/relay/batch?limit=1", ASK, &one),
            refused("another body", batch, "{\"limit\":1}", &one),
            refused("too old", batch, ASK, &signed(batch, ASK, NOW - WINDOW - 1, 9)),
            refused("too new", batch, ASK, &signed(batch, ASK, NOW + WINDOW + 1, 9)),
            refused("another nonce than was signed", batch, ASK, &input("CQkJ", "CgkJ")),
            refused("another time than was signed", batch, ASK, &input("created=1795219200", "created=1795219201")),
            refused("an unknown key", batch, ASK, &input(&signer().vkey().id_hex(), &id_of_another)),
            refused("another algorithm", batch, ASK, &input("ed25519", "hmac-sha256")),
            refused("another tag", batch, ASK, &input("nightsafe-relay", "nightsafe-other")),
            refused("another label", batch, ASK, &input("nightsafe=(", "sig1=(")),
            refused("a component less", batch, ASK, &input(" \"content-digest\"", "")),
            refused("a component more", batch, ASK, &input("\"@path\"", "\"@path\" \"@query\"")),
            refused("parameters in another order", batch, ASK, &input(";alg=\"ed25519\";tag=\"nightsafe-relay\"", ";tag=\"nightsafe-relay\";alg=\"ed25519\"")),
            refused("a leading zero", batch, ASK, &input("created=1", "created=01")),
            refused("two signatures", batch, ASK, &input("relay\"", "relay\", sig2=()")),
            refused("a second digest", batch, ASK, &SignedFields {
                content_digest: format!("{}, sha-512=:AA==:", one.content_digest), ..one.clone()
            }),
            refused("no signature", batch, ASK, &SignedFields { signature: String::new(), ..one.clone() }),
        ],
    })
}

fn text(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

#[test]
fn the_committed_file_is_what_this_makes() {
    if std::env::var_os(BLESS).is_some() {
        // In one step, because the other test reads the file meanwhile
        let new = path().with_extension("new");
        std::fs::write(&new, text(&make())).unwrap();
        std::fs::rename(new, path()).unwrap();
    }
    let committed = std::fs::read_to_string(path()).unwrap();
    assert!(committed == text(&make()), "write the vectors again, and say in docs/spec/relay.md what changed");
}

#[test]
fn the_verifier_agrees_with_every_case() {
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap();
    let authority = vectors["origin"].as_str().unwrap().strip_prefix("https://").unwrap().to_owned();
    let now = UnixTime::from_seconds(vectors["now"].as_u64().unwrap());
    let start = UnixTime::from_seconds(now.seconds() - 3600);
    let verifier = Verifier::new(vec![signer().vkey().clone()], authority, start);
    let verify = |case: &Value| {
        let request = Request::builder().method(case["method"].as_str().unwrap()).uri(case["target"].as_str().unwrap());
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        for name in [CONTENT_DIGEST, SIGNATURE_INPUT, SIGNATURE] {
            let value = case["fields"][name.as_str()].as_str().unwrap();
            if !value.is_empty() {
                head.headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        verifier.verify(&head, now)?.check_body(case["body"].as_str().unwrap().as_bytes())
    };
    for case in vectors["good"].as_array().unwrap() {
        assert!(verify(case).is_ok(), "{}", case["case"]);
        assert!(verify(case).is_err(), "{} a second time", case["case"]);
    }
    let refused = vectors["refused"].as_array().unwrap();
    assert!(refused.len() >= 18);
    for case in refused {
        assert!(verify(case).is_err(), "{}", case["case"]);
    }
}
