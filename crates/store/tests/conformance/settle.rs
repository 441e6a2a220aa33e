//! Settling changes no row, whoever else is at work.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nightsafe_core::scalar::{DepositId, EnvelopeHash};
use nightsafe_store::StoreError;
use nightsafe_store::vault::{Arrival, FieldOpening, FieldRow, OpeningRequest, VaultStore};

use crate::place::Place;
use crate::rows::{NOW, arrival, field, index, spread};

/// What others do beside settling, at most.
const MOST: u32 = 6000;

/// Deposits with fields of three months, one of them too long for a page.
pub(crate) fn batch(numbers: std::ops::Range<u32>) -> Vec<Arrival> {
    numbers.map(|n| arrival(index(n, "2026-11-21", &[]), fields(n))).collect()
}

fn fields(number: u32) -> Vec<FieldRow> {
    let [mut card, mut address, mut text] =
        [(0, "card"), (1, "address"), (2, "text")].map(|(n, kind)| field(3 * number + n, kind));
    card.expires = "2028-11".into();
    address.expires = "2029-11".into();
    text.expires = "2027-11".into();
    text.envelope = (0..5252_u32).map(|byte| (byte * number % 251) as u8).collect();
    vec![card, address, text]
}

pub(crate) async fn check(store: &VaultStore, deposits: std::ops::Range<u32>) {
    for number in deposits {
        for field in fields(number) {
            assert_eq!(store.field_rows(&field.tag).await.unwrap(), [field]);
        }
    }
}

pub(crate) async fn settling_changes_no_row(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    assert_eq!(store.last_settled().await.unwrap(), None);
    store.settle(NOW).await.unwrap(); // nothing there yet
    assert_eq!(store.last_settled().await.unwrap(), Some(NOW));

    for (round, deposits) in [0..40, 40..80, 80..120].into_iter().enumerate() {
        let end = deposits.end;
        store.take_in(&batch(deposits)).await.unwrap();
        check(&store, 0..end).await;
        let before = place.rows("field_row").await;
        for again in 0..=round as u64 {
            let now = NOW.plus(round as u64 * 86_400 + again);
            store.settle(now).await.unwrap();
            assert_eq!(store.last_settled().await.unwrap(), Some(now));
            assert_eq!(place.rows("field_row").await, before);
        }
        check(&store, 0..end).await;
        // Known, also where they are now
        let again = store.take_in(&batch(0..end)).await.unwrap();
        assert!(again.iter().all(|outcome| *outcome == nightsafe_store::vault::Outcome::AlreadyThere));
        assert_eq!(place.rows("field_row").await, before);
    }
    assert_eq!(place.count("vault", "field_row").await, 360);
    if matches!(place, Place::Postgres(_)) {
        assert_eq!(place.count("vault", "field_staging").await, 0);
    }

    // A resealed field beside the settled one
    let mut resealed = fields(7);
    resealed[0].envelope_hash = EnvelopeHash([0xee; 32]);
    store.take_in(&[arrival(index(999, "2026-11-21", &[]), resealed[..1].to_vec())]).await.unwrap();
    store.settle(NOW).await.unwrap();
    assert_eq!(store.field_rows(&resealed[0].tag).await.unwrap().len(), 2);
}

pub(crate) async fn others_go_on_while_rows_are_settled(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    store.take_in(&batch(0..200)).await.unwrap();

    // Both go on until rows were settled beside them twice, however busy the machine is
    let settled = Arc::new(AtomicU32::new(0));
    let taking = tokio::spawn({
        let (store, settled) = (store.clone(), Arc::clone(&settled));
        async move {
            for number in 200..MOST {
                if number >= 320 && settled.load(Ordering::Relaxed) > 1 {
                    return number;
                }
                store.take_in(&batch(number..number + 1)).await.unwrap();
            }
            MOST
        }
    });
    let opening = tokio::spawn({
        let (store, settled) = (store.clone(), Arc::clone(&settled));
        async move {
            for (opened, number) in (0..MOST).zip((0..200).cycle()) {
                if opened >= 300 && settled.load(Ordering::Relaxed) > 1 {
                    return opened;
                }
                let card = &fields(number)[0];
                let request = OpeningRequest {
                    deposit_id: DepositId(spread(number, 1)),
                    open: vec![FieldOpening { kind: "card".into(), index: 0, tag: card.tag, purpose: "charge".into() }],
                    check: fields(number)[1..].iter().map(|field| field.tag).collect(),
                };
                let opened = store.open_fields(&[request], "admin", NOW).await.unwrap().unwrap();
                assert_eq!((opened[0].rows.len(), opened[0].present.len()), (1, 2));
            }
            MOST
        }
    });
    while !(taking.is_finished() && opening.is_finished()) {
        // Two at once: both do it one after the other, or one is told that it is being done
        let (one, other) = tokio::join!(store.settle(NOW), store.settle(NOW));
        for result in [one, other] {
            match result {
                Ok(()) => drop(settled.fetch_add(1, Ordering::Relaxed)),
                Err(StoreError::InUse { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (taken, opened) = (taking.await.unwrap(), opening.await.unwrap());
    let settled = settled.load(Ordering::Relaxed);
    assert!(settled > 1, "{settled}");
    store.settle(NOW).await.unwrap();
    check(&store, 0..taken).await;
    assert_eq!(place.count("vault", "field_row").await, 3 * i64::from(taken));
    assert_eq!(place.count("vault", "opening").await, i64::from(opened));
    let tags: BTreeSet<String> = place.rows("field_row").await.into_iter().collect();
    assert_eq!(tags.len(), 3 * usize::try_from(taken).unwrap());
}

pub(crate) async fn sets_of_rows_that_nothing_tells_apart_are_counted(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    assert_eq!(store.anonymity_sets().await.unwrap(), []);
    store.take_in(&batch(0..9)).await.unwrap();
    store.settle(NOW).await.unwrap();
    let mut other = field(100, "card");
    other.envelope = vec![7; 1400];
    store.take_in(&[arrival(index(100, "2026-11-21", &[]), vec![other])]).await.unwrap();
    store.take_in(&batch(9..12)).await.unwrap();
    let sets = store.anonymity_sets().await.unwrap();
    let seen: Vec<_> = sets.iter().map(|set| (set.rows, set.kind.as_str(), set.expires.as_str(), set.size)).collect();
    assert_eq!(
        seen,
        [
            (1, "card", "2028-11", 1400),
            (12, "text", "2027-11", 5252),
            (12, "card", "2028-11", 1300),
            (12, "address", "2029-11", 1300),
        ]
    );
    assert_eq!(sets[0].key_id, field(0, "card").key_id);
}
