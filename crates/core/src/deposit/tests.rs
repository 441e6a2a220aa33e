use super::*;
use crate::envelope::{self, Context, tests::key};
use crate::facets::Facet;
use crate::locator::Locator;
use crate::policy::{Kind, builtin};
use crate::suite::Suite;
use crate::testing::TestRng;
use crate::time::UnixTime;
use crate::value::Value;
use proptest::prelude::*;
use std::collections::BTreeSet;

pub(crate) fn kind(name: &str) -> Kind {
    builtin().into_iter().find(|kind| kind.name.as_str() == name).unwrap()
}

/// A deposit of texts, each of kind, index and value.
pub(crate) fn deposit(suite: Suite, stream: &'static str, fields: &[(&str, u32, &str)]) -> Deposit {
    try_deposit(suite, stream, fields).unwrap()
}

fn try_deposit(suite: Suite, stream: &'static str, fields: &[(&str, u32, &str)]) -> Result<Deposit, DepositError> {
    let sealed: Vec<_> = fields
        .iter()
        .map(|(name, index, text)| (kind(name), *index, Value::text(String::from(*text)).unwrap()))
        .collect();
    let fields: Vec<_> = sealed.iter().map(|(kind, index, value)| FieldToSeal { kind, index: *index, value }).collect();
    let order = Order {
        site: &Site::parse("demo.nightsafe.example").unwrap(),
        reference: &Reference::parse("ORDER-1").unwrap(),
        manifest: &ManifestHash([1; 32]),
        key: key(suite).public_key(),
        facets: &Facets::from_pairs([("country", "DE"), ("postal_code", "10115")]).unwrap(),
        now: UnixTime::parse("2026-11-21T12:00:00Z").unwrap(),
    };
    assemble(&order, &fields, &mut TestRng::new(stream))
}

#[test]
fn what_was_deposited_is_found_and_opened() {
    for suite in [Suite::XWing, Suite::X25519] {
        let deposit =
            deposit(suite, "found", &[("phone", 0, "+49301234"), ("phone", 1, "+1212"), ("text", 0, "Zum Haus")]);
        let parts = deposit.parts();
        let locator = Locator::open(key(suite), &parts.locator, &parts.site, &parts.manifest).unwrap();
        assert_eq!((locator.reference(), locator.facets()), (&parts.reference, &parts.facets));
        for (listed, text) in locator.fields().iter().zip(["+49301234", "+1212", "Zum Haus"]) {
            let tag = locator.tag(&listed.kind, listed.index);
            let field = parts.fields.iter().find(|field| field.tag == tag).unwrap();
            assert_eq!(field.envelope.hash(), listed.hash);
            assert_eq!(field.expires.to_text(), "2028-11");
            let context = Context { site: &parts.site, manifest: &parts.manifest, kind: &field.kind, tag: &tag };
            assert_eq!(envelope::open(key(suite), &field.envelope, &context).unwrap().as_text(), Some(text));
        }
    }
}

#[test]
fn parts_that_do_not_belong_together() {
    let good = deposit(Suite::X25519, "good", &[("phone", 0, "1"), ("phone", 1, "2")]);
    let other = deposit(Suite::XWing, "other", &[("phone", 0, "1")]);
    let change = |change: &dyn Fn(&mut DepositParts)| {
        let mut parts = good.parts().clone();
        change(&mut parts);
        Deposit::check(&good.id(), parts)
    };
    assert_eq!(change(&|_| ()), Ok(good.clone()));
    assert_eq!(change(&|parts| parts.fields.clear()), Err(DepositError::Fields));
    assert_eq!(change(&|parts| parts.fields.reverse()), Err(DepositError::Fields));
    assert_eq!(change(&|parts| parts.fields[1] = parts.fields[0].clone()), Err(DepositError::Fields));
    assert_eq!(change(&|parts| parts.fields = vec![parts.fields[0].clone(); 33]), Err(DepositError::Fields));
    assert_eq!(change(&|parts| parts.key_id = KeyId([0; 16])), Err(DepositError::Key));
    assert_eq!(change(&|parts| parts.locator = other.parts().locator.clone()), Err(DepositError::Key));
    assert_eq!(change(&|parts| parts.fields[0].kind = KindName::locator()), Err(DepositError::Kind));
    assert_eq!(change(&|parts| parts.nonce = Nonce([0; 32])), Err(DepositError::Id));
    assert_eq!(change(&|parts| parts.reference = Reference::parse("ORDER-2").unwrap()), Err(DepositError::Id));
    assert_eq!(change(&|parts| parts.facets = Facets::default()), Err(DepositError::Id));
    assert_eq!(change(&|parts| parts.fields.truncate(1)), Err(DepositError::Id));
    assert_eq!(change(&|parts| parts.fields[0].expires = Month::parse("2099-01").unwrap()), Err(DepositError::Id));
}

#[test]
fn the_json_says_what_the_deposit_holds() {
    let deposit = deposit(Suite::X25519, "json", &[("phone", 0, "1"), ("text", 0, "2")]);
    let json: serde_json::Value = serde_json::from_str(&deposit.to_json()).unwrap();
    let keys: Vec<_> =
        json.as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect();
    assert_eq!(keys, ["facets", "fields", "id", "key_id", "locator", "manifest", "nonce", "reference", "site"]);
    assert_eq!(json["id"], deposit.id().to_hex());
    assert_eq!(json["facets"]["postal_code"], "10115");
    assert_eq!(json["fields"].as_array().unwrap().len(), 2);
    for (field, written) in deposit.parts().fields.iter().zip(json["fields"].as_array().unwrap()) {
        assert_eq!(written["tag"], field.tag.to_hex());
        assert_eq!(written["expires"], "2028-11");
        let envelope = crate::encoding::b64u_decode(written["envelope"].as_str().unwrap()).unwrap();
        assert_eq!(envelope, field.envelope.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Which assembling leaves out.
    #[test]
    fn what_was_assembled_belongs_together(
        texts in prop::collection::vec(("phone|text|card", 0..40_u32, "\\PC{0,40}"), 0..34),
        pair: bool,
    ) {
        let fields: Vec<_> = texts.iter().map(|(kind, index, text)| (kind.as_str(), *index, text.as_str())).collect();
        let places: BTreeSet<_> = fields.iter().map(|(kind, index, _)| (*kind, *index)).collect();
        let suite = if pair { Suite::XWing } else { Suite::X25519 };
        match try_deposit(suite, "assembled", &fields) {
            Ok(made) => {
                prop_assert_eq!(places.len(), fields.len());
                prop_assert_eq!(Deposit::check(&made.id(), made.parts().clone()), Ok(made));
            }
            Err(error) => {
                prop_assert_eq!(error, DepositError::Fields);
                prop_assert!(fields.is_empty() || fields.len() > MAX_FIELDS || places.len() < fields.len());
            }
        }
    }

    /// Facets are what a shopper's input gets into the JSON by.
    #[test]
    fn no_facet_needs_escaping(text in "[\\x00-\\x7f\"\\\\é😀]{0,8}(@[\\x00-\\x7f]{1,5}\\.de)?") {
        for facet in Facet::ALL {
            if let Ok(facets) = Facets::from_pairs([(facet.name(), text.as_str())]) {
                let mut parts = deposit(Suite::X25519, "json", &[("phone", 0, "1")]).into_parts();
                parts.facets = facets;
                let json: serde_json::Value = serde_json::from_str(&Deposit::new(parts).unwrap().to_json()).unwrap();
                prop_assert_eq!(&json["facets"][facet.name()], &text);
            }
        }
    }

    #[test]
    fn a_stored_body_reads_back_and_no_other_does(place: prop::sample::Index, bit in 0_u8..8) {
        let deposit = deposit(Suite::X25519, "body", &[("phone", 0, "1"), ("text", 0, "2")]);
        let (id, nonce, mut body) = (deposit.id(), deposit.parts().nonce, deposit.canonical_body());
        prop_assert_eq!(Deposit::from_canonical_body(&id, nonce, &body), Ok(deposit));
        let place = place.index(body.len());
        body[place] ^= 1 << bit;
        prop_assert!(Deposit::from_canonical_body(&id, nonce, &body).is_err());
        body.truncate(place);
        prop_assert_eq!(Deposit::from_canonical_body(&id, nonce, &body), Err(DepositError::Malformed));
    }

    #[test]
    fn another_nonce_or_value_is_another_id(a in "[a-z]{1,9}", b in "[a-z]{1,9}") {
        let first = deposit(Suite::X25519, "first", &[("text", 0, &a)]);
        let retry = deposit(Suite::X25519, "first", &[("text", 0, &a)]);
        let second = deposit(Suite::X25519, "second", &[("text", 0, &b)]);
        prop_assert_eq!(first.id(), retry.id());
        prop_assert_ne!(first.id(), second.id());
    }
}
