//! Signed requests: what is taken, and that nothing else is.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail the test")]

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::http_signature::{
    CONTENT_DIGEST, Refusal, SIGNATURE, SIGNATURE_INPUT, SignedFields, Target, Verifier, WINDOW, sign,
};
use proptest::prelude::*;

const AUTHORITY: &str = "relay.example:4806";
const PATH: &str = "/v1/relay/batch";
const NOW: UnixTime = UnixTime::from_seconds(1_795_219_200);
const BODY: &[u8] = b"{\"limit\":64}";

fn signer() -> NoteSigner {
    NoteSigner::from_seed("vault", &[7; 32]).unwrap()
}

fn verifier() -> Verifier {
    Verifier::new(vec![signer().vkey().clone()], AUTHORITY.into(), NOW)
}

fn fields() -> SignedFields {
    sign(&signer(), Target { method: &Method::POST, authority: AUTHORITY, path: PATH }, BODY, NOW, [5; 16])
}

fn head(method: &str, uri: &str, fields: &SignedFields) -> Parts {
    let mut parts = Request::builder().method(method).uri(uri).body(()).unwrap().into_parts().0;
    fields.insert_into(&mut parts.headers);
    parts
}

fn outcome(verifier: &Verifier, parts: &Parts, body: &[u8], now: UnixTime) -> Result<(), Refusal> {
    verifier.verify(parts, now)?.check_body(body)
}

#[test]
fn a_signed_request_is_taken_once() {
    let (verifier, parts) = (verifier(), head("POST", PATH, &fields()));
    assert_eq!(outcome(&verifier, &parts, BODY, NOW), Ok(()));
    assert_eq!(outcome(&verifier, &parts, BODY, NOW), Err(Refusal::Replayed));
    // Another nonce makes it another request
    let target = Target { method: &Method::POST, authority: AUTHORITY, path: PATH };
    let again = sign(&signer(), target, BODY, NOW, [6; 16]);
    assert_eq!(outcome(&verifier, &head("POST", PATH, &again), BODY, NOW), Ok(()));
}

#[test]
fn another_request_is_refused() {
    let fields = fields();
    for (method, uri, body, refusal) in [
        ("GET", PATH, BODY, Refusal::Signature),
        ("post", PATH, BODY, Refusal::Signature),
        ("POST", "/v1/relay/acknowledge", BODY, Refusal::Signature),
        ("POST", "/v1/relay/batch/", BODY, Refusal::Signature),
        ("POST", "/v1/relay/%62atch", BODY, Refusal::Signature),
        ("POST", "/v1/relay/batch?limit=1", BODY, Refusal::Malformed),
        ("POST", "/v1/relay/batch?", BODY, Refusal::Malformed),
        ("POST", PATH, b"{\"limit\":65}".as_slice(), Refusal::Digest),
        ("POST", PATH, b"", Refusal::Digest),
    ] {
        assert_eq!(outcome(&verifier(), &head(method, uri, &fields), body, NOW), Err(refusal), "{method} {uri}");
    }
    let elsewhere = Verifier::new(vec![signer().vkey().clone()], "other.example:4806".into(), NOW);
    assert_eq!(outcome(&elsewhere, &head("POST", PATH, &fields), BODY, NOW), Err(Refusal::Signature));
}

#[test]
fn another_key_is_refused_whatever_its_name() {
    let other = NoteSigner::from_seed("vault", &[8; 32]).unwrap();
    let target = Target { method: &Method::POST, authority: AUTHORITY, path: PATH };
    let fields = sign(&other, target, BODY, NOW, [5; 16]);
    assert_eq!(outcome(&verifier(), &head("POST", PATH, &fields), BODY, NOW), Err(Refusal::UnknownKey));
    let ids = [other.vkey().id_hex(), signer().vkey().id_hex()];
    let claims = SignedFields { signature_input: fields.signature_input.replace(&ids[0], &ids[1]), ..fields };
    assert_eq!(outcome(&verifier(), &head("POST", PATH, &claims), BODY, NOW), Err(Refusal::Signature));
    // Two keys side by side, while one takes the other's place
    let both = Verifier::new(vec![other.vkey().clone(), signer().vkey().clone()], AUTHORITY.into(), NOW);
    assert_eq!(outcome(&both, &head("POST", PATH, &self::fields()), BODY, NOW), Ok(()));
}

#[test]
fn clocks_may_differ_by_the_window() {
    let start = Verifier::new(vec![signer().vkey().clone()], AUTHORITY.into(), UnixTime::from_seconds(0));
    let parts = head("POST", PATH, &fields());
    let at = |now: u64| outcome(&start, &parts, BODY, UnixTime::from_seconds(now));
    assert_eq!(at(NOW.seconds() - WINDOW - 1), Err(Refusal::Time));
    assert_eq!(at(NOW.seconds() - WINDOW), Ok(()));
    assert_eq!(at(NOW.seconds() + WINDOW + 1), Err(Refusal::Time));
}

#[test]
fn a_field_that_is_missing_or_there_twice_is_refused() {
    for name in [CONTENT_DIGEST, SIGNATURE_INPUT, SIGNATURE] {
        let mut parts = head("POST", PATH, &fields());
        let value = parts.headers[&name].clone();
        parts.headers.append(&name, value);
        assert_eq!(outcome(&verifier(), &parts, BODY, NOW), Err(Refusal::NotSigned), "{name} twice");
        parts.headers.remove(&name);
        assert_eq!(outcome(&verifier(), &parts, BODY, NOW), Err(Refusal::NotSigned), "no {name}");
    }
}

#[test]
fn a_refused_request_uses_no_nonce_up() {
    let (verifier, mut wrong) = (verifier(), fields());
    wrong.signature.replace_range(12..13, if wrong.signature[12..13] == *"A" { "B" } else { "A" });
    assert!(outcome(&verifier, &head("POST", PATH, &wrong), BODY, NOW).is_err());
    assert_eq!(outcome(&verifier, &head("POST", PATH, &fields()), BODY, NOW), Ok(()));
}

/// The value of one of the three fields, with one byte changed.
fn changed(fields: &SignedFields, which: usize, place: usize, to: u8) -> Option<SignedFields> {
    let mut fields = fields.clone();
    let value = match which {
        0 => &mut fields.content_digest,
        1 => &mut fields.signature_input,
        _ => &mut fields.signature,
    };
    let mut bytes = std::mem::take(value).into_bytes();
    let place = place % bytes.len();
    if bytes[place] == to {
        return None;
    }
    bytes[place] = to;
    *value = String::from_utf8(bytes).unwrap();
    Some(fields)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_changed_byte_of_a_field_is_refused(which in 0_usize..3, place: usize, to in 0x20_u8..0x7f) {
        if let Some(fields) = changed(&fields(), which, place, to) {
            prop_assert!(outcome(&verifier(), &head("POST", PATH, &fields), BODY, NOW).is_err());
        }
    }

    #[test]
    fn any_changed_byte_of_the_body_is_refused(place in 0..BODY.len(), to: u8) {
        let mut body = BODY.to_vec();
        body[place] = to;
        let is_same = body == BODY;
        prop_assert_eq!(outcome(&verifier(), &head("POST", PATH, &fields()), &body, NOW).is_ok(), is_same);
    }

    #[test]
    fn any_changed_byte_of_the_path_is_refused(place in 1..PATH.len(), to in "[a-z0-9/]") {
        let mut path = PATH.to_owned();
        path.replace_range(place..=place, &to);
        let is_same = path == PATH;
        prop_assert_eq!(outcome(&verifier(), &head("POST", &path, &fields()), BODY, NOW).is_ok(), is_same);
    }

    #[test]
    fn malformed_fields_are_refused_without_panic(values in proptest::collection::vec((0_usize..3, proptest::collection::vec(any::<u8>(), 0..300)), 0..6)) {
        let mut parts = head("POST", PATH, &fields());
        parts.headers = HeaderMap::new();
        for (name, value) in values {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                parts.headers.append([CONTENT_DIGEST, SIGNATURE_INPUT, SIGNATURE][name].clone(), value);
            }
        }
        prop_assert!(outcome(&verifier(), &parts, BODY, NOW).is_err());
    }

    #[test]
    fn nearly_right_fields_are_refused_without_panic(input in "nightsafe=\\(\"@method\" \"@authority\" \"@path\" \"content-digest\"\\);created=[0-9]{0,22};nonce=\"[A-Za-z0-9_=-]{20,24}\";keyid=\"[0-9a-f]{7,9}\";alg=\"ed25519\";tag=\"nightsafe-relay\"") {
        let fields = SignedFields { signature_input: input, ..fields() };
        prop_assert!(outcome(&verifier(), &head("POST", PATH, &fields), BODY, NOW).is_err());
    }
}
