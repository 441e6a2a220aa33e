//! `reseal-v1.json`: the deposits of `deposit-v1.json`, sealed anew.

use super::{bytes, key, key_of, read};
use crate::encoding::hex;
use crate::envelope::{Context, Envelope, open};
use crate::keys::PrivateItems;
use crate::locator::{Locator, LocatorField};
use crate::opening::{Target, seal_anew};
use crate::padding::Bucket;
use crate::scalar::{ManifestHash, Site, Tag};
use crate::suite::Suite;
use crate::testing::TestRng;
use serde::Serialize;

#[derive(Serialize)]
#[allow(non_snake_case)] // As in `envelope-v1.json`
pub(super) struct Vector {
    /// Its place in `deposit-v1.json`.
    deposit: usize,
    suite: &'static str,
    skR: String,
    manifest: String,
    key_id: String,
    before: String,
    locator_plaintext: String,
    locator: String,
    fields: Vec<FieldVector>,
}

#[derive(Serialize)]
struct FieldVector {
    kind: String,
    index: u32,
    tag: String,
    before: String,
    envelope: String,
    envelope_hash: String,
}

const MANIFEST: ManifestHash = ManifestHash([0x5e; 32]);

pub(super) fn make() -> Vec<Vector> {
    let deposits = super::deposit::make();
    let deposits = serde_json::to_value(&deposits).unwrap();
    deposits.as_array().unwrap().iter().enumerate().map(|(place, deposit)| vector(place, deposit)).collect()
}

/// To a key of X-Wing, whatever it was before: a suite may change with the key.
fn vector(place: usize, deposit: &serde_json::Value) -> Vector {
    let mut rng = TestRng::new(["nightsafe reseal-v1 0", "nightsafe reseal-v1 1", "nightsafe reseal-v1 2"][place]);
    let (old, site, manifest) = of(deposit);
    let (secret, new) = key(Suite::XWing, &mut rng);
    let sealed = Envelope::parse(bytes(deposit, "locator")).unwrap();
    let locator = Locator::open(&old, &sealed, &site, &manifest).unwrap();
    let fields = deposit["fields"].as_array().unwrap();
    let opened: Vec<_> = locator.fields().iter().map(|field| opened(&old, &site, &manifest, fields, field)).collect();
    let values: Vec<_> =
        locator.fields().iter().zip(&opened).map(|(field, (value, bucket))| (field, value, *bucket)).collect();
    let target = Target { key: new.public_key(), manifest: &MANIFEST };
    let (after, resealed) = seal_anew(&locator, &values, &target, &mut rng).unwrap();
    let reopened = Locator::open(&new, &after, &site, &MANIFEST).unwrap();
    let field = |(field, new): (&LocatorField, &crate::opening::ResealedField)| FieldVector {
        kind: field.kind.as_str().into(),
        index: field.index,
        tag: new.tag.to_hex(),
        before: new.before.to_hex(),
        envelope: hex(new.envelope.as_bytes()),
        envelope_hash: new.envelope.hash().to_hex(),
    };
    Vector {
        deposit: place,
        suite: new.public_key().suite().name(),
        skR: hex(&secret),
        manifest: MANIFEST.to_hex(),
        key_id: new.public_key().key_id().to_hex(),
        before: sealed.hash().to_hex(),
        locator_plaintext: hex(&reopened.to_cbor()),
        locator: hex(after.as_bytes()),
        fields: locator.fields().iter().zip(&resealed).map(field).collect(),
    }
}

/// Key, site and manifest of a vector.
fn of(vector: &serde_json::Value) -> (PrivateItems, Site, ManifestHash) {
    let text = |name: &str| vector[name].as_str().unwrap();
    let key = key_of(Suite::from_name(text("suite")).unwrap(), &bytes(vector, "skR").try_into().unwrap());
    (key, Site::parse(text("site")).unwrap(), ManifestHash::from_hex(text("manifest")).unwrap())
}

fn opened(
    key: &PrivateItems,
    site: &Site,
    manifest: &ManifestHash,
    fields: &[serde_json::Value],
    listed: &LocatorField,
) -> (crate::value::Value, Bucket) {
    let is_it = |field: &&serde_json::Value| {
        field["kind"] == listed.kind.as_str() && field["index"].as_u64() == Some(listed.index.into())
    };
    let field = fields.iter().find(is_it).unwrap();
    let envelope = Envelope::parse(bytes(field, "envelope")).unwrap();
    let tag = Tag::from_hex(field["tag"].as_str().unwrap()).unwrap();
    let value = open(key, &envelope, &Context { site, manifest, kind: &listed.kind, tag: &tag }).unwrap();
    (value, Bucket::new((envelope.ciphertext().len() - 16) as u16).unwrap())
}

#[test]
fn they_open_to_the_same() {
    let deposits = read("deposit-v1.json");
    for vector in read("reseal-v1.json").as_array().unwrap() {
        let deposit = &deposits[vector["deposit"].as_u64().unwrap() as usize];
        let (_, site, _) = of(deposit);
        let key = key_of(Suite::XWing, &bytes(vector, "skR").try_into().unwrap());
        let manifest = ManifestHash::from_hex(vector["manifest"].as_str().unwrap()).unwrap();
        assert_eq!(vector["before"], hex(Envelope::parse(bytes(deposit, "locator")).unwrap().hash().as_bytes()));
        let sealed = Envelope::parse(bytes(vector, "locator")).unwrap();
        let locator = Locator::open(&key, &sealed, &site, &manifest).unwrap();
        assert_eq!(locator.to_cbor().as_slice(), bytes(vector, "locator_plaintext"));
        let (fields, old) = (vector["fields"].as_array().unwrap(), deposit["fields"].as_array().unwrap());
        assert_eq!(fields.len(), old.len());
        for (listed, field) in locator.fields().iter().zip(fields) {
            assert_eq!(field["envelope_hash"], listed.hash.to_hex());
            assert_eq!(field["tag"], locator.tag(&listed.kind, listed.index).to_hex());
            let was = old.iter().find(|was| was["tag"] == field["tag"]).unwrap();
            assert_eq!(was["envelope_hash"], field["before"]);
            let (value, _) = opened(&key, &site, &manifest, fields, listed);
            assert_eq!(value.to_cbor().as_slice(), bytes(was, "cbor"));
        }
    }
}
