use super::*;
use crate::deposit::{Deposit, DepositParts, tests::deposit};
use crate::envelope::{self, Context, Envelope, tests::key};
use crate::padding::Bucket;
use crate::suite::Suite;
use crate::testing::TestRng;
use crate::value::Value;

const SUITE: Suite = Suite::X25519;

fn two() -> [Deposit; 2] {
    let fields = [("phone", 0, "+49301"), ("text", 0, "ring twice")];
    [deposit(SUITE, "one", &fields), deposit(SUITE, "two", &fields)]
}

fn locator(parts: &DepositParts) -> Locator {
    Locator::open(key(SUITE), &parts.locator, &parts.site, &parts.manifest).unwrap()
}

/// What an admin's browser finds: it opens whatever lies under the tags.
fn found(parts: &DepositParts, locator: &Locator, tried: bool) -> Vec<Difference> {
    let mut rows = Vec::new();
    for field in locator.fields() {
        let tag = locator.tag(&field.kind, field.index);
        let context = Context { site: &parts.site, manifest: &parts.manifest, kind: &field.kind, tag: &tag };
        for row in parts.fields.iter().filter(|row| row.tag == tag) {
            let opens = match envelope::open(key(SUITE), &row.envelope, &context) {
                _ if !tried => Opens::NotTried,
                Ok(_) => Opens::Yes,
                Err(_) => Opens::No,
            };
            rows.push(RowFact { tag, hash: row.envelope.hash(), opens });
        }
    }
    let index = IndexFacts { site: &parts.site, reference: &parts.reference, facets: &parts.facets };
    compare(&index, locator, &rows)
}

fn codes(differences: &[Difference]) -> Vec<(&'static str, Option<&str>)> {
    differences.iter().map(|d| (d.code(), d.field().map(|(kind, _)| kind.as_str()))).collect()
}

fn row(parts: &DepositParts, kind: &str) -> usize {
    parts.fields.iter().position(|field| field.kind.as_str() == kind).unwrap()
}

fn resealed(parts: &DepositParts, kind: &str) -> Envelope {
    let field = &parts.fields[row(parts, kind)];
    let context = Context { site: &parts.site, manifest: &parts.manifest, kind: &field.kind, tag: &field.tag };
    let value = Value::text(String::from("+49666")).unwrap();
    let bucket = Bucket::new(32).unwrap();
    envelope::seal(key(SUITE).public_key(), &context, &value, bucket, &mut TestRng::new("thief")).unwrap()
}

#[test]
fn an_untouched_deposit_has_no_difference() {
    for deposit in two() {
        assert_eq!(found(deposit.parts(), &locator(deposit.parts()), true), []);
    }
}

#[test]
fn exchanged_fields_of_two_deposits() {
    let [one, two] = two().map(Deposit::into_parts);
    let mut swapped = one.clone();
    let place = row(&one, "phone");
    swapped.fields[place].envelope = two.fields[row(&two, "phone")].envelope.clone();
    assert_eq!(codes(&found(&swapped, &locator(&one), true)), [("field_exchanged", Some("phone"))]);
    assert_eq!(codes(&found(&swapped, &locator(&one), false)), [("field_replaced", Some("phone"))]);
    // Within one deposit the list of hashes alone shows it
    let mut swapped = one.clone();
    let (a, b) = (row(&one, "phone"), row(&one, "text"));
    swapped.fields[a].envelope = one.fields[b].envelope.clone();
    assert_eq!(codes(&found(&swapped, &locator(&one), false)), [("field_exchanged", Some("phone"))]);
}

#[test]
fn a_resealed_a_dropped_and_an_added_field() {
    let [one, _] = two().map(Deposit::into_parts);
    let place = row(&one, "phone");
    let mut changed = one.clone();
    changed.fields[place].envelope = resealed(&one, "phone");
    assert_eq!(codes(&found(&changed, &locator(&one), true)), [("field_resealed", Some("phone"))]);

    let mut changed = one.clone();
    changed.fields.remove(place);
    assert_eq!(codes(&found(&changed, &locator(&one), true)), [("field_missing", Some("phone"))]);

    let mut changed = one.clone();
    let mut added = one.fields[place].clone();
    added.envelope = resealed(&one, "phone");
    changed.fields.insert(0, added);
    assert_eq!(codes(&found(&changed, &locator(&one), true)), [("field_added", Some("phone"))]);
}

#[test]
fn an_edited_index_row() {
    let [one, _] = two().map(Deposit::into_parts);
    let mut changed = one.clone();
    changed.reference = Reference::parse("ORDER-2").unwrap();
    changed.facets = Facets::from_pairs([("country", "DE"), ("postal_code", "20095"), ("last4", "4242")]).unwrap();
    let differences = found(&changed, &locator(&one), true);
    assert_eq!(
        differences,
        [
            Difference::ReferenceEdited,
            Difference::FacetEdited { facet: Facet::Last4 },
            Difference::FacetEdited { facet: Facet::PostalCode },
        ]
    );
    let site = Site::parse("other.example").unwrap();
    let index = IndexFacts { site: &site, reference: &one.reference, facets: &one.facets };
    assert!(compare(&index, &locator(&one), &[]).contains(&Difference::SiteEdited));
}

#[test]
fn another_deposits_locator_and_a_forged_one() {
    let [one, two] = two().map(Deposit::into_parts);
    // Its tags lead to the other deposit's fields, its facts are the other's
    let exchanged = locator(&two);
    assert_eq!(
        codes(&found(&one, &exchanged, true)),
        [("field_missing", Some("phone")), ("field_missing", Some("text"))]
    );
    // Ingest can seal a locator, but does not know the secret that the tags came from
    let genuine = locator(&one);
    let forged = Locator::new(
        crate::scalar::LocatorSecret::from_bytes([0; 32]),
        one.site.clone(),
        one.reference.clone(),
        one.facets.clone(),
        genuine.fields().to_vec(),
    );
    let forged = forged.unwrap().seal(key(SUITE).public_key(), &one.manifest, &mut TestRng::new("forged")).unwrap();
    let forged = Locator::open(key(SUITE), &forged, &one.site, &one.manifest).unwrap();
    assert_eq!(codes(&found(&one, &forged, true)), [("field_missing", Some("phone")), ("field_missing", Some("text"))]);
}

#[test]
fn facets_that_do_not_follow_from_the_value() {
    let [one, _] = two().map(Deposit::into_parts);
    let derived = Facets::from_pairs([("country", "FR"), ("postal_code", "10115"), ("brand", "visa")]).unwrap();
    assert_eq!(compare_derived(&locator(&one), &derived), [Difference::FacetMismatch { facet: Facet::Country }]);
}
