use super::reseal::opens_to;
use super::*;
use crate::anchor::{Origin, TrustAnchor, WasmFile};
use crate::deposit::{Deposit, DepositParts, FieldToSeal, Order, assemble};
use crate::encoding::b64;
use crate::envelope::tests::key;
use crate::facets::derive_all;
use crate::manifest::{self, DataKey, KeyManifest};
use crate::note::NoteSigner;
use crate::policy::builtin;
use crate::scalar::{KindName, PartName};
use crate::suite::Suite;
use crate::testing::TestRng;
use crate::time::UnixTime;

const SUITE: Suite = Suite::X25519;

fn site() -> Site {
    Site::parse("demo.nightsafe.example").unwrap()
}

fn now() -> UnixTime {
    UnixTime::parse("2026-11-21T12:00:00Z").unwrap()
}

fn signer(name: &'static str) -> NoteSigner {
    NoteSigner::generate(name, &mut TestRng::new(name)).unwrap()
}

fn origin() -> Origin {
    Origin::parse("http://localhost:4803").unwrap()
}

/// The built-in kinds, and a second address whose facets come after those of the first.
fn kinds() -> Vec<Kind> {
    let mut kinds = builtin();
    let mut second = kinds.iter().find(|kind| kind.name.as_str() == "address").unwrap().clone();
    second.name = KindName::parse("address.shipping").unwrap();
    kinds.push(second);
    kinds
}

fn manifest(sequence: u64) -> VerifiedManifest {
    let manifest = KeyManifest {
        site: site(),
        sequence,
        not_before: now(),
        not_after: now().plus_days(300),
        ingest: origin(),
        parents: vec![Origin::parse("http://localhost:4801").unwrap()],
        timestamp_key: signer("timestamp").vkey().clone(),
        receipt_key: signer("receipt").vkey().clone(),
        data_keys: vec![DataKey::new(now(), key(SUITE).public_key())],
        kinds: kinds(),
    };
    let wasm = WasmFile { name: "checkout.wasm".into(), integrity: format!("sha384-{}", b64(&[0; 48])) };
    let anchor = TrustAnchor {
        site: site(),
        site_keys: vec![signer("site").vkey().clone()],
        threshold: 1,
        sequence_floor: 1,
        ingest: origin(),
        wasm: wasm.clone(),
        wasm_portable: wasm,
    };
    let note = manifest::sign(&manifest, &[&signer("site")]).unwrap();
    manifest::verify_at_any_time(&note, &anchor).unwrap()
}

fn opener() -> Opener {
    Opener::new(site(), vec![key(SUITE).clone()], vec![manifest(1)])
}

fn record(parts: &[(&str, &str)]) -> Value {
    let part = |(name, text): &(&str, &str)| (PartName::parse(name).unwrap(), String::from(*text).into());
    Value::record(parts.iter().map(part).collect()).unwrap()
}

fn address(postal_code: &str) -> Value {
    record(&[("line1", "Hauptstr. 1"), ("postal_code", postal_code), ("city", "Berlin"), ("country", "DE")])
}

fn card() -> Value {
    record(&[("number", "4111111111111111"), ("expiry", "2028-01")])
}

/// A deposit as the browser makes it, facets derived from its values.
fn deposit(stream: &'static str, fields: &[(&str, Value)]) -> Deposit {
    let facets = derive_all(&kinds(), fields.iter().map(|(kind, value)| (*kind, 0, value)));
    assembled(stream, fields, &facets)
}

fn assembled(stream: &'static str, fields: &[(&str, Value)], facets: &Facets) -> Deposit {
    let (kinds, manifest) = (kinds(), manifest(1));
    let kind = |name: &str| kinds.iter().find(|kind| kind.name.as_str() == name).unwrap();
    let fields: Vec<_> = fields.iter().map(|(name, value)| FieldToSeal { kind: kind(name), index: 0, value }).collect();
    let order = Order {
        site: &site(),
        reference: &Reference::parse("ORDER-1").unwrap(),
        manifest: &manifest.hash(),
        key: key(SUITE).public_key(),
        facets,
        now: now(),
    };
    assemble(&order, &fields, &mut TestRng::new(stream)).unwrap()
}

/// Reads a deposit's index row, after `edit` has had it.
fn located(parts: &DepositParts, edit: impl FnOnce(&mut SealedDeposit<'_>)) -> OpenedDeposit {
    let facets: Vec<_> = parts.facets.iter().collect();
    let mut row = SealedDeposit {
        site: parts.site.as_str(),
        reference: parts.reference.as_str(),
        manifest: parts.manifest,
        key_id: parts.key_id,
        facets: &facets,
        locator: parts.locator.as_bytes(),
    };
    edit(&mut row);
    opener().open_locator(&row)
}

/// Opens the fields of the kinds named, and checks the others.
fn opened(parts: &DepositParts, open: &[&str]) -> (Vec<(String, Value)>, Vec<&'static str>) {
    let (opener, located) = (opener(), located(parts, |_| {}));
    let is_open = |kind: &KindName| open.contains(&kind.as_str());
    let (rows, rest): (Vec<_>, Vec<_>) = parts.fields.iter().partition(|field| is_open(&field.kind));
    let rows: Vec<_> = rows.iter().map(|row| SealedRow { tag: row.tag, envelope: row.envelope.as_bytes() }).collect();
    let present: Vec<_> = rest.iter().map(|row| (row.tag, row.envelope.hash())).collect();
    let values = opener.open_rows(&located, &rows, &present);
    let fields = values.fields.into_iter().map(|(listed, value)| (listed.field.kind.to_string(), value)).collect();
    (fields, values.differences.iter().map(Difference::code).collect())
}

fn codes(located: &OpenedDeposit) -> Vec<(&'static str, Option<&'static str>)> {
    located.differences().iter().map(|one| (one.code(), one.facet().map(Facet::name))).collect()
}

#[test]
fn an_untouched_deposit_opens_without_a_difference() {
    let parts = deposit("untouched", &[("card", card()), ("address", address("10115"))]).into_parts();
    let located = located(&parts, |_| {});
    assert_eq!(codes(&located), []);
    let opener = opener();
    let listed: Vec<_> = opener.listed(&located).collect();
    assert_eq!(listed.iter().map(|one| one.field.kind.as_str()).collect::<Vec<_>>(), ["address", "card"]);
    assert!(listed.iter().all(|one| one.kind.is_some_and(|kind| kind.name == one.field.kind)));
    assert!(listed.iter().all(|one| parts.fields.iter().any(|row| row.tag == one.tag)));

    assert_eq!(opened(&parts, &["card"]), (vec![("card".into(), card())], vec![]));
    assert_eq!(opened(&parts, &[]), (vec![], vec![]));
}

#[test]
fn an_edited_index_row_is_named_member_by_member() {
    let parts = deposit("edited", &[("card", card())]).into_parts();
    assert_eq!(codes(&located(&parts, |row| row.site = "other.example")), [("site_edited", None)]);
    assert_eq!(codes(&located(&parts, |row| row.reference = "ORDER-2")), [("reference_edited", None)]);
    // Not even of the form of a reference
    assert_eq!(codes(&located(&parts, |row| row.reference = "<b>")), [("reference_edited", None)]);
    assert_eq!(codes(&located(&parts, |row| row.key_id = KeyId([9; 16]))), [("key_unknown", None)]);
    assert_eq!(codes(&located(&parts, |row| row.locator = &[1])), [("locator_unreadable", None)]);
    assert_eq!(
        codes(&located(&parts, |row| row.manifest = manifest(2).hash())),
        [("manifest_unpublished", None), ("locator_unreadable", None)]
    );
    const EDITED: &[(&str, &str)] = &[("brand", "visa"), ("last4", "9999"), ("expiry", "?"), ("country", "FR")];
    assert_eq!(
        codes(&located(&parts, |row| row.facets = EDITED)),
        [("facet_edited", Some("last4")), ("facet_edited", Some("expiry")), ("facet_edited", Some("country"))]
    );
    assert_eq!(codes(&located(&parts, |row| row.facets = &EDITED[..1])).len(), 2);
}

#[test]
fn a_deposit_under_a_manifest_that_nobody_signed_opens_with_a_warning() {
    let parts = deposit("unpublished", &[("card", card())]).into_parts();
    let facets: Vec<_> = parts.facets.iter().collect();
    let row = SealedDeposit {
        site: parts.site.as_str(),
        reference: parts.reference.as_str(),
        manifest: parts.manifest,
        key_id: parts.key_id,
        facets: &facets,
        locator: parts.locator.as_bytes(),
    };
    let opener = Opener::new(site(), vec![key(SUITE).clone()], vec![]);
    let located = opener.open_locator(&row);
    assert_eq!(codes(&located), [("manifest_unpublished", None)]);
    assert!(opener.listed(&located).all(|one| one.kind.is_none()));
}

#[test]
fn another_deposits_locator_is_named_by_its_facts_and_fields() {
    let one = deposit("one", &[("card", card())]).into_parts();
    let two = deposit("two", &[("phone", Value::text(String::from("+4930123456")).unwrap())]).into_parts();
    let mut swapped = one.clone();
    swapped.locator = two.locator.clone();
    assert!(!codes(&located(&swapped, |_| {})).is_empty());
    assert_eq!(opened(&swapped, &["card", "phone"]), (vec![], vec!["field_missing"]));
}

#[test]
fn fields_resealed_dropped_exchanged_and_damaged_give_no_value() {
    let one = deposit("one", &[("card", card()), ("address", address("10115"))]).into_parts();
    let two = deposit("two", &[("card", card()), ("address", address("10115"))]).into_parts();
    let place = |parts: &DepositParts| parts.fields.iter().position(|row| row.kind.as_str() == "card").unwrap();

    let mut dropped = one.clone();
    dropped.fields.remove(place(&one));
    assert_eq!(opened(&dropped, &["card"]), (vec![], vec!["field_missing"]));
    assert_eq!(opened(&dropped, &["address"]).1, ["field_missing"], "also when only the hash is asked for");

    let mut exchanged = one.clone();
    exchanged.fields[place(&one)].envelope = two.fields[place(&two)].envelope.clone();
    assert_eq!(opened(&exchanged, &["card"]), (vec![], vec!["field_exchanged"]));
    assert_eq!(opened(&exchanged, &[]).1, ["field_replaced"]);

    let mut resealed = one.clone();
    let row = &mut resealed.fields[place(&one)];
    let context = Context { site: &one.site, manifest: &one.manifest, kind: &row.kind, tag: &row.tag };
    let bucket = crate::padding::Bucket::new(128).unwrap();
    let other = record(&[("number", "5555555555554444"), ("expiry", "2028-01")]);
    let mut rng = TestRng::new("resealed");
    row.envelope = envelope::seal(key(SUITE).public_key(), &context, &other, bucket, &mut rng).unwrap();
    assert_eq!(opened(&resealed, &["card"]), (vec![], vec!["field_resealed"]));

    // Beside the deposited one, it is named and the deposited value opens
    let mut added = one.clone();
    added.fields.push(resealed.fields[place(&one)].clone());
    assert_eq!(opened(&added, &["card"]), (vec![("card".into(), card())], vec!["field_added"]));

    // Bytes that are no envelope
    let (opener, located) = (opener(), located(&one, |_| {}));
    let tag = one.fields[place(&one)].tag;
    let values = opener.open_rows(&located, &[SealedRow { tag, envelope: &[1, 2, 3] }], &[]);
    assert!(values.fields.is_empty());
    assert!(values.differences.iter().any(|one| one.code() == "field_exchanged"));
}

#[test]
fn facets_are_derived_again_from_what_opens() {
    let lie = Facets::from_pairs([("brand", "visa"), ("last4", "2222")]).unwrap();
    let parts = assembled("lie", &[("card", card())], &lie).into_parts();
    assert_eq!(opened(&parts, &["card"]).1, ["facet_mismatch"]);
    assert_eq!(opened(&parts, &[]).1, Vec::<&str>::new());
}

#[test]
fn a_facet_that_an_unopened_kind_gave_is_not_called_a_mismatch() {
    let fields = [("address", address("10115")), ("address.shipping", address("20095"))];
    let parts = deposit("two addresses", &fields).into_parts();
    assert_eq!(parts.facets.get(Facet::PostalCode), Some("10115"));
    for open in [&["address.shipping"][..], &["address"], &["address", "address.shipping"]] {
        assert_eq!(opened(&parts, open).1, Vec::<&str>::new(), "{open:?}");
    }
}

/// The data key that deposits are sealed anew to.
fn next_key() -> PrivateItems {
    PrivateItems::generate(Suite::XWing, &mut TestRng::new("the next key")).unwrap()
}

fn reseal(parts: &DepositParts, edit: impl FnOnce(&mut SealedDeposit<'_>)) -> Result<Resealed, NotResealed> {
    let (next, hash, located) = (next_key(), manifest(2).hash(), located(parts, edit));
    let target = Target { key: next.public_key(), manifest: &hash };
    let rows: Vec<_> =
        parts.fields.iter().map(|row| SealedRow { tag: row.tag, envelope: row.envelope.as_bytes() }).collect();
    let opener = Opener::new(site(), vec![key(SUITE).clone(), next_key()], vec![manifest(1), manifest(2)]);
    opener.reseal(&located, &rows, &[], &target, &mut TestRng::new("reseal"))
}

#[test]
fn nothing_is_sealed_to_a_key_that_cannot_be_opened_with() {
    let parts = deposit("before", &[("card", card())]).into_parts();
    let (next, manifest, located) = (next_key(), manifest(2).hash(), located(&parts, |_| {}));
    let target = Target { key: next.public_key(), manifest: &manifest };
    let rows: Vec<_> =
        parts.fields.iter().map(|row| SealedRow { tag: row.tag, envelope: row.envelope.as_bytes() }).collect();
    let resealed = opener().reseal(&located, &rows, &[], &target, &mut TestRng::new("reseal"));
    assert_eq!(resealed.err(), Some(NotResealed::NotHeld));
}

#[test]
fn what_was_sealed_wrongly_is_not_taken_for_what_was_there() {
    let parts = deposit("before", &[("card", card()), ("address", address("10115"))]).into_parts();
    let other = deposit("other", &[("card", card()), ("address", address("10115"))]).into_parts();
    let (next, hash, older) = (next_key(), manifest(2).hash(), manifest(1).hash());
    let (located, opener) = (located(&parts, |_| {}), opener());
    let rows: Vec<_> =
        parts.fields.iter().map(|row| SealedRow { tag: row.tag, envelope: row.envelope.as_bytes() }).collect();
    let opened = opener.open_rows(&located, &rows, &[]);
    let bucket = crate::padding::Bucket::new(256).unwrap();
    let values: Vec<_> = opened.fields.iter().map(|(listed, value)| (listed.field, value, bucket)).collect();
    let locator = located.locator.as_ref().unwrap();
    let good = || reseal(&parts, |_| {}).unwrap();
    let opens =
        |key: &PrivateItems, resealed: &Resealed, manifest| opens_to(key, resealed, (locator, &values), manifest);
    assert!(opens(&next, &good(), &hash));
    assert!(!opens(key(SUITE), &good(), &hash), "another key");
    assert!(!opens(&next, &good(), &older), "another manifest");
    let edits: [fn(&mut Resealed, &Resealed); 5] = [
        |one, other| one.locator = other.locator.clone(),
        |one, other| one.fields[0].envelope = other.fields[0].envelope.clone(),
        |one, _| one.fields.swap(0, 1),
        |one, _| drop(one.fields.pop()),
        |one, other| one.fields[1].before = other.fields[1].before,
    ];
    let foreign = reseal(&other, |_| {}).unwrap();
    for (number, edit) in edits.into_iter().enumerate() {
        let mut wrong = good();
        edit(&mut wrong, &foreign);
        assert!(!opens(&next, &wrong, &hash), "{number}");
    }
    // Another value in the right place
    let card = opened.fields.iter().position(|(listed, _)| listed.field.kind.as_str() == "card").unwrap();
    let mut swapped = values.clone();
    swapped[card].1 = values[1 - card].1;
    assert!(!opens_to(&next, &good(), (locator, &swapped), &hash));
}

#[test]
fn what_is_sealed_anew_says_the_same_in_the_same_place_to_another_key() {
    let fields = [("card", card()), ("address", address("10115"))];
    let before = deposit("before", &fields).into_parts();
    let resealed = reseal(&before, |_| {}).unwrap();
    assert_eq!(resealed.before, before.locator.hash());
    let mut after = before.clone();
    (after.manifest, after.key_id) = (manifest(2).hash(), next_key().public_key().key_id());
    after.locator = resealed.locator;
    assert_eq!(resealed.fields.len(), 2);
    for row in &mut after.fields {
        let new = resealed.fields.iter().find(|new| new.tag == row.tag).unwrap();
        assert_eq!(new.before, row.envelope.hash());
        assert_eq!((new.envelope.key_id(), new.envelope.suite()), (after.key_id, Suite::XWing));
        assert_eq!(new.envelope.ciphertext().len(), row.envelope.ciphertext().len(), "as long as before");
        row.envelope = new.envelope.clone();
    }
    // Who has the next key and both manifests
    let facets: Vec<_> = after.facets.iter().collect();
    let opened = |keys: Vec<PrivateItems>| {
        let opener = Opener::new(site(), keys, vec![manifest(1), manifest(2)]);
        let row = SealedDeposit {
            site: after.site.as_str(),
            reference: after.reference.as_str(),
            manifest: after.manifest,
            key_id: after.key_id,
            facets: &facets,
            locator: after.locator.as_bytes(),
        };
        let located = opener.open_locator(&row);
        let rows: Vec<_> =
            after.fields.iter().map(|row| SealedRow { tag: row.tag, envelope: row.envelope.as_bytes() }).collect();
        let values = opener.open_rows(&located, &rows, &[]);
        let kinds: Vec<_> =
            values.fields.iter().map(|(listed, value)| (listed.field.kind.to_string(), value.clone())).collect();
        let codes: Vec<_> = located.differences().iter().chain(&values.differences).map(Difference::code).collect();
        (kinds, codes)
    };
    let values = vec![("address".into(), address("10115")), ("card".into(), card())];
    assert_eq!(opened(vec![key(SUITE).clone(), next_key()]), (values, vec![]));
    assert_eq!(opened(vec![key(SUITE).clone()]), (vec![], vec!["key_unknown"]), "the old key opens nothing");
}

#[test]
fn what_is_not_as_it_was_deposited_is_not_sealed_anew() {
    let one = deposit("one", &[("card", card()), ("address", address("10115"))]).into_parts();
    let two = deposit("two", &[("card", card()), ("address", address("10115"))]).into_parts();
    let codes = |parts: &DepositParts| match reseal(parts, |_| {}) {
        Err(NotResealed::Differs(differences)) => differences.iter().map(Difference::code).collect::<Vec<_>>(),
        _ => panic!(),
    };
    let mut damaged = one.clone();
    damaged.fields[0].envelope = two.fields[0].envelope.clone();
    assert_eq!(codes(&damaged), ["field_exchanged"]);
    damaged.fields.remove(0);
    assert_eq!(codes(&damaged), ["field_missing"]);
    let mut added = one.clone();
    let more = crate::deposit::Field { envelope: two.fields[0].envelope.clone(), ..one.fields[0].clone() };
    added.fields.push(more);
    assert_eq!(codes(&added), ["field_added"]);
    let edited = reseal(&one, |row| row.reference = "ORDER-2");
    assert_eq!(edited.unwrap_err(), NotResealed::Differs(vec![Difference::ReferenceEdited]));
    let unreadable = reseal(&one, |row| row.locator = &[1]);
    assert_eq!(unreadable.unwrap_err(), NotResealed::Differs(vec![Difference::LocatorUnreadable]));
    // Only its hash is known of one field
    let (next, manifest, located) = (next_key(), manifest(2).hash(), located(&one, |_| {}));
    let target = Target { key: next.public_key(), manifest: &manifest };
    let [first, second] = [0, 1].map(|place| &one.fields[place]);
    let rows = [SealedRow { tag: first.tag, envelope: first.envelope.as_bytes() }];
    let present = [(second.tag, second.envelope.hash())];
    let opener = Opener::new(site(), vec![key(SUITE).clone(), next_key()], Vec::new());
    let few = opener.reseal(&located, &rows, &present, &target, &mut TestRng::new("few"));
    assert_eq!(few.unwrap_err(), NotResealed::Incomplete);
}
