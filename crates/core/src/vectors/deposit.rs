//! `deposit-v1.json`: whole deposits, with records, tags and locator.

use super::{bytes, key, key_of, read};
use crate::deposit::{Deposit, FieldToSeal, Order, assemble};
use crate::encoding::hex;
use crate::envelope::{Context, open};
use crate::facets::{Facets, derive_all};
use crate::locator::Locator;
use crate::policy::{Kind, builtin};
use crate::scalar::{DepositId, KindName, LocatorSecret, ManifestHash, Nonce, PartName, Reference, Site, Tag};
use crate::suite::Suite;
use crate::tag;
use crate::testing::TestRng;
use crate::time::UnixTime;
use crate::value::Value;
use rand_core::Rng;
use serde::Serialize;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

#[derive(Serialize)]
#[allow(non_snake_case)] // As in `envelope-v1.json`
pub(super) struct Vector {
    suite: &'static str,
    skR: String,
    site: &'static str,
    reference: &'static str,
    manifest: String,
    key_id: String,
    sealed_at: &'static str,
    facets: BTreeMap<String, String>,
    locator_secret: String,
    locator_plaintext: String,
    locator: String,
    fields: Vec<FieldVector>,
    nonce: String,
    canonical_body: String,
    deposit_id: String,
    json: String,
}

#[derive(Serialize)]
struct FieldVector {
    kind: String,
    index: u32,
    bucket: u16,
    retain: u16,
    /// A single text is the part `value`.
    parts: BTreeMap<String, String>,
    cbor: String,
    tag: String,
    expires: String,
    envelope: String,
    envelope_hash: String,
}

type Case = (&'static str, u32, &'static [(&'static str, &'static str)]);

const FIELDS: [Case; 6] = [
    ("card", 0, &[("number", "4242424242424242"), ("expiry", "2029-12"), ("holder", "Ada Lovelace")]),
    ("person.name", 0, &[("value", "Zoë Čapek")]),
    ("address", 0, &[("line1", "Hauptstraße 12"), ("postal_code", "10115"), ("city", "Berlin"), ("country", "DE")]),
    ("phone", 0, &[("value", "+493012345678")]),
    ("phone", 1, &[("value", "+12125550100")]),
    ("email", 0, &[("value", "ada@example.com")]),
];

pub(super) fn make() -> Vec<Vector> {
    [
        vector(Suite::XWing, "nightsafe deposit-v1 xwing", &FIELDS),
        vector(Suite::X25519, "nightsafe deposit-v1 x25519", &FIELDS),
        vector(Suite::X25519, "nightsafe deposit-v1 one field", &FIELDS[3..4]),
    ]
    .into()
}

fn value(parts: &[(&str, &str)]) -> Value {
    match parts {
        [("value", text)] => Value::text(String::from(*text)),
        _ => Value::record(
            parts.iter().map(|(name, text)| (PartName::parse(name).unwrap(), Zeroizing::new((*text).into()))).collect(),
        ),
    }
    .unwrap()
}

fn kind(name: &str) -> Kind {
    builtin().into_iter().find(|kind| kind.name.as_str() == name).unwrap()
}

fn vector(suite: Suite, stream: &'static str, cases: &'static [Case]) -> Vector {
    let (secret, key) = key(suite, &mut TestRng::new("nightsafe deposit-v1 keys"));
    let manifest = ManifestHash([0x4d; 32]);
    let (site, reference, sealed_at) = ("demo.nightsafe.example", "ORDER-2026/1121", "2026-11-21T09:30:00Z");
    let values: Vec<_> = cases.iter().map(|(name, index, parts)| (kind(name), *index, value(parts))).collect();
    let facets = derive_all(&builtin(), values.iter().map(|(kind, index, value)| (kind.name.as_str(), *index, value)));
    let order = Order {
        site: &Site::parse(site).unwrap(),
        reference: &Reference::parse(reference).unwrap(),
        manifest: &manifest,
        key: key.public_key(),
        facets: &facets,
        now: UnixTime::parse(sealed_at).unwrap(),
    };
    let fields: Vec<_> = values.iter().map(|(kind, index, value)| FieldToSeal { kind, index: *index, value }).collect();
    let deposit = assemble(&order, &fields, &mut TestRng::new(stream)).unwrap();
    let parts = deposit.parts();

    // The first 32 bytes of the stream
    let mut locator_secret = [0; 32];
    TestRng::new(stream).fill_bytes(&mut locator_secret);
    let locator = Locator::open(&key, &parts.locator, &parts.site, &manifest).unwrap();
    let field = |(kind, index, value): &(Kind, u32, Value)| {
        let tag = tag::derive(&LocatorSecret::from_bytes(locator_secret), &kind.name, *index);
        let field = parts.fields.iter().find(|field| field.tag == tag).unwrap();
        FieldVector {
            kind: kind.name.as_str().into(),
            index: *index,
            bucket: kind.bucket.get(),
            retain: kind.retain,
            parts: value.parts().map(|(name, text)| (name.into(), text.into())).collect(),
            cbor: hex(&value.to_cbor()),
            tag: tag.to_hex(),
            expires: field.expires.to_text(),
            envelope: hex(field.envelope.as_bytes()),
            envelope_hash: field.envelope.hash().to_hex(),
        }
    };
    Vector {
        suite: suite.name(),
        skR: hex(&secret),
        site,
        reference,
        manifest: manifest.to_hex(),
        key_id: parts.key_id.to_hex(),
        sealed_at,
        facets: facets.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        locator_secret: hex(&locator_secret),
        locator_plaintext: hex(&locator.to_cbor()),
        locator: hex(parts.locator.as_bytes()),
        fields: values.iter().map(field).collect(),
        nonce: hex(parts.nonce.as_bytes()),
        canonical_body: hex(&deposit.canonical_body()),
        deposit_id: deposit.id().to_hex(),
        json: deposit.to_json(),
    }
}

#[test]
fn they_open() {
    for vector in read("deposit-v1.json").as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap();
        let suite = Suite::from_name(text("suite")).unwrap();
        let key = key_of(suite, &bytes(vector, "skR").try_into().unwrap());
        let id = DepositId::from_hex(text("deposit_id")).unwrap();
        let nonce = Nonce::from_hex(text("nonce")).unwrap();
        let deposit = Deposit::from_canonical_body(&id, nonce, &bytes(vector, "canonical_body")).unwrap();
        assert_eq!(deposit.to_json(), text("json"));
        let parts = deposit.parts();
        let facets = vector["facets"].as_object().unwrap();
        let facets = Facets::from_pairs(facets.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())));
        assert_eq!(facets.as_ref(), Ok(&parts.facets));
        let locator = Locator::open(&key, &parts.locator, &parts.site, &parts.manifest).unwrap();
        assert_eq!(locator.to_cbor().as_slice(), bytes(vector, "locator_plaintext"));
        for field in vector["fields"].as_array().unwrap() {
            let kind = KindName::parse(field["kind"].as_str().unwrap()).unwrap();
            let tag = Tag::from_hex(field["tag"].as_str().unwrap()).unwrap();
            assert_eq!(locator.tag(&kind, field["index"].as_u64().unwrap() as u32), tag);
            let stored = parts.fields.iter().find(|stored| stored.tag == tag).unwrap();
            let context = Context { site: &parts.site, manifest: &parts.manifest, kind: &kind, tag: &tag };
            let value = open(&key, &stored.envelope, &context).unwrap();
            assert_eq!(value.to_cbor().as_slice(), bytes(field, "cbor"));
            for (name, part) in value.parts() {
                assert_eq!(field["parts"][name], part);
            }
        }
    }
}
