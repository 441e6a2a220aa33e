//! Ben has left, and what he could open is sealed anew.

use nightsafe_core::envelope::{self, Context};
use nightsafe_core::locator::Locator;
use nightsafe_core::roster::Reason;
use nightsafe_core::scalar::DepositId;
use nightsafe_proto::vault::openings::FieldRow;
use nightsafe_proto::vault::reseal::{OpenToReseal, Reseal, ToReseal};

use super::*;

/// The next data key, under its manifest, and an admin who knows the one that Ben was granted.
struct Left {
    recorded: Recorded,
    next: PrivateItems,
    manifest: ManifestHash,
    /// Whether the admin was granted the next key.
    granted: bool,
}

impl Left {
    /// `signed`: whether there is a manifest with the next key.
    fn new(signed: bool) -> Self {
        let mut recorded = Recorded::new(true);
        let (ben, at) = (Identity::generate(&site(), &mut rng()).unwrap(), recorded.shop.manifest.not_before);
        let (roles, name) = (Roles::parse("admin").unwrap(), AdminName::parse("Ben").unwrap());
        let comes = Change::Add { keys: ben.public().into(), roles, name };
        for change in [comes, Change::Revoke { id: ben.id(), reason: Reason::Left }] {
            let roster = roster::verify_at_any_time(&recorded.roster, &recorded.shop.anchor).unwrap();
            recorded.roster.push(roster.next(at, vec![change]).sign(&[recorded.anna.signer()]).unwrap());
        }
        let next = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
        let data_keys = vec![DataKey::new(at, next.public_key())];
        let manifest = KeyManifest { sequence: 3, data_keys, ..recorded.shop.manifest.clone() };
        if signed {
            recorded.shop.notes.push(manifest::sign(&manifest, &[&recorded.shop.site_key]).unwrap());
        }
        recorded.others.push(ben);
        Self { recorded, next, manifest: manifest::hash(&manifest.encode()), granted: true }
    }

    /// What a vault answers at the sign-in.
    fn answers(&self, export_key: &ExportKey) -> Answered {
        let mut answers = self.recorded.answers(export_key);
        let mut custody: Custody = serde_json::from_str(&answers.custody).unwrap();
        let public = self.next.public_key();
        let next = CustodyKey {
            key_id: Hex(public.key_id().0),
            public_key: B64u(public.as_bytes().to_vec()),
            items: Vec::new(),
            grants: if self.granted { self.recorded.grants(&self.next) } else { Vec::new() },
            ..custody.keys[0].clone()
        };
        custody.keys[0].ended = vec![Hex(self.recorded.others[0].id().0)];
        custody.keys.push(next);
        answers.custody = text(&custody);
        answers
    }

    fn session(&self, remembers: bool) -> Session {
        let (export_key, key) = (Zeroizing::new([7; 64]), log_key().vkey().to_text());
        let mut answers = self.answers(&export_key);
        if !remembers {
            answers.remembered.clear();
        }
        let answers = Answers { log_key: &key, ..answers.as_text() };
        Session::unlock(&export_key, b"", &answers, &self.recorded.shop.anchor.encode(), &mut rng()).unwrap()
    }

    /// The answer to a list of these.
    fn page(session: &mut Session, log: &mut Log, deposits: &[&Deposit]) -> String {
        let to_log = sign(session, &json!([{"action": "list", "limit": 10}]));
        text(&ToReseal { deposits: deposits.iter().map(|deposit| row(deposit)).collect(), log: log.append(&to_log) })
    }
}

/// All hashes, with the points that an honest vault tells.
fn checked(deposit: &Deposit) -> Opened {
    let mut checked = answer(deposit, "nothing");
    for present in &mut checked.deposits[0].present {
        let field = deposit.parts().fields.iter().find(|field| field.tag.0 == present.tag.0).unwrap();
        present.point = Some(Hex(PointHash::of(field.envelope.x25519_point()).0));
    }
    checked
}

/// All envelopes.
fn handed_out(deposit: &Deposit) -> Opened {
    let rows = deposit.parts().fields.iter().map(|field| FieldRow {
        tag: Hex(field.tag.0),
        kind: field.kind.as_str().into(),
        key_id: Hex(field.envelope.key_id().0),
        expires: field.expires.to_text(),
        envelope: B64u(field.envelope.as_bytes().to_vec()),
    });
    let (deposit_id, rows) = (Hex(deposit.id().0), rows.collect());
    Opened { deposits: vec![openings::OpenedDeposit { deposit_id, rows, present: Vec::new() }], log: None }
}

fn body<T: DeserializeOwned>(step: &str) -> T {
    serde_json::from_value(json(step)["body"].clone()).unwrap()
}

#[test]
fn a_page_is_listed_compared_opened_and_sealed_to_the_key_of_now() {
    let left = Left::new(true);
    let (mut session, mut log) = (left.session(true), left.recorded.log());
    let keys = json(&session.keys(UnixTime::parse(NOW).unwrap()).unwrap());
    let known = keys["keys"].as_array().unwrap().iter().filter(|key| key["known"] == true);
    let old = left.recorded.shop.key.public_key().key_id().to_hex();
    assert_eq!(known.map(|key| key["key_id"].clone()).collect::<Vec<_>>(), [json!(old)]);
    let deposit = left.recorded.shop.deposit();
    let (parts, id) = (deposit.parts(), deposit.id().to_hex());

    let page = Left::page(&mut session, &mut log, &[&deposit]);
    let listed = session.reseal_list(&page, NOW).unwrap();
    assert_eq!((&json(&listed)["last"], &json(&listed)["left"]), (&json!(id), &json!([])));
    let check: Open = body(&listed);
    assert_eq!((check.deposits[0].open.len(), check.deposits[0].check.len()), (0, 2));
    let chosen = session.reseal_open(&text(&checked(&deposit)), NOW, &mut rng()).unwrap();
    let open: OpenToReseal = body(&chosen);
    let entry = SignedEntry::parse(&open.log.entries[0].signed.0).unwrap();
    let Action::Reseal { deposit: named, data_key, fields } = entry.entry().action() else { panic!() };
    assert_eq!((*named, *data_key), (DepositId(deposit.id().0), left.next.public_key().key_id()));
    let mut points: Vec<_> = parts.fields.iter().map(|field| PointHash::of(field.envelope.x25519_point())).collect();
    points.sort();
    let mut of_entry: Vec<_> = fields.iter().map(|field| field.point).collect();
    of_entry.sort();
    assert_eq!(of_entry, points);

    // No proof, nothing is opened; the page is listed anew then
    assert_eq!(session.reseal_seal(&text(&handed_out(&deposit)), &mut rng()), Err(Failure::LogRefused));
    let page = Left::page(&mut session, &mut log, &[&deposit]);
    session.reseal_list(&page, NOW).unwrap();
    let chosen = session.reseal_open(&text(&checked(&deposit)), NOW, &mut rng()).unwrap();
    let open: OpenToReseal = body(&chosen);
    let opened = Opened { log: Some(log.append(&open.log)), ..handed_out(&deposit) };
    let sealed: Reseal = body(&session.reseal_seal(&text(&opened), &mut rng()).unwrap());
    assert_eq!((sealed.key_id.0, sealed.manifest.0), (left.next.public_key().key_id().0, left.manifest.0));
    let [one] = &sealed.deposits[..] else { panic!() };
    assert_eq!((one.deposit_id.0, one.before.0), (deposit.id().0, parts.locator.hash().0));
    let locator = nightsafe_core::envelope::Envelope::parse(one.locator.0.clone()).unwrap();
    let locator = Locator::open(&left.next, &locator, &site(), &left.manifest).unwrap();
    assert_eq!((locator.reference(), locator.fields().len(), one.fields.len()), (&parts.reference, 2, 2));
    for new in &one.fields {
        let was = parts.fields.iter().find(|field| field.tag.0 == new.tag.0).unwrap();
        assert_eq!(new.before.0, was.envelope.hash().0);
        let sealed = nightsafe_core::envelope::Envelope::parse(new.envelope.0.clone()).unwrap();
        let place = |manifest| Context { site: &parts.site, manifest, kind: &was.kind, tag: &was.tag };
        let value = envelope::open(&left.next, &sealed, &place(&left.manifest)).unwrap();
        let before = envelope::open(&left.recorded.shop.key, &was.envelope, &place(&parts.manifest)).unwrap();
        assert_eq!(value, before);
    }
    // A page is sealed once
    assert_eq!(session.reseal_seal(&text(&opened), &mut rng()), Err(Failure::Unchecked));
}

#[test]
fn what_is_not_as_it_was_is_named_and_left() {
    let left = Left::new(true);
    let (mut session, mut log) = (left.session(true), left.recorded.log());
    let (good, other) = (left.recorded.shop.deposit(), left.recorded.shop.deposit());
    let to_log = sign(&mut session, &json!([{"action": "list", "limit": 10}]));
    let mut page = ToReseal { deposits: vec![row(&good), row(&other)], log: log.append(&to_log) };
    page.deposits[1].reference = "ORDER-9".into();
    let listed = json(&session.reseal_list(&text(&page), NOW).unwrap());
    assert_eq!(listed["left"][0]["differences"][0]["code"], "reference_edited");
    assert_eq!((&listed["deposits"], &listed["left"][0]["reference"]), (&json!(1), &json!("ORDER-9")));
    assert_eq!(listed["last"], json!(good.id().to_hex().max(other.id().to_hex())), "the page goes on after both");
    // A field that is gone: nothing is asked for, and nothing signed
    let mut missing = checked(&good);
    missing.deposits[0].present.pop();
    let chosen = json(&session.reseal_open(&text(&missing), NOW, &mut rng()).unwrap());
    assert_eq!((&chosen["body"], &chosen["deposits"]), (&Json::Null, &json!(0)));
    assert_eq!(chosen["left"][0]["differences"][0]["code"], "field_missing");
    // An empty page says so
    let page = Left::page(&mut session, &mut log, &[]);
    let listed = json(&session.reseal_list(&page, NOW).unwrap());
    assert_eq!(listed, json!({"deposits": 0, "left": []}));
}

#[test]
fn nothing_is_sealed_to_a_key_of_a_leaver_or_under_a_roster_that_nobody_confirms() {
    let left = Left::new(false);
    let (mut session, mut log) = (left.session(true), left.recorded.log());
    let page = Left::page(&mut session, &mut log, &[&left.recorded.shop.deposit()]);
    assert_eq!(session.reseal_list(&page, NOW), Err(Failure::NotTheActiveKey));
    let left = Left::new(true);
    let (mut session, mut log) = (left.session(false), left.recorded.log());
    let page = Left::page(&mut session, &mut log, &[&left.recorded.shop.deposit()]);
    assert_eq!(session.reseal_list(&page, NOW), Err(Failure::RosterUnconfirmed));
}

#[test]
fn nothing_is_opened_to_be_sealed_to_a_key_that_this_admin_does_not_hold() {
    let left = Left { granted: false, ..Left::new(true) };
    let (mut session, mut log) = (left.session(true), left.recorded.log());
    let page = Left::page(&mut session, &mut log, &[&left.recorded.shop.deposit()]);
    assert_eq!(session.reseal_list(&page, NOW), Err(Failure::ActiveKeyNotHeld));
    // Granted since: the page looks again
    let left = Left { granted: true, ..left };
    let answers = left.answers(&Zeroizing::new([7; 64]));
    session.renew_roster(&answers.roster, &answers.custody, &mut rng()).unwrap();
    assert!(session.key_ids().unwrap().contains(&left.next.public_key().key_id().to_hex()));
    let page = Left::page(&mut session, &mut log, &[&left.recorded.shop.deposit()]);
    assert_eq!(json(&session.reseal_list(&page, NOW).unwrap())["deposits"], 1);
}
