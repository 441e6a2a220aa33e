//! Data keys that nothing is sealed to any more are destroyed whole, once, with an entry; and none that something is sealed to.

use nightsafe_core::log::CheckpointError;
use nightsafe_core::scalar::{IdentityId, KeyId};
use nightsafe_store::vault::{
    Arrival, CustodyItem, CustodyKey, NewDataKey, NewEntry, Outcome, PurgedKey, Reason, RecordedChange, RecoveryGrant,
    StoredGrant, StoredIdentity, StoredWrapped, VaultStore,
};

use crate::log::{checkpoint, leaves};
use crate::people::{entry, invitation, newcomer};
use crate::place::Place;
use crate::reseal::{NEW, OLD, resealed};
use crate::rows::{NOW, arrival, field, index};

const ANNA: IdentityId = IdentityId([4; 16]);
const DORA: IdentityId = IdentityId([6; 16]);

fn granted(key_id: KeyId, recipient: IdentityId) -> StoredGrant {
    StoredGrant { key_id, recipient, item: "x25519".into(), granted: vec![8; 90] }
}

/// Two data keys, kept in every way that there is: wrapped, for the recovery key, for Anna, and known to Dora, who has gone.
async fn with_keys(place: &Place) -> VaultStore {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    assert!(store.add_admin("anna", b"record", NOW).await.unwrap());
    let wrapped = vec![StoredWrapped { method: "login".into(), slot: String::new(), wrapped: vec![6; 90] }];
    assert!(store.add_identity("anna", &StoredIdentity { id: ANNA, public: vec![7; 90], wrapped }).await.unwrap());
    for (key_id, public) in [(OLD, 3), (NEW, 4)] {
        let items = vec![CustodyItem { item: "x25519".into(), wrapped: vec![1; 90] }];
        let key = CustodyKey { key_id, suite: "xwing".into(), public_key: vec![public; 1216], items };
        let grants =
            vec![RecoveryGrant { item: "x25519".into(), recovery_key_id: KeyId([9; 16]), sealed: vec![2; 200] }];
        let new = NewDataKey { key, grants, admin_grants: vec![granted(key_id, ANNA)] };
        assert!(store.add_data_key(&new).await.unwrap());
    }
    assert!(store.invite(&invitation("dora"), &[4; 32], NOW).await.unwrap());
    assert!(store.join(&[4; 32], &newcomer("dora", DORA)).await.unwrap());
    let grants = vec![granted(OLD, DORA), granted(NEW, DORA)];
    let comes = NewEntry { admitted: vec![("dora".into(), DORA)], grants, ..entry(0) };
    for next in [comes, NewEntry { ended: vec![DORA], ..entry(1) }] {
        assert!(store.take_roster_entry(&next).await.unwrap());
    }
    store
}

/// Wrapped items, recovery grants, admin grants, memories of grants of a key.
async fn kept(store: &VaultStore, key: &KeyId) -> [usize; 4] {
    let wrapped =
        store.custody().await.unwrap().iter().filter(|one| one.key_id == *key).map(|one| one.items.len()).sum();
    let admins = store.grants_to(&ANNA).await.unwrap().iter().filter(|one| one.key_id == *key).count();
    let ended = store.ended_grants().await.unwrap().iter().filter(|(one, _)| one == key).count();
    [wrapped, store.recovery_grants(key).await.unwrap().len(), admins, ended]
}

fn order(number: u32) -> Arrival {
    arrival(index(number, "2026-11-21", &[]), vec![field(number, "card"), field(1000 + number, "phone")])
}

pub(crate) async fn a_key_is_destroyed_whole_when_the_last_deposit_under_it_is_sealed_anew(place: &Place) {
    let store = with_keys(place).await;
    assert_eq!(store.take_in(&[order(1), order(2)]).await.unwrap(), [Outcome::Stored; 2]);
    store.settle(NOW).await.unwrap();
    assert!(store.take_in(&[order(3)]).await.is_ok(), "one that is not settled");
    for number in [1, 2, 3] {
        assert!(store.has_sealed(&OLD).await.unwrap());
        assert!(!store.purge_key(&OLD, NOW).await.unwrap(), "order {number} is left");
        assert!(store.reseal(&resealed(number)).await.unwrap());
    }
    assert_eq!(kept(&store, &OLD).await, [1; 4]);
    assert!(!store.has_sealed(&OLD).await.unwrap());
    assert!(store.purge_key(&OLD, NOW).await.unwrap());
    assert_eq!(kept(&store, &OLD).await, [0; 4]);
    assert_eq!(kept(&store, &NEW).await, [1; 4], "the other key");
    assert_eq!(store.custody().await.unwrap().iter().map(|key| key.key_id).collect::<Vec<_>>(), [NEW]);
    assert_eq!(store.purged_keys().await.unwrap(), [PurgedKey { key_id: OLD, suite: "xwing".into(), at: NOW }]);
    // Once, and no other key than one that is there
    assert!(!store.purge_key(&OLD, NOW.plus(1)).await.unwrap());
    assert!(!store.purge_key(&KeyId([5; 16]), NOW).await.unwrap());
    assert!(!store.purge_key(&NEW, NOW).await.unwrap(), "sealed to it by now");
    assert_eq!(store.purged_keys().await.unwrap()[0].at, NOW);
    // Nothing of it comes back
    assert_eq!(store.add_grants(&[granted(OLD, ANNA)]).await.unwrap(), 0);
    let goes = NewEntry { ended: vec![ANNA], grants: Vec::new(), ..entry(2) };
    assert!(store.take_roster_entry(&goes).await.unwrap());
    assert_eq!(kept(&store, &OLD).await, [0; 4]);
    assert_eq!(kept(&store, &NEW).await[3], 2, "what Anna had of the other is remembered");
}

pub(crate) async fn a_field_without_its_deposit_and_what_is_in_quarantine_keep_a_key(place: &Place) {
    let store = with_keys(place).await;
    // Fields whose deposit has gone, as retention may leave them
    assert_eq!(store.take_in(&[order(7)]).await.unwrap(), [Outcome::Stored]);
    place.execute("vault", "DELETE FROM deposit_index").await;
    assert_eq!(place.count("vault", "deposit_index").await, 0);
    assert!(store.has_sealed(&OLD).await.unwrap() && !store.purge_key(&OLD, NOW).await.unwrap());
    // A body that names the other key
    let mut body = vec![9; 100];
    body.extend(NEW.0);
    body.push(9);
    let bad = Arrival { content: Err(Reason::Conflict), body, ..order(8) };
    assert_eq!(store.take_in(&[bad]).await.unwrap(), [Outcome::Quarantined(Reason::Conflict)]);
    assert!(!store.has_sealed(&NEW).await.unwrap());
    assert!(!store.purge_key(&NEW, NOW).await.unwrap(), "what lies in quarantine may be put right");
    let owner = VaultStore::open(&place.vault_of_owner()).await.unwrap();
    let id = order(8).deposit_id;
    assert!(owner.drop_quarantined(&id, &id).await.unwrap());
    assert!(store.purge_key(&NEW, NOW).await.unwrap());
    assert_eq!((kept(&store, &NEW).await, kept(&store, &OLD).await), ([0; 4], [1; 4]));
}

pub(crate) async fn a_deposit_that_comes_too_late_is_put_aside_with_the_reason(place: &Place) {
    let store = with_keys(place).await;
    assert_eq!(store.take_in(&[order(1)]).await.unwrap(), [Outcome::Stored]);
    assert!(store.reseal(&resealed(1)).await.unwrap());
    assert!(store.purge_key(&OLD, NOW).await.unwrap());
    // The same deposit once more is the same deposit; another one cannot be opened, and is not lost either
    assert_eq!(
        store.take_in(&[order(1), order(2)]).await.unwrap(),
        [Outcome::AlreadyThere, Outcome::Quarantined(Reason::PurgedKey)]
    );
    let put_aside = store.quarantined(9).await.unwrap();
    assert_eq!(put_aside.iter().map(|row| row.reason.as_str()).collect::<Vec<_>>(), ["purged-key"]);
    assert_eq!(store.quarantined_body(&order(2).deposit_id, &order(2).body_hash).await.unwrap(), Some(order(2).body));
    assert!(!store.has_sealed(&OLD).await.unwrap());
    assert!(store.field_rows(&field(2, "card").tag).await.unwrap().is_empty());
}

/// Either the deposit is there and its key kept, or the key is gone and the deposit in quarantine; never a deposit without a key.
pub(crate) async fn a_purge_and_a_deposit_at_the_same_moment_come_one_after_the_other(place: &Place) {
    let store = with_keys(place).await;
    let other = VaultStore::open(&place.vault()).await.unwrap();
    let mut seen = [0, 0];
    for round in 0..60 {
        let key_id = KeyId([100 + u8::try_from(round).unwrap(); 16]);
        let key = CustodyKey { key_id, suite: "xwing".into(), public_key: vec![5; 1216], items: Vec::new() };
        let new = NewDataKey { key, grants: Vec::new(), admin_grants: vec![granted(key_id, ANNA)] };
        assert!(store.add_data_key(&new).await.unwrap());
        let number = 100 + round;
        let mut fields = vec![field(number, "card")];
        fields[0].key_id = key_id;
        let late = [arrival(nightsafe_store::vault::IndexRow { key_id, ..index(number, "2026-11-21", &[]) }, fields)];
        // Now the one, now the other is a little earlier
        let pause = |first: bool| tokio::time::sleep(std::time::Duration::from_micros(if first { 0 } else { 400 }));
        let purge = async {
            pause(round % 3 != 0).await;
            other.purge_key(&key_id, NOW).await.unwrap()
        };
        let comes = async {
            pause(round % 3 != 1).await;
            store.take_in(&late).await.unwrap()[0]
        };
        let again = [StoredGrant { item: "mlkem-seed".into(), ..granted(key_id, ANNA) }];
        let regrant = store.add_grants(&again);
        let settle = async {
            // Another that settles at the same time may be told to come again
            if round % 5 == 0 {
                drop(other.settle(NOW).await)
            }
        };
        let (purged, outcome, _, ()) = tokio::join!(purge, comes, async { regrant.await.unwrap() }, settle);
        let there = store.deposit(&index(number, "", &[]).deposit_id).await.unwrap().is_some();
        let grants = store.grants_to(&ANNA).await.unwrap().iter().filter(|one| one.key_id == key_id).count();
        if purged {
            assert_eq!((outcome, there, grants), (Outcome::Quarantined(Reason::PurgedKey), false, 0), "{round}");
        } else {
            assert_eq!((outcome, there, grants), (Outcome::Stored, true, 2), "{round}");
            assert_eq!(store.field_rows(&field(number, "").tag).await.unwrap().len(), 1);
        }
        seen[usize::from(purged)] += 1;
    }
    assert!(seen.iter().all(|times| *times > 0), "{seen:?}");
}

pub(crate) async fn a_purge_is_in_the_log_or_has_not_happened(place: &Place) {
    let store = with_keys(place).await;
    let unsigned = |_, _| Err(CheckpointError::WrongOrigin);
    let change = RecordedChange::Purge(&OLD, NOW);
    assert!(store.change_recorded(change, &leaves(0..1), unsigned).await.is_err());
    assert_eq!(kept(&store, &OLD).await, [1; 4]);
    assert!(store.change_recorded(change, &leaves(0..1), checkpoint).await.unwrap().is_some());
    assert_eq!(kept(&store, &OLD).await, [0; 4]);
    // Nothing to do: nothing is written
    assert_eq!(store.change_recorded(change, &leaves(1..2), checkpoint).await.unwrap(), None);
    assert_eq!(store.append_log(&leaves(1..2), checkpoint).await.unwrap().first, 1);
}
