//! `envelope-v1.json`: single texts, so that any HPKE implementation can check them.

use super::{bytes, key, key_of, read};
use crate::encoding::hex;
use crate::envelope::{Context, Envelope, open, seal};
use crate::padding::{Bucket, pad, unpad};
use crate::scalar::{KindName, ManifestHash, Site, Tag};
use crate::suite::Suite;
use crate::testing::TestRng;
use crate::value::Value;
use rand_core::Rng;
use serde::Serialize;

#[derive(Serialize)]
#[allow(non_snake_case)] // The names that HPKE's own vectors have
pub(super) struct Vector {
    comment: &'static str,
    suite: &'static str,
    skR: String,
    pkR: String,
    enc: String,
    info: String,
    aad: String,
    pt: String,
    ct: String,
    value: String,
    site: &'static str,
    manifest: String,
    key_id: String,
    kind: &'static str,
    tag: String,
    bucket: u16,
    envelope: String,
    envelope_hash: String,
}

struct Case {
    comment: &'static str,
    site: &'static str,
    kind: &'static str,
    bucket: u16,
    value: String,
}

const SITE: &str = "demo.nightsafe.example";

fn cases() -> Vec<Case> {
    let case = |comment, kind, bucket, value: &str| Case { comment, site: SITE, kind, bucket, value: value.into() };
    vec![
        case("empty text", "text", 512, ""),
        case("one character", "text", 16, "a"),
        case("digits", "phone", 32, "+493012345678"),
        case("not ASCII", "person.name", 128, "Zoë Čapek-Ñuñez 李小龍"),
        case("e-mail", "email", 128, "ada.lovelace@example.com"),
        case("bucket full to its last byte", "text", 32, "twenty-nine bytes of text, ok"),
        case("one byte over a bucket", "text", 32, "thirty bytes of plaintext, yes"),
        case("ends like padding", "text", 64, "zeros follow\u{80}\0\0\0"),
        case("three-byte CBOR head, outside of the basic plane", "text", 512, &"Grüße 🌍 ".repeat(40)),
        case("longest plaintext", "text", 4096, &"0123456789ab".repeat(341)),
        Case { comment: "longest site", site: LONGEST_SITE, kind: "x", bucket: 16, value: "x".into() },
    ]
}

const LONGEST_SITE: &str = concat!(
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.",
    "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.",
    "ddddddddddddddddddddddddddddddddddddddddddddddddddddd.example"
);

pub(super) fn make() -> Vec<Vector> {
    let mut rng = TestRng::new("nightsafe envelope-v1 vectors");
    let suites = [Suite::XWing, Suite::X25519];
    suites
        .into_iter()
        .flat_map(|suite| cases().into_iter().map(move |case| (suite, case)))
        .map(|(suite, case)| vector(suite, case, &mut rng))
        .collect()
}

fn vector(suite: Suite, case: Case, rng: &mut TestRng) -> Vector {
    let (secret, key) = key(suite, rng);
    let (mut manifest, mut tag) = (ManifestHash([0; 32]), Tag([0; 32]));
    rng.fill_bytes(&mut manifest.0);
    rng.fill_bytes(&mut tag.0);
    let (site, kind) = (Site::parse(case.site).unwrap(), KindName::parse(case.kind).unwrap());
    let context = Context { site: &site, manifest: &manifest, kind: &kind, tag: &tag };
    let (value, bucket) = (Value::text(case.value.clone()).unwrap(), Bucket::new(case.bucket).unwrap());
    let envelope = seal(key.public_key(), &context, &value, bucket, rng).unwrap();
    Vector {
        comment: case.comment,
        suite: suite.name(),
        skR: hex(&secret),
        pkR: hex(key.public_key().as_bytes()),
        enc: hex(envelope.enc()),
        info: hex(&context.info()),
        aad: hex(&context.aad(&key.public_key().key_id())),
        pt: hex(&pad(&value.to_cbor(), bucket).unwrap()),
        ct: hex(envelope.ciphertext()),
        value: case.value,
        site: case.site,
        manifest: manifest.to_hex(),
        key_id: key.public_key().key_id().to_hex(),
        kind: case.kind,
        tag: tag.to_hex(),
        bucket: case.bucket,
        envelope: hex(envelope.as_bytes()),
        envelope_hash: envelope.hash().to_hex(),
    }
}

#[test]
fn they_open() {
    let vectors = read("envelope-v1.json");
    let vectors = vectors.as_array().unwrap();
    assert!(vectors.len() >= 12);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let suite = Suite::from_name(text("suite")).unwrap();
        let key = key_of(suite, &bytes(vector, "skR").try_into().unwrap());
        assert_eq!(key.public_key().as_bytes(), bytes(vector, "pkR"));
        let envelope = Envelope::parse(bytes(vector, "envelope")).unwrap();
        assert_eq!(envelope.hash().to_hex(), text("envelope_hash"));
        assert_eq!((envelope.enc(), envelope.ciphertext()), (&bytes(vector, "enc")[..], &bytes(vector, "ct")[..]));
        let (site, kind) = (Site::parse(text("site")).unwrap(), KindName::parse(text("kind")).unwrap());
        let (manifest, tag) = (ManifestHash::from_hex(text("manifest")).unwrap(), Tag::from_hex(text("tag")).unwrap());
        let context = Context { site: &site, manifest: &manifest, kind: &kind, tag: &tag };
        assert_eq!(context.info(), bytes(vector, "info"));
        assert_eq!(context.aad(&envelope.key_id()), bytes(vector, "aad"));
        assert_eq!(open(&key, &envelope, &context).unwrap().as_text(), Some(text("value")));
        let padded = bytes(vector, "pt");
        assert_eq!(Value::from_cbor(unpad(&padded).unwrap()).unwrap().as_text(), Some(text("value")));
        assert_eq!(padded.len() as u64 % vector["bucket"].as_u64().unwrap(), 0);
        assert!(text("pt").contains(&hex(text("value").as_bytes())));
    }
}
