//! Intake that can be repeated, and openings.

use std::collections::BTreeSet;

use nightsafe_core::scalar::{DepositId, EnvelopeHash, Tag};
use nightsafe_store::vault::{Arrival, FieldOpening, OpeningRequest, Outcome, PresentField, Reason, VaultStore};

use crate::place::Place;
use crate::rows::{NOW, arrival, field, index, spread};

pub(crate) async fn a_batch_is_taken_in_once_however_often_it_comes(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let batch: Vec<Arrival> = (0..20)
        .map(|n| arrival(index(n, "2026-11-21", &[]), vec![field(2 * n, "card"), field(2 * n + 1, "phone")]))
        .collect();
    assert_eq!(store.take_in(&batch).await.unwrap(), vec![Outcome::Stored; 20]);
    assert_eq!(store.take_in(&batch).await.unwrap(), vec![Outcome::AlreadyThere; 20]);
    assert_eq!((place.count("vault", "deposit_index").await, place.count("vault", "field_row").await), (20, 40));

    // A shopper's retry on the next day, after the outbox was emptied
    let retry = arrival(index(3, "2026-11-22", &[]), vec![field(6, "card"), field(7, "phone")]);
    assert_eq!(store.take_in(&[retry]).await.unwrap(), [Outcome::AlreadyThere]);
    let row = store.deposit(&DepositId(spread(3, 1))).await.unwrap().unwrap();
    assert_eq!(row, index(3, "2026-11-21", &[]));
}

pub(crate) async fn what_cannot_be_taken_in_is_quarantined_and_the_rest_goes_on(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    store.take_in(&[arrival(index(0, "2026-11-21", &[]), vec![field(0, "card")])]).await.unwrap();

    let mut edited = index(0, "2026-11-21", &[("last4", "9999")]);
    edited.locator = vec![0; 3];
    let mut unreadable = arrival(index(1, "2026-11-21", &[]), vec![]);
    unreadable.content = Err(Reason::Malformed);
    let mut other_month = field(0, "card");
    other_month.expires = "2026-12".into();
    let batch = [
        arrival(edited, vec![field(8, "card")]),
        unreadable,
        arrival(index(2, "2026-11-21", &[]), vec![field(9, "phone"), other_month]),
        arrival(index(3, "2026-11-21", &[]), vec![field(10, "card")]),
    ];
    let expected = [
        Outcome::Quarantined(Reason::Conflict),
        Outcome::Quarantined(Reason::Malformed),
        Outcome::Quarantined(Reason::Conflict),
        Outcome::Stored,
    ];
    for _ in 0..2 {
        let outcomes = store.take_in(&batch).await.unwrap();
        assert_eq!(outcomes[..3], expected[..3]);
    }
    assert_eq!(place.count("vault", "quarantine").await, 3, "the same arrival is one row");
    assert_eq!(place.count("vault", "field_row").await, 2, "no field of a quarantined deposit");
    assert_eq!(place.count("vault", "deposit_index").await, 2);
    let reasons: BTreeSet<_> = store.quarantined(10).await.unwrap().into_iter().map(|row| row.reason).collect();
    assert_eq!(reasons, BTreeSet::from(["conflict".into(), "malformed".into()]));
    let owner = VaultStore::open(&place.vault_of_owner()).await.unwrap();
    let listed = owner.quarantined(10).await.unwrap();
    for row in &listed {
        assert_eq!((row.size, row.day.as_str()), (100, "2026-11-21"));
        assert_eq!(owner.quarantined_under(&row.deposit_id).await.unwrap(), [row.content]);
        assert_eq!(owner.quarantined_body(&row.deposit_id, &row.content).await.unwrap(), Some(vec![9; 100]));
    }
    let one = &listed[0];
    assert_eq!(owner.quarantined_body(&one.deposit_id, &[0; 32]).await.unwrap(), None);
    let not_ours = store.drop_quarantined(&one.deposit_id, &one.content).await.is_err();
    assert_eq!(not_ours, place.vault().is_postgres(), "the vault's role may not");
    owner.drop_quarantined(&listed[1].deposit_id, &listed[1].content).await.unwrap();
    assert!(!owner.drop_quarantined(&listed[1].deposit_id, &listed[1].content).await.unwrap());
    assert_eq!(place.count("vault", "quarantine").await, if not_ours { 2 } else { 1 });
    // What was there first is untouched
    assert_eq!(store.field_rows(&field(0, "card").tag).await.unwrap(), [field(0, "card")]);
}

pub(crate) async fn two_deposits_of_one_batch_may_not_disagree_about_a_field(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let batch = [
        arrival(index(0, "2026-11-21", &[]), vec![field(0, "card")]),
        arrival(index(1, "2026-11-21", &[]), vec![field(0, "phone")]),
    ];
    let outcomes = store.take_in(&batch).await.unwrap();
    assert_eq!(outcomes, [Outcome::Stored, Outcome::Quarantined(Reason::Conflict)]);
}

pub(crate) async fn a_second_envelope_under_a_tag_is_a_second_row(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let mut resealed = field(0, "card");
    resealed.envelope_hash = EnvelopeHash([0xee; 32]);
    store.take_in(&[arrival(index(0, "2026-11-21", &[]), vec![field(0, "card")])]).await.unwrap();
    store.take_in(&[arrival(index(1, "2026-11-21", &[]), vec![resealed])]).await.unwrap();
    assert_eq!(store.field_rows(&field(0, "card").tag).await.unwrap().len(), 2);
}

pub(crate) async fn an_opening_is_recorded_with_what_it_hands_out(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let fields = vec![field(0, "card"), field(1, "phone")];
    store.take_in(&[arrival(index(0, "2026-11-21", &[]), fields)]).await.unwrap();
    let deposit_id = DepositId(spread(0, 1));
    let request = |deposit_id| OpeningRequest {
        deposit_id,
        open: vec![FieldOpening { kind: "card".into(), index: 0, tag: field(0, "card").tag, purpose: "charge".into() }],
        check: vec![field(1, "phone").tag, Tag([0; 32])],
    };

    let opened = store.open_fields(&[request(deposit_id)], "admin", NOW).await.unwrap().unwrap();
    assert_eq!(opened[0].rows, [field(0, "card")]);
    let there = PresentField { tag: field(1, "phone").tag, hash: field(1, "phone").envelope_hash, point: None };
    assert_eq!(opened[0].present, [there]);
    let openings = store.openings(&deposit_id).await.unwrap();
    assert_eq!(openings.len(), 1, "a check is no opening");
    let one = &openings[0];
    assert_eq!(
        (one.kind.as_str(), one.index, one.purpose.as_str(), one.admin.as_str()),
        ("card", 0, "charge", "admin")
    );
    assert_eq!(one.at, NOW);

    let unknown = DepositId([0xaa; 32]);
    let refused = store.open_fields(&[request(deposit_id), request(unknown)], "admin", NOW).await;
    assert_eq!(refused.unwrap().err(), Some(unknown));
    assert_eq!(place.count("vault", "opening").await, 1, "a refused batch records nothing");

    // Named as another kind, the row stays where it is
    let mut lie = request(deposit_id);
    lie.open[0].kind = "phone".into();
    let opened = store.open_fields(&[lie], "admin", NOW).await.unwrap().unwrap();
    assert!(opened[0].rows.is_empty());
    // Nor is anything found under a tag that there is not
    let mut wrong = request(deposit_id);
    wrong.open[0].tag = Tag([0; 32]);
    let opened = store.open_fields(&[wrong], "admin", NOW).await.unwrap().unwrap();
    assert!(opened[0].rows.is_empty());
    assert_eq!(place.count("vault", "opening").await, 1, "what was not handed out was not opened");
}

pub(crate) async fn what_was_deleted_does_not_come_back(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let one = || arrival(index(0, "2026-11-21", &[]), vec![field(0, "card"), field(1, "phone")]);
    assert_eq!(store.take_in(&[one()]).await.unwrap(), [Outcome::Stored]);
    assert_eq!(store.manifest_of(&DepositId(spread(0, 1))).await.unwrap().map(|hash| hash.0), Some([2; 32]));

    // Retention takes one kind of field, then the rest
    let table = if place.vault().is_postgres() { "field_staging" } else { "field" };
    for (sql, fields) in
        [(format!("DELETE FROM {table} WHERE kind = 'card'"), 1), ("DELETE FROM deposit_index".into(), 1)]
    {
        place.execute("vault", &sql).await;
        assert_eq!(store.take_in(&[one()]).await.unwrap(), [Outcome::AlreadyThere]);
        assert_eq!(place.count("vault", "field_row").await, fields);
    }
    assert_eq!(store.deposit(&DepositId(spread(0, 1))).await.unwrap(), None);
    assert_eq!(store.manifest_of(&DepositId(spread(0, 1))).await.unwrap(), None);
}
