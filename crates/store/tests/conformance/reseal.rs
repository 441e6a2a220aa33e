//! Deposits that are sealed anew: whole or not at all, in the place of what they were, and not linked longer than new ones.

use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, ManifestHash};
use nightsafe_store::vault::{IndexRow, Outcome, Resealed, ResealedField, VaultStore};

use crate::place::Place;
use crate::rows::{NOW, arrival, field, index, spread};

pub(crate) const OLD: KeyId = KeyId([3; 16]);
pub(crate) const NEW: KeyId = KeyId([4; 16]);

/// Deposits of two fields each, settled.
async fn filled(place: &Place, count: u32) -> VaultStore {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let orders: Vec<_> = (0..count)
        .map(|n| {
            arrival(index(n, "2026-11-21", &[("last4", "4242")]), vec![field(n, "card"), field(1000 + n, "phone")])
        })
        .collect();
    store.take_in(&orders).await.unwrap();
    store.settle(NOW).await.unwrap();
    store
}

/// What takes the place of an order.
pub(crate) fn resealed(number: u32) -> Resealed {
    let field = |number: u32| {
        let hash = EnvelopeHash(spread(number, 16));
        let old = field(number, "");
        ResealedField { tag: old.tag, before: old.envelope_hash, hash, envelope: vec![17; 1300] }
    };
    Resealed {
        deposit_id: index(number, "", &[]).deposit_id,
        before: EnvelopeHash::of(&[4; 1700]),
        manifest: ManifestHash([12; 32]),
        key_id: NEW,
        locator: vec![14; 1700],
        fields: vec![field(1000 + number), field(number)],
    }
}

pub(crate) async fn a_deposit_is_sealed_anew_whole_and_once(place: &Place) {
    let store = filled(place, 3).await;
    assert_eq!(store.deposits_under(&[OLD, NEW]).await.unwrap(), [(OLD, 3), (NEW, 0)]);
    let before = store.deposit(&index(1, "", &[]).deposit_id).await.unwrap().unwrap();
    assert!(store.reseal(&resealed(1)).await.unwrap());
    assert_eq!(store.deposits_under(&[OLD, NEW]).await.unwrap(), [(OLD, 2), (NEW, 1)]);
    // All else of it is as before, and so is each row's kind and month
    let after = store.deposit(&before.deposit_id).await.unwrap().unwrap();
    let expected = IndexRow { manifest: ManifestHash([12; 32]), key_id: NEW, locator: vec![14; 1700], ..before };
    assert_eq!(after, expected);
    for (number, kind) in [(1, "card"), (1001, "phone")] {
        let old = field(number, kind);
        let rows = store.field_rows(&old.tag).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].kind.as_str(), rows[0].expires.as_str(), rows[0].key_id), (kind, "2028-11", NEW));
        assert_eq!((rows[0].envelope_hash, &rows[0].envelope), (EnvelopeHash(spread(number, 16)), &vec![17; 1300]));
    }
    // Somebody else was first: nothing changes
    assert!(!store.reseal(&resealed(1)).await.unwrap());
    assert_eq!(store.deposit(&expected.deposit_id).await.unwrap().unwrap(), expected);
    // A retry of what the shopper sent is the same deposit, and brings no old row back
    let again = arrival(index(1, "2026-11-22", &[("last4", "4242")]), vec![field(1, "card"), field(1001, "phone")]);
    assert_eq!(store.take_in(&[again]).await.unwrap(), [Outcome::AlreadyThere]);
    assert_eq!(store.field_rows(&field(1, "").tag).await.unwrap().len(), 1);
}

pub(crate) async fn what_is_not_as_it_was_stays_as_it_is(place: &Place) {
    let store = filled(place, 2).await;
    let before = store.deposit(&resealed(0).deposit_id).await.unwrap();
    let mut gone = resealed(0);
    gone.fields[1].before = EnvelopeHash([1; 32]); // the second in the order of tags, or the first: all or nothing
    let mut other = resealed(0);
    other.before = EnvelopeHash([1; 32]);
    let unknown = Resealed { deposit_id: DepositId([9; 32]), ..resealed(0) };
    for refused in [gone, other, unknown] {
        assert!(!store.reseal(&refused).await.unwrap());
        assert_eq!(store.deposit(&resealed(0).deposit_id).await.unwrap(), before);
        for number in [0, 1000] {
            let rows = store.field_rows(&field(number, "").tag).await.unwrap();
            assert_eq!(rows.iter().map(|row| row.key_id).collect::<Vec<_>>(), [OLD]);
        }
    }
}

pub(crate) async fn what_is_left_is_walked_by_id_past_what_stays(place: &Place) {
    let store = filled(place, 5).await;
    let mut ids: Vec<_> = (0..5).map(|n| index(n, "", &[]).deposit_id).collect();
    ids.sort();
    let page = async |after: Option<&DepositId>| {
        let rows = store.next_under(&OLD, after, 2).await.unwrap();
        rows.iter().map(|row| row.deposit_id).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, ids[..2]);
    assert_eq!(page(Some(&ids[1])).await, ids[2..4]);
    let number = (0..5).find(|n| index(*n, "", &[]).deposit_id == ids[0]).unwrap();
    assert!(store.reseal(&resealed(number)).await.unwrap());
    assert_eq!(page(None).await, ids[1..3]);
    assert_eq!(page(Some(&ids[4])).await, []);
    assert_eq!(store.next_under(&NEW, None, 9).await.unwrap().len(), 1);
}

pub(crate) async fn settling_after_it_leaves_one_row_for_each_field(place: &Place) {
    let store = filled(place, 4).await;
    // One that has just come, and is not settled
    let late = arrival(index(9, "2026-11-22", &[]), vec![field(9, "card"), field(1009, "phone")]);
    store.take_in(&[late]).await.unwrap();
    for number in [0, 2, 9] {
        assert!(store.reseal(&resealed(number)).await.unwrap());
    }
    store.settle(NOW.plus(1)).await.unwrap();
    for number in [0, 1, 2, 3, 9] {
        for field in [field(number, "card"), field(1000 + number, "phone")] {
            let rows = store.field_rows(&field.tag).await.unwrap();
            let expected = if [0, 2, 9].contains(&number) { NEW } else { OLD };
            assert_eq!(rows.iter().map(|row| row.key_id).collect::<Vec<_>>(), [expected], "{number}");
        }
    }
    if let Place::Postgres(server) = place {
        assert_eq!(place.count("vault", "field_staging").await, 0);
        // Neither rows nor what is left of old ones tells what was exchanged together
        let mut raw = server.connect().await;
        let written: i64 =
            sqlx::query_scalar("SELECT count(DISTINCT xmin::text) FROM vault.field").fetch_one(&mut raw).await.unwrap();
        assert_eq!(written, 1);
        let deleted: i64 = sqlx::query_scalar("SELECT count(*) FROM vault.field WHERE xmax::text <> '0'")
            .fetch_one(&mut raw)
            .await
            .unwrap();
        assert_eq!(deleted, 0);
    }
}
