use getrandom::SysRng;
use nightsafe_core::anchor::{Origin, WasmFile};
use nightsafe_core::custody::{Argon2Params, Kek, Purpose, WrapContext};
use nightsafe_core::deposit::{Deposit, FieldToSeal, Order, assemble};
use nightsafe_core::encoding::b64;
use nightsafe_core::facets::derive_all;
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::manifest::{DataKey, KeyManifest};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::policy::builtin;
use nightsafe_core::scalar::{PartName, Reference, Site};
use nightsafe_core::suite::Suite;
use nightsafe_core::time::UnixTime;
use nightsafe_core::value::Value;
use nightsafe_proto::vault::custody::{Custody, CustodyItem, CustodyKey, PurgedKey};
use nightsafe_proto::vault::openings::{FieldRow, PresentRow};
use nightsafe_proto::wire::{B64u, Hex};
use rand_core::UnwrapErr;
use serde_json::{Value as Json, json};

use super::*;

mod log;

const NOW: &str = "2020-01-01T00:00:00Z";

/// A shop as its vault shows it, with the private keys that only admins have.
struct Shop {
    key: PrivateItems,
    anchor: TrustAnchor,
    manifest: KeyManifest,
    notes: Vec<String>,
    site_key: NoteSigner,
}

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

fn timestamp_signer() -> NoteSigner {
    NoteSigner::from_seed("timestamp", &[3; 32]).unwrap()
}

fn site() -> Site {
    Site::parse("demo.nightsafe.example").unwrap()
}

impl Shop {
    fn new() -> Self {
        let now = UnixTime::parse(NOW).unwrap();
        let signer = |name| NoteSigner::generate(name, &mut rng()).unwrap();
        let (site_key, stranger) = (signer("site-a"), signer("stranger"));
        let key = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
        let origin = || Origin::parse("http://localhost:4803").unwrap();
        let manifest = KeyManifest {
            site: site(),
            sequence: 1,
            not_before: now,
            not_after: now.plus_days(30),
            ingest: origin(),
            parents: vec![origin()],
            timestamp_key: timestamp_signer().vkey().clone(),
            receipt_key: signer("receipt").vkey().clone(),
            data_keys: vec![DataKey::new(now, key.public_key())],
            kinds: builtin(),
        };
        let wasm = WasmFile { name: "admin.wasm".into(), integrity: format!("sha384-{}", b64(&[0; 48])) };
        let anchor = TrustAnchor {
            site: site(),
            site_keys: vec![site_key.vkey().clone()],
            threshold: 1,
            sequence_floor: 7,
            ingest: origin(),
            wasm: wasm.clone(),
            wasm_portable: wasm,
        };
        // Long expired and below the floor, which is no matter; signed by a stranger, which is
        let other = KeyManifest { sequence: 2, ..manifest.clone() };
        let notes = vec![
            nightsafe_core::manifest::sign(&manifest, &[&site_key]).unwrap(),
            nightsafe_core::manifest::sign(&other, &[&stranger]).unwrap(),
            "no note".into(),
        ];
        Self { key, anchor, manifest, notes, site_key }
    }

    fn custody(&self) -> String {
        let public = self.key.public_key();
        let (site, name) = (site(), public.key_id().to_hex());
        let kek = Kek::generate(b"right", Argon2Params::new(8, 1, 1).unwrap(), &mut rng()).unwrap();
        let items = self.key.items().map(|(item, bytes)| {
            let context = WrapContext { site: &site, purpose: Purpose::DataKey, name: &name, item };
            let wrapped = kek.wrap(&context, bytes, &mut rng()).unwrap().to_bytes();
            CustodyItem { item: item.as_str().into(), wrapped: B64u(wrapped) }
        });
        let key = CustodyKey {
            key_id: Hex(public.key_id().0),
            suite: public.suite().name().into(),
            public_key: B64u(public.as_bytes().to_vec()),
            items: items.collect(),
            grants: Vec::new(),
            holders: Vec::new(),
            ended: Vec::new(),
        };
        serde_json::to_string(&Custody { keys: vec![key], ..Custody::default() }).unwrap()
    }

    fn unlock(&self, passphrase: &str) -> Result<Session, Failure> {
        let manifests = serde_json::to_string(&Manifests { notes: self.notes.clone() }).unwrap();
        unlock(passphrase, &self.custody(), &self.anchor.encode(), &manifests)
    }

    fn deposit(&self) -> Deposit {
        let part = |name: &str, text: &str| (PartName::parse(name).unwrap(), String::from(text).into());
        let card = vec![part("number", "4111111111111111"), part("expiry", "2028-01"), part("holder", "Ada \"A\"")];
        let values =
            [("card", Value::record(card).unwrap()), ("phone", Value::text(String::from("+4930123456")).unwrap())];
        let kinds = builtin();
        let kind = |name: &str| kinds.iter().find(|kind| kind.name.as_str() == name).unwrap();
        let fields: Vec<_> =
            values.iter().map(|(name, value)| FieldToSeal { kind: kind(name), index: 0, value }).collect();
        let order = Order {
            site: &site(),
            reference: &Reference::parse("ORDER-1").unwrap(),
            manifest: &nightsafe_core::manifest::hash(&self.manifest.encode()),
            key: self.key.public_key(),
            facets: &derive_all(&kinds, values.iter().map(|(name, value)| (*name, 0, value))),
            now: self.manifest.not_before,
        };
        assemble(&order, &fields, &mut rng()).unwrap()
    }
}

/// Of an admin without identity, at a vault without roster.
fn unlock(passphrase: &str, custody: &str, anchor: &str, manifests: &str) -> Result<Session, Failure> {
    unlock_with(passphrase, custody, anchor, manifests, None)
}

/// With the note of ingest, at the time of the shop's manifest.
fn unlock_with(
    passphrase: &str,
    custody: &str,
    anchor: &str,
    manifests: &str,
    timestamp: Option<&str>,
) -> Result<Session, Failure> {
    let answers = Answers {
        identity: "{}",
        roster: r#"{"entries":[],"identities":[]}"#,
        custody,
        manifests,
        remembered: "",
        log_key: "",
        log_place: "",
        timestamp,
        now: UnixTime::parse(NOW).unwrap(),
    };
    Session::unlock(&Zeroizing::new([7; 64]), passphrase.as_bytes(), &answers, anchor, &mut rng())
}

fn row(deposit: &Deposit) -> IndexRow {
    let parts = deposit.parts();
    IndexRow {
        deposit_id: Hex(deposit.id().0),
        site: parts.site.as_str().into(),
        reference: parts.reference.as_str().into(),
        manifest: Hex(parts.manifest.0),
        key_id: Hex(parts.key_id.0),
        facets: parts.facets.iter().map(|(name, text)| (name.into(), text.into())).collect(),
        day: "2026-11-21".into(),
        locator: B64u(parts.locator.as_bytes().to_vec()),
        openings: vec![],
    }
}

/// The vault's answer: rows for `open`, hashes for the rest.
fn answer(deposit: &Deposit, open: &str) -> Opened {
    let (rows, present): (Vec<_>, Vec<_>) =
        deposit.parts().fields.iter().partition(|field| field.kind.as_str() == open);
    let rows = rows.iter().map(|field| FieldRow {
        tag: Hex(field.tag.0),
        kind: field.kind.as_str().into(),
        key_id: Hex(field.envelope.key_id().0),
        expires: field.expires.to_text(),
        envelope: B64u(field.envelope.as_bytes().to_vec()),
    });
    let present = present.iter().map(|field| PresentRow {
        tag: Hex(field.tag.0),
        envelope_hash: Hex(field.envelope.hash().0),
        point: None,
    });
    let deposit_id = Hex(deposit.id().0);
    Opened {
        deposits: vec![openings::OpenedDeposit { deposit_id, rows: rows.collect(), present: present.collect() }],
        log: None,
    }
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_manifest_that_is_newer_than_the_sign_in_is_learned() {
    let shop = Shop::new();
    let mut session = unlock("right", &shop.custody(), &shop.anchor.encode(), r#"{"notes":[]}"#).unwrap();
    let located = |session: &mut Session| json(&session.open_locator(&text(&row(&shop.deposit()))).unwrap());
    assert_eq!(located(&mut session)["differences"], json!([{ "code": "manifest_unpublished" }]));
    assert_eq!(session.renew_manifests("{}"), Err(Failure::Malformed));
    session.renew_manifests(&json!({ "notes": shop.notes }).to_string()).unwrap();
    assert_eq!(located(&mut session)["differences"], json!([]));
    assert_eq!(session.refused_manifests(), 2);
}

#[test]
fn a_deposit_goes_from_index_row_to_values() {
    let shop = Shop::new();
    let mut session = shop.unlock("right").unwrap();
    assert_eq!(json(&session.key_ids().unwrap()), json!([shop.key.public_key().key_id().to_hex()]));
    assert_eq!(session.refused_manifests(), 2);

    let deposit = shop.deposit();
    let tag =
        |kind: &str| deposit.parts().fields.iter().find(|field| field.kind.as_str() == kind).unwrap().tag.to_hex();
    let located = json(&session.open_locator(&text(&row(&deposit))).unwrap());
    assert_eq!(
        located,
        json!({
            "deposit_id": deposit.id().to_hex(),
            "fields": [
                {"kind": "card", "index": 0, "tag": tag("card"), "labels": {"en": "Card"},
                 "parts": ["number", "expiry", "holder"]},
                {"kind": "phone", "index": 0, "tag": tag("phone"), "labels": {"en": "Phone"}, "parts": ["value"]},
            ],
            "differences": [],
        })
    );
    let opened = json(&session.open_fields(&text(&answer(&deposit, "card"))).unwrap());
    let parts = json!([
        {"name": "number", "value": "4111111111111111"},
        {"name": "expiry", "value": "2028-01"},
        {"name": "holder", "value": "Ada \"A\""},
    ]);
    assert_eq!(
        opened,
        json!({"deposits": [{
            "deposit_id": deposit.id().to_hex(),
            "fields": [{"kind": "card", "index": 0, "parts": parts}],
            "differences": [],
        }]})
    );
}

#[test]
fn differences_name_field_and_facet() {
    let shop = Shop::new();
    let mut session = shop.unlock("right").unwrap();
    let deposit = shop.deposit();
    let mut edited = row(&deposit);
    edited.facets.insert("last4".into(), "9999".into());
    let located = json(&session.open_locator(&text(&edited)).unwrap());
    assert_eq!(located["differences"], json!([{"code": "facet_edited", "facet": "last4"}]));
    let mut dropped = answer(&deposit, "card");
    dropped.deposits[0].present.clear();
    let opened = json(&session.open_fields(&text(&dropped)).unwrap());
    assert_eq!(opened["deposits"][0]["differences"], json!([{"code": "field_missing", "kind": "phone", "index": 0}]));
    assert_eq!(opened["deposits"][0]["fields"].as_array().unwrap().len(), 1);
}

#[test]
fn a_locator_that_does_not_open_is_a_difference_and_not_an_error() {
    let shop = Shop::new();
    let mut session = shop.unlock("right").unwrap();
    let mut broken = row(&shop.deposit());
    broken.locator = B64u(vec![1, 2, 3]);
    broken.reference = "\u{202e}<script>".into();
    let located = json(&session.open_locator(&text(&broken)).unwrap());
    assert_eq!(located["fields"], json!([]));
    assert_eq!(located["differences"], json!([{"code": "locator_unreadable"}]));
}

#[test]
fn what_is_refused_has_its_code() {
    let shop = Shop::new();
    assert_eq!(shop.unlock("wrong").unwrap_err(), Failure::WrongPassphrase);
    let (anchor, none) = (shop.anchor.encode(), text(&Manifests::default()));
    for (custody, anchor, manifests) in
        [("{}", &anchor, &none), (&shop.custody(), &String::new(), &none), (&shop.custody(), &anchor, &String::new())]
    {
        assert_eq!(unlock("right", custody, anchor, manifests).unwrap_err(), Failure::Malformed);
    }
    // A key under another key's id
    let mut swapped: Custody = serde_json::from_str(&shop.custody()).unwrap();
    swapped.keys[0].key_id = Hex([0; 16]);
    assert_eq!(unlock("right", &text(&swapped), &anchor, &none).unwrap_err(), Failure::Malformed);

    let mut session = shop.unlock("right").unwrap();
    let deposit = shop.deposit();
    assert_eq!(session.open_locator("{}"), Err(Failure::Malformed));
    let card = text(&answer(&deposit, "card"));
    assert_eq!(session.open_fields(&card), Err(Failure::UnknownDeposit));
    session.open_locator(&text(&row(&deposit))).unwrap();
    assert!(session.open_fields(&card).is_ok());
    session.forget(&Hex(deposit.id().0));
    assert_eq!(session.open_fields(&card), Err(Failure::UnknownDeposit));
}

#[test]
fn a_new_passphrase_takes_an_identity() {
    let mut session = Shop::new().unlock("right").unwrap();
    assert_eq!(session.begin_passphrase(b"new"), Err(Failure::NoIdentity));
    assert_eq!(session.people(), Ok("[]".into()));
}

#[test]
fn a_session_without_identity_keeps_nothing_for_a_reload() {
    let shop = Shop::new();
    let session = shop.unlock("right").unwrap();
    let tab = TabHalf::generate(&mut rng());
    assert_eq!(session.kept_for(&tab, &mut rng()), Ok(None));
    let manifests = text(&Manifests { notes: shop.notes.clone() });
    let custody = shop.custody();
    let answers = Answers {
        identity: "{}",
        roster: r#"{"entries":[],"identities":[]}"#,
        custody: &custody,
        manifests: &manifests,
        remembered: "",
        log_key: "",
        log_place: "",
        timestamp: None,
        now: UnixTime::parse(NOW).unwrap(),
    };
    let resume = |resumed: &str| Session::resume(&tab, resumed, &answers, &shop.anchor.encode(), &mut rng()).err();
    let nothing = r#"{"user":"admin","expires_in":900,"lock_after":600}"#;
    assert_eq!(resume(nothing), Some(Failure::PassphraseNeeded));
    assert_eq!(resume("{}"), Some(Failure::Malformed));
}

#[test]
fn a_timestamp_note_confirms_the_roster_refuses_or_says_nothing() {
    let shop = Shop::new();
    let manifests = serde_json::to_string(&Manifests { notes: shop.notes.clone() }).unwrap();
    let hash = nightsafe_core::manifest::hash(&shop.manifest.encode());
    let now = UnixTime::parse(NOW).unwrap();
    let note = |manifest, roster, until, signer: &NoteSigner| {
        let timestamp = timestamp::Timestamp { site: site(), manifest, roster, until };
        timestamp::issue(&timestamp, signer).unwrap()
    };
    let unlock = |note: &str| {
        let unlocked = unlock_with("right", &shop.custody(), &shop.anchor.encode(), &manifests, Some(note));
        unlocked.map(|session| session.roster_trust())
    };
    let (signer, soon) = (timestamp_signer(), now.plus(3600));
    // This shop has no roster
    assert_eq!(unlock(&note(hash, Some([7; 32]), soon, &signer)), Err(Failure::RosterNotCurrent));
    assert_eq!(unlock(&note(hash, None, soon, &signer)), Ok(Trust::None), "an ingest that knows no roster");
    for late in [now.minus(90_000), now.plus(300_000)] {
        assert_eq!(unlock(&note(hash, Some([7; 32]), late, &signer)), Ok(Trust::None), "one of the clocks is wrong");
    }
    let stranger = NoteSigner::generate("timestamp", &mut rng()).unwrap();
    for refused in [
        note(ManifestHash([9; 32]), None, soon, &signer),
        note(hash, None, soon, &stranger),
        note(hash, None, soon, &signer).replace("2020-01-01T01", "2020-01-01T02"),
        "no note".into(),
        String::new(),
    ] {
        assert_eq!(unlock(&refused), Err(Failure::TimestampRefused), "{refused}");
    }
}

#[test]
fn data_keys_are_shown_with_their_states_and_what_is_due() {
    let shop = Shop::new();
    let session = shop.unlock("right").unwrap();
    let id = shop.key.public_key().key_id().to_hex();
    let now = UnixTime::parse(NOW).unwrap();
    let key = json!({"key_id": id, "suite": "xwing", "state": "active", "start": NOW, "held": true, "known": false});
    let due = json!([
        {"code": "manifest_ends", "days": 30, "at": "2020-01-31T00:00:00Z"},
        {"code": "no_next_key", "at": "2020-03-31T00:00:00Z"},
    ]);
    assert_eq!(json(&session.keys(now).unwrap()), json!({"keys": [key], "due": due, "ends": "2020-01-31T00:00:00Z"}));
    // That a key was purged is believed of one that is over only
    let gone = PurgedKey { key_id: Hex(shop.key.public_key().key_id().0), at: now.seconds() };
    let mut lying: Custody = serde_json::from_str(&shop.custody()).unwrap();
    lying.purged.push(gone);
    let lying = serde_json::to_string(&lying).unwrap();
    let session = unlock(
        "right",
        &lying,
        &shop.anchor.encode(),
        &serde_json::to_string(&Manifests { notes: shop.notes.clone() }).unwrap(),
    )
    .unwrap();
    assert_eq!(json(&session.keys(now).unwrap())["keys"][0]["state"], "active");
    let late = json(&session.keys(now.plus_days(100)).unwrap());
    assert_eq!(
        late["due"],
        json!([{"code": "manifest_ended", "at": "2020-01-31T00:00:00Z"}, {"code": "key_overdue", "days": 100}])
    );
}
