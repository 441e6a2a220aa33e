//! What admins do is in the audit log before it is answered, signed, and exactly; or it is not done.

use axum::http::header;
use nightsafe_core::audit::{Action, Actor, Commitment, OpenedField, PointHash, Purpose as Stated, SeenLog, is_in_log};
use nightsafe_core::deposit::Deposit;
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::log::Proof;
use nightsafe_core::roster::{Change, Reason, Roles};
use nightsafe_core::scalar::{KeyId, KindName, PartName, Site};
use nightsafe_core::suite::Suite;
use nightsafe_proto::problem::ProblemType as P;
use nightsafe_proto::vault::custody::Custody;
use nightsafe_proto::vault::identity::Grants;
use nightsafe_proto::vault::log::{Entries, Recorded, SaltedEntry};
use nightsafe_proto::vault::openings::{Open, OpenDeposit, OpenField, Opened, Purpose};
use nightsafe_proto::vault::search::{Found, Search};
use nightsafe_proto::wire::{B64u, Hex};
use serde_json::json;

use crate::audited::{Audited, signed, to_log, verified};
use crate::fixture::{NOW, Vault, rng, site};
use crate::identity::identity;
use crate::log::{config, log_key};

/// A deposit in the vault, and what opens its card.
struct Order {
    deposit: Deposit,
    request: Open,
}

impl Order {
    async fn new(audited: &Audited, reference: &str) -> Self {
        let deposit = audited.vault.with_order(reference).await;
        let field = |kind: &str| deposit.parts().fields.iter().find(|field| field.kind.as_str() == kind).unwrap();
        let open = OpenField { kind: "card".into(), index: 0, tag: Hex(field("card").tag.0) };
        let check = vec![Hex(field("phone").tag.0)];
        let one = OpenDeposit { deposit_id: Hex(deposit.id().0), open: vec![open], check };
        let request = Open { purpose: Some(Purpose::Charge), deposits: vec![one], log: None };
        Self { deposit, request }
    }

    fn field(&self, kind: &str) -> OpenedField {
        let field = self.deposit.parts().fields.iter().find(|field| field.kind.as_str() == kind).unwrap();
        OpenedField { kind: field.kind.clone(), index: 0, point: PointHash::of(field.envelope.x25519_point()) }
    }

    fn action(&self, fields: Vec<OpenedField>) -> Action {
        Action::Open { deposit: self.deposit.id(), fields, purpose: Stated::Charge }
    }

    fn with(&self, entries: &[SaltedEntry]) -> Open {
        Open { log: Some(to_log(entries)), ..self.request.clone() }
    }
}

#[tokio::test]
async fn nothing_is_searched_or_opened_before_the_sign_in_is_recorded() {
    let audited = Audited::new().await;
    let order = Order::new(&audited, "ORDER-1").await;
    let (vault, token) = (&audited.vault, &audited.token);
    let list = audited.sign(Action::List { limit: 25, purpose: None });
    let search = Search { log: Some(to_log(&[list])), ..Search::default() };
    let opening = order.with(&[audited.sign(order.action(vec![order.field("card")]))]);
    assert_eq!(vault.post("/v1/deposits/search", token, &search).await.problem(), P::SignInNotRecorded);
    assert_eq!(vault.post("/v1/openings", token, &opening).await.problem(), P::SignInNotRecorded);
    assert_eq!(audited.record(&[audited.sign(Action::PassphraseChange)]).await, Err(P::SignInNotRecorded));
    assert_eq!(audited.written().await, (0, 0));

    assert_eq!(audited.record(&[audited.sign(Action::SignIn)]).await, Ok(0));
    assert_eq!(audited.last().await.action(), &Action::SignIn);
    assert_eq!(vault.post("/v1/deposits/search", token, &search).await.json::<Found>().deposits.len(), 1);
    vault.post("/v1/openings", token, &opening).await.json::<Opened>();
    // Another session of the same admin has a sign-in of its own
    let other = vault.sign_in().await;
    assert_eq!(vault.post("/v1/openings", &other, &opening).await.problem(), P::SignInNotRecorded);
}

#[tokio::test]
async fn an_opening_is_handed_out_with_the_proof_of_its_entry() {
    let audited = Audited::signed_in().await;
    let (first, second) = (Order::new(&audited, "ORDER-1").await, Order::new(&audited, "ORDER-2").await);
    let (vault, token) = (&audited.vault, &audited.token);
    // A check needs no entry, and names the points
    let mut check = first.request.clone();
    check.purpose = None;
    check.deposits[0].check = vec![check.deposits[0].open.remove(0).tag];
    let checked: Opened = vault.post("/v1/openings", token, &check).await.json();
    assert_eq!(checked.deposits[0].present[0].point, Some(Hex(first.field("card").point.0)));
    assert!(checked.log.is_none());
    let signed = Open { log: Some(to_log(&[audited.sign(first.action(vec![first.field("card")]))])), ..check.clone() };
    let refused = vault.post("/v1/openings", token, &signed).await;
    assert_eq!((refused.problem(), refused.pointer().as_deref()), (P::LogEntryRefused, Some("/log")));
    assert_eq!(audited.written().await, (1, 0));

    // A batch: one request, one entry for each deposit, one append; a deposit that is only checked has none
    let entries = [&first, &second].map(|order| audited.sign(order.action(vec![order.field("card")])));
    let mut batch = first.with(&entries);
    batch.deposits =
        vec![first.request.deposits[0].clone(), check.deposits[0].clone(), second.request.deposits[0].clone()];
    let opened: Opened = vault.post("/v1/openings", token, &batch).await.json();
    assert_eq!(opened.deposits.iter().map(|one| one.rows.len()).collect::<Vec<_>>(), [1, 0, 1]);
    assert_eq!(verified(opened.log.as_ref().unwrap(), &entries), 1);
    assert_eq!(audited.written().await, (3, 2));
    let last = audited.last().await;
    assert_eq!(last.action(), &second.action(vec![second.field("card")]));
    assert_eq!((last.actor(), last.time()), (Actor::Admin(audited.anna.id()), NOW));
}

#[tokio::test]
async fn what_an_entry_does_not_say_exactly_is_not_opened() {
    let audited = Audited::signed_in().await;
    let (order, other) = (Order::new(&audited, "ORDER-1").await, Order::new(&audited, "ORDER-2").await);
    let card = order.field("card");
    let ben = identity();
    let good = || order.action(vec![card.clone()]);
    let of = |fields: Vec<OpenedField>| audited.sign(order.action(fields));
    let kind = |name: &str| KindName::parse(name).unwrap();
    let mut short = audited.sign(good());
    short.salt.0.pop();
    let mut resalted = audited.sign(good());
    resalted.salt.0[0] ^= 1;
    let elsewhere = Site::parse("other.example").unwrap();
    let pointed = OpenedField { point: PointHash([7; 32]), ..card.clone() };
    for (what, entries, expected) in [
        ("none", vec![], P::LogEntryRefused),
        ("two for one deposit", vec![audited.sign(good()), audited.sign(good())], P::LogEntryRefused),
        ("of another deposit", vec![audited.sign(other.action(vec![card.clone()]))], P::LogEntryRefused),
        (
            "for another purpose",
            vec![audited.sign(Action::Open {
                deposit: order.deposit.id(),
                fields: vec![card.clone()],
                purpose: Stated::Ship,
            })],
            P::LogEntryRefused,
        ),
        ("another action", vec![audited.sign(Action::SignIn)], P::LogEntryRefused),
        ("a field too many", vec![of(vec![card.clone(), order.field("phone")])], P::LogEntryDiffers),
        ("another field", vec![of(vec![order.field("phone")])], P::LogEntryDiffers),
        ("another point", vec![of(vec![pointed.clone()])], P::LogEntryDiffers),
        (
            "a point too many",
            vec![of({
                let mut both = vec![card.clone(), pointed];
                both.sort();
                both
            })],
            P::LogEntryDiffers,
        ),
        ("another index", vec![of(vec![OpenedField { index: 1, ..card.clone() }])], P::LogEntryDiffers),
        ("another kind", vec![of(vec![OpenedField { kind: kind("phone"), ..card.clone() }])], P::LogEntryDiffers),
        ("by somebody else", vec![signed((&site(), &ben), good(), NOW, ben.signer())], P::LogEntryRefused),
        ("in her name", vec![signed((&site(), &audited.anna), good(), NOW, ben.signer())], P::LogEntryRefused),
        ("in another's name", vec![signed((&site(), &ben), good(), NOW, audited.anna.signer())], P::LogEntryRefused),
        (
            "another site",
            vec![signed((&elsewhere, &audited.anna), good(), NOW, audited.anna.signer())],
            P::LogEntryRefused,
        ),
        ("too early", vec![audited.sign_at(good(), NOW.minus(301))], P::ClockDiffers),
        ("too late", vec![audited.sign_at(good(), NOW.plus(301))], P::ClockDiffers),
        ("a short salt", vec![short], P::LogEntryRefused),
        ("another salt", vec![resalted], P::LogEntryRefused),
        ("no entry", vec![SaltedEntry { salt: B64u(vec![1; 32]), signed: B64u(vec![1, 2, 3]) }], P::LogEntryRefused),
        ("far too many", vec![audited.sign(good()); 101], P::BatchTooLarge),
    ] {
        let refused = audited.vault.post("/v1/openings", &audited.token, &order.with(&entries)).await;
        assert_eq!(refused.problem(), expected, "{what}");
        assert!(refused.pointer().is_none_or(|pointer| pointer.starts_with("/log/entries")), "{what}");
        assert_eq!(audited.written().await, (1, 0), "{what}");
    }
    let missing = audited.vault.post("/v1/openings", &audited.token, &order.request).await;
    assert_eq!((missing.problem(), missing.pointer().as_deref()), (P::LogEntryRequired, Some("/log")));
    let mut beyond = order.with(&[audited.sign(good())]);
    beyond.log.as_mut().unwrap().since = 2;
    let beyond = audited.vault.post("/v1/openings", &audited.token, &beyond).await;
    assert_eq!((beyond.problem(), beyond.pointer().as_deref()), (P::LogShorter, Some("/log/since")));
    let mut unknown = order.with(&[audited.sign(good())]);
    unknown.deposits[0].deposit_id = Hex([9; 32]);
    let unknown = audited.vault.post("/v1/openings", &audited.token, &unknown).await;
    assert_eq!(unknown.problem(), P::UnknownDeposit);
    assert_eq!(audited.written().await, (1, 0));

    // Within five minutes; and the same entry is good once
    let late = order.with(&[audited.sign_at(good(), NOW.plus(300))]);
    audited.vault.post("/v1/openings", &audited.token, &late).await.json::<Opened>();
    assert_eq!(audited.written().await, (2, 1));
    let again = audited.vault.post("/v1/openings", &audited.token, &late).await;
    assert_eq!(again.problem(), P::LogEntryRepeated);
    assert_eq!(audited.written().await, (2, 1));
}

#[tokio::test]
async fn an_envelope_that_came_meanwhile_is_not_handed_out_under_an_entry_that_does_not_name_it() {
    let audited = Audited::signed_in().await;
    let (order, other) = (Order::new(&audited, "ORDER-1").await, Order::new(&audited, "ORDER-2").await);
    let insert = "INSERT INTO field (tag, envelope_hash, kind, key_id, expires, envelope) \
                  SELECT ?, envelope_hash, kind, key_id, expires, envelope FROM field WHERE tag = ?";
    let tag = |order: &Order| order.request.deposits[0].open[0].tag.0.to_vec();
    let added = sqlx::query(insert).bind(tag(&order)).bind(tag(&other)).execute(&mut audited.vault.raw().await).await;
    assert_eq!(added.unwrap().rows_affected(), 1);
    let one = order.with(&[audited.sign(order.action(vec![order.field("card")]))]);
    let refused = audited.vault.post("/v1/openings", &audited.token, &one).await;
    assert_eq!(refused.problem(), P::LogEntryDiffers);
    let mut both = vec![order.field("card"), other.field("card")];
    both.sort();
    let both = order.with(&[audited.sign(order.action(both))]);
    let opened: Opened = audited.vault.post("/v1/openings", &audited.token, &both).await.json();
    assert_eq!(opened.deposits[0].rows.len(), 2);

    // What is no envelope is told by its hash: nothing can open it, and no entry can name it
    let damage = "UPDATE field SET envelope = x'00' WHERE tag = ? AND envelope_hash <> ?";
    let genuine = order.deposit.parts().fields.iter().find(|field| field.kind.as_str() == "card").unwrap();
    let damage = sqlx::query(damage).bind(tag(&order)).bind(genuine.envelope.hash().0.to_vec());
    damage.execute(&mut audited.vault.raw().await).await.unwrap();
    let one = order.with(&[audited.sign(order.action(vec![order.field("card")]))]);
    let opened: Opened = audited.vault.post("/v1/openings", &audited.token, &one).await.json();
    assert_eq!((opened.deposits[0].rows.len(), opened.deposits[0].present.len()), (1, 2));
    assert_eq!(opened.deposits[0].present[0].point, None);
}

#[tokio::test]
async fn a_search_is_recorded_by_the_names_of_its_terms() {
    let audited = Audited::signed_in().await;
    Order::new(&audited, "ORDER-1").await;
    let (vault, token) = (&audited.vault, &audited.token);
    let names = |names: &[&str]| Action::Search {
        criteria: names.iter().map(|name| PartName::parse(name).unwrap()).collect(),
        purpose: None,
    };
    let list = |limit| Action::List { limit, purpose: None };
    let by_two = Search { last4: Some("1111".into()), reference: Some("ORDER-1".into()), ..Search::default() };
    let with = |search: &Search, entries: &[SaltedEntry]| Search { log: Some(to_log(entries)), ..search.clone() };
    for (search, action) in [
        (&by_two, names(&["last4"])),
        (&by_two, names(&["brand", "last4", "reference"])),
        (&by_two, list(25)),
        (&Search::default(), names(&["reference"])),
        (&Search::default(), list(24)),
        (&Search { limit: Some(5), ..Search::default() }, list(25)),
        (&Search::default(), Action::SignIn),
    ] {
        let refused = vault.post("/v1/deposits/search", token, &with(search, &[audited.sign(action.clone())])).await;
        assert_eq!(refused.problem(), P::LogEntryRefused, "{action:?}");
    }
    let two = with(&Search::default(), &[audited.sign(list(25)), audited.sign(list(25))]);
    assert_eq!(vault.post("/v1/deposits/search", token, &two).await.problem(), P::LogEntryRefused);
    assert_eq!(vault.post("/v1/deposits/search", token, &by_two).await.problem(), P::LogEntryRequired);
    let malformed =
        Search { last4: Some("1".into()), ..with(&by_two, &[audited.sign(names(&["last4", "reference"]))]) };
    assert_eq!(vault.post("/v1/deposits/search", token, &malformed).await.problem(), P::MalformedSearch);
    assert_eq!(audited.written().await.0, 1);

    let entry = audited.sign(names(&["last4", "reference"]));
    let found: Found =
        vault.post("/v1/deposits/search", token, &with(&by_two, std::slice::from_ref(&entry))).await.json();
    assert_eq!((found.deposits.len(), verified(found.log.as_ref().unwrap(), &[entry])), (1, 1));
    assert_eq!(audited.last().await.action(), &names(&["last4", "reference"]));
    let few = with(&Search { limit: Some(5), ..Search::default() }, &[audited.sign(list(5))]);
    assert_eq!(vault.post("/v1/deposits/search", token, &few).await.json::<Found>().deposits.len(), 1);
}

#[tokio::test]
async fn only_what_is_done_by_itself_is_recorded_by_itself() {
    let audited = Audited::signed_in().await;
    let order = Order::new(&audited, "ORDER-1").await;
    let anna = audited.anna.id();
    for action in [
        Action::List { limit: 1, purpose: None },
        order.action(vec![order.field("card")]),
        Action::Revoke(anna),
        Action::Grant { data_key: KeyId([1; 16]), to: anna },
    ] {
        let with_good = [audited.sign(Action::PassphraseChange), audited.sign(action)];
        assert_eq!(audited.record(&with_good).await, Err(P::LogEntryRefused));
    }
    assert_eq!(audited.record(&[]).await, Err(P::LogEntryRefused));
    assert_eq!(audited.record(&[audited.sign_at(Action::SignIn, NOW.plus(301))]).await, Err(P::ClockDiffers));
    let good = [audited.sign(Action::PassphraseChange), audited.sign(Action::PassphraseChange)];
    assert_eq!(audited.record(&good).await, Ok(1));
    assert_eq!(audited.record(&good[..1]).await, Err(P::LogEntryRepeated));
    // The sign-out ends the session with its entry
    let out = [audited.sign(Action::SignOut)];
    let answer = audited.vault.post("/v1/log/record", &audited.token, &to_log(&out)).await;
    assert_eq!(verified(&answer.json(), &out), 3);
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("=; Path=/; Max-Age=0;"), "{cookie}");
    assert_eq!(audited.record(&[audited.sign(Action::SignIn)]).await, Err(P::SignInRequired));
}

#[tokio::test]
async fn who_is_not_in_the_roster_any_more_does_nothing() {
    let mut audited = Audited::signed_in().await;
    let order = Order::new(&audited, "ORDER-1").await;
    let opening = order.with(&[audited.sign(order.action(vec![order.field("card")]))]);
    audited.change(Change::Revoke { id: audited.anna.id(), reason: Reason::Left }).await;
    let refused = audited.vault.post("/v1/openings", &audited.token, &opening).await;
    assert_eq!(refused.problem(), P::NotInRoster);
    let search =
        Search { log: Some(to_log(&[audited.sign(Action::List { limit: 25, purpose: None })])), ..Search::default() };
    let refused = audited.vault.post("/v1/deposits/search", &audited.token, &search).await;
    assert_eq!(refused.problem(), P::NotInRoster);
    assert_eq!(audited.record(&[audited.sign(Action::SignOut)]).await, Err(P::NotInRoster));
    assert_eq!(audited.written().await, (1, 0));
}

#[tokio::test]
async fn a_new_audit_key_is_taken_over_and_one_that_is_not_there_stops_everything() {
    let mut audited = Audited::signed_in().await;
    let order = Order::new(&audited, "ORDER-1").await;
    let opening = |audited: &Audited| order.with(&[audited.sign(order.action(vec![order.field("card")]))]);
    let second = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
    audited.keep(&second).await;
    audited.change(Change::AuditKey(*second.public_key().fingerprint())).await;
    audited.vault.post("/v1/openings", &audited.token, &opening(&audited)).await.json::<Opened>();
    let entries = audited.vault.entries(&audited.token).await.entries;
    let ids: Vec<_> = entries.iter().map(|entry| KeyId(entry.key_id.0)).collect();
    assert_eq!(ids, [audited.audit_key.public_key().key_id(), second.public_key().key_id()]);
    // Both are handed out, with what is granted of them; a grant of an audit key is kept like one of a data key
    let custody: Custody = audited.vault.get("/v1/custody", &audited.token).await.json();
    assert_eq!(custody.audit_keys.iter().map(|key| key.grants.len()).collect::<Vec<_>>(), [2, 2]);
    let grants = audited.grants(&second).iter().map(|grant| B64u(grant.to_bytes())).collect();
    let granted = Action::Grant { data_key: second.public_key().key_id(), to: audited.anna.id() };
    let again = Grants { grants, log: Some(to_log(&[audited.sign(granted)])) };
    audited.vault.post("/v1/grants", &audited.token, &again).await.json::<Recorded>();
    let stranger = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
    let grants = audited.grants(&stranger).iter().map(|grant| B64u(grant.to_bytes())).collect();
    let refused = audited.vault.post("/v1/grants", &audited.token, &Grants { grants, log: None }).await;
    assert_eq!(refused.problem(), P::MalformedMember);

    audited.change(Change::AuditKey(*stranger.public_key().fingerprint())).await;
    let refused = audited.vault.post("/v1/openings", &audited.token, &opening(&audited)).await;
    assert_eq!(refused.problem(), P::LogUnavailable);
    assert_eq!(audited.record(&[audited.sign(Action::SignIn)]).await, Err(P::LogUnavailable));
    assert_eq!(audited.written().await, (3, 1));
}

#[tokio::test]
async fn a_roster_that_was_cut_off_is_not_gone_by() {
    let mut audited = Audited::signed_in().await;
    let order = Order::new(&audited, "ORDER-1").await;
    let opening = |audited: &Audited| order.with(&[audited.sign(order.action(vec![order.field("card")]))]);
    audited.change(Change::Roles { id: audited.anna.id(), roles: Roles::parse("admin,auditor").unwrap() }).await;
    audited.vault.post("/v1/openings", &audited.token, &opening(&audited)).await.json::<Opened>();
    for sql in ["DELETE FROM roster_entry WHERE sequence = 1", "DELETE FROM roster_entry"] {
        sqlx::query(sql).execute(&mut audited.vault.raw().await).await.unwrap();
        let refused = audited.vault.post("/v1/openings", &audited.token, &opening(&audited)).await;
        assert_eq!(refused.problem(), P::LogUnavailable, "{sql}");
    }
    assert_eq!(audited.written().await, (2, 1));
}

#[tokio::test]
async fn a_log_that_somebody_changed_is_not_written_on_and_nothing_is_opened() {
    let audited = Audited::signed_in().await;
    let order = Order::new(&audited, "ORDER-1").await;
    let zero = "UPDATE log_node SET hash = zeroblob(32)";
    sqlx::query(zero).execute(&mut audited.vault.raw().await).await.unwrap();
    let opening = order.with(&[audited.sign(order.action(vec![order.field("card")]))]);
    let refused = audited.vault.post("/v1/openings", &audited.token, &opening).await;
    assert_eq!(refused.problem(), P::LogUnavailable);
    assert_eq!(audited.written().await, (1, 0));
}

#[tokio::test]
async fn where_no_log_is_kept_all_is_as_before_and_an_entry_is_not_taken_for_recorded() {
    for vault in [Vault::new().await, Vault::with_log(config()).await] {
        let token = vault.sign_in().await;
        let deposit = vault.with_order("ORDER-1").await;
        let tag = deposit.parts().fields.iter().find(|field| field.kind.as_str() == "card").unwrap().tag;
        let open = OpenField { kind: "card".into(), index: 0, tag: Hex(tag.0) };
        let one = OpenDeposit { deposit_id: Hex(deposit.id().0), open: vec![open], check: vec![] };
        let request = Open { purpose: Some(Purpose::Charge), deposits: vec![one], log: None };
        let opened: Opened = vault.post("/v1/openings", &token, &request).await.json();
        assert_eq!((opened.deposits[0].rows.len(), opened.log.is_none()), (1, true));
        assert!(vault.post("/v1/deposits/search", &token, &json!({})).await.json::<Found>().log.is_none());

        let anna = identity();
        let entry = signed((&site(), &anna), Action::SignIn, NOW, anna.signer());
        let log = Some(to_log(std::slice::from_ref(&entry)));
        let refused = vault.post("/v1/openings", &token, &Open { log: log.clone(), ..request }).await;
        assert_eq!(refused.problem(), P::NoLog);
        let refused = vault.post("/v1/deposits/search", &token, &Search { log, ..Search::default() }).await;
        assert_eq!(refused.problem(), P::NoLog);
        let refused = vault.post("/v1/log/record", &token, &to_log(&[entry])).await;
        assert_eq!(refused.problem(), P::NoLog);
    }
}

#[tokio::test]
async fn the_log_is_read_with_proofs_from_where_it_was_seen_last() {
    let audited = Audited::signed_in().await;
    for _ in 0..4 {
        audited.record(&[audited.sign(Action::PassphraseChange)]).await.unwrap();
    }
    let (vault, token) = (&audited.vault, &audited.token);
    let read = async |first: u64, count: u32, since: u64| -> Entries {
        vault.post("/v1/log/entries", token, &json!({"first": first, "count": count, "since": since})).await.json()
    };
    let mut seen = SeenLog::new(log_key().vkey().clone(), "");
    let none = read(0, 0, 0).await;
    let log = none.log.unwrap();
    let checkpoint = seen.advance(&log.checkpoint, &Proof::parse(&log.consistency).unwrap()).unwrap();
    assert_eq!((checkpoint.size, none.entries.len(), log.entries.len()), (5, 0, 0));

    audited.record(&[audited.sign(Action::PassphraseChange)]).await.unwrap();
    let Entries { entries, log } = read(3, 10, seen.size()).await;
    let log = log.unwrap();
    let checkpoint = seen.advance(&log.checkpoint, &Proof::parse(&log.consistency).unwrap()).unwrap();
    assert_eq!(checkpoint.size, 6);
    assert_eq!(log.entries.iter().map(|leaf| leaf.number).collect::<Vec<_>>(), [3, 4, 5]);
    for (entry, leaf) in entries.iter().zip(&log.entries) {
        let proof = Proof::parse(&leaf.proof).unwrap();
        is_in_log(&checkpoint, &Commitment(entry.commitment.0), entry.number, &proof).unwrap();
    }
    let beyond = vault.post("/v1/log/entries", token, &json!({"first": 0, "count": 1, "since": 7})).await;
    assert_eq!((beyond.problem(), beyond.pointer().as_deref()), (P::LogShorter, Some("/since")));
}
