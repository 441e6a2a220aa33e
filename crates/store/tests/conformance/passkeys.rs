//! Passkeys: what is kept of them, by whom it is changed, and what goes with them.

use nightsafe_core::log::CheckpointError;
use nightsafe_core::passkey::PasskeyId;
use nightsafe_core::scalar::RosterHead;
use nightsafe_store::vault::{
    MAX_PASSKEYS, NewEntry, NewPasskey, Passkey, RecordedChange, SessionLimits, UsedPasskey, VaultStore,
};

use crate::log::{checkpoint, leaves};
use crate::place::Place;
use crate::recovery::{ANNA, keep, recovered, sessions, with_anna};
use crate::rows::NOW;
use crate::sessions::proof;

/// Anna's, made in her first session.
pub(crate) const fn passkey<'p>(id: &'p PasskeyId, wrapped: Option<&'p [u8]>) -> NewPasskey<'p> {
    NewPasskey {
        id,
        admin: "anna",
        session: &[0; 32],
        rp_id: "admin.example",
        credential: &[1; 20],
        public_key: &[2; 77],
        sign_count: 4,
        name: "Laptop",
        wrapped,
        made: NOW,
    }
}

async fn add(store: &VaultStore, number: u8, wrapped: Option<&[u8]>) -> bool {
    let (id, session) = (PasskeyId([number; 16]), proof(1).token_hash);
    store.add_passkey(NewPasskey { session: &session, ..passkey(&id, wrapped) }).await.unwrap()
}

async fn passkeys(store: &VaultStore) -> Vec<Passkey> {
    store.passkeys("anna", "admin.example").await.unwrap()
}

/// Numbers of those that unlock, as the list and the identity say.
async fn unlocking(store: &VaultStore) -> Vec<u8> {
    let ways = store.identity_of("anna").await.unwrap().map(|identity| identity.wrapped).unwrap_or_default();
    let slots: Vec<_> = ways.into_iter().filter(|way| way.method == "passkey").map(|way| way.slot).collect();
    let listed: Vec<_> = passkeys(store).await.into_iter().filter(|one| one.unlocks).map(|one| one.id).collect();
    assert_eq!(slots, listed.iter().map(PasskeyId::to_hex).collect::<Vec<_>>(), "they come and go together");
    listed.into_iter().map(|id| id.0[0]).collect()
}

async fn begin(store: &VaultStore, number: u8, record: &[u8], count: (u32, u32)) -> bool {
    let id = PasskeyId([1; 16]);
    let by = (record, UsedPasskey { id: &id, admin: "anna", count });
    let limits = SessionLimits::default();
    store.begin_session_by_passkey(&proof(number), &[number; 16], by, NOW.plus(9), limits).await.unwrap()
}

pub(crate) async fn passkeys_are_added_used_and_removed(place: &Place) {
    let store = with_anna(place).await;
    let id = PasskeyId([1; 16]);
    assert!(!store.add_passkey(passkey(&id, None)).await.unwrap(), "in no session");
    assert!(add(&store, 1, Some(&[7; 90])).await && add(&store, 2, None).await);
    assert!(!add(&store, 1, None).await, "it is there");
    assert_eq!((passkeys(&store).await.len(), unlocking(&store).await), (2, vec![1]));
    assert_eq!(store.wrapped_for_passkey("anna", &id).await.unwrap(), Some(vec![7; 90]));
    assert_eq!(store.wrapped_for_passkey("ben", &id).await.unwrap(), None);
    assert!(store.passkeys("anna", "other.example").await.unwrap().is_empty(), "good at its own host only");
    assert_eq!(store.passkey(&id, "other.example").await.unwrap(), None);
    let kept = store.passkey(&id, "admin.example").await.unwrap().unwrap();
    assert_eq!((kept.admin.as_str(), kept.name.as_str(), kept.sign_count), ("anna", "Laptop", 4));
    assert_eq!((kept.made, kept.last_used, kept.unlocks), (NOW, None, true));

    // Another record, a count that was used, another's passkey: no session, and no use
    assert!(!begin(&store, 5, b"other record", (4, 5)).await);
    assert!(!begin(&store, 5, b"record", (3, 5)).await);
    assert_eq!(passkeys(&store).await[0].sign_count, 4);
    assert!(begin(&store, 5, b"record", (4, 5)).await);
    let used = store.passkey(&id, "admin.example").await.unwrap().unwrap();
    assert_eq!((used.sign_count, used.last_used), (5, Some(NOW.plus(9))));
    assert_eq!(sessions(&store, "anna").await, 3);
    assert!(!begin(&store, 6, b"record", (4, 6)).await, "of two at a time, one");

    assert!(!store.remove_passkey("ben", &id).await.unwrap());
    assert!(store.remove_passkey("anna", &id).await.unwrap());
    assert!(!store.remove_passkey("anna", &id).await.unwrap());
    assert_eq!((passkeys(&store).await.len(), unlocking(&store).await), (1, vec![]));
    for number in 3..10 {
        assert!(add(&store, number, None).await);
    }
    assert_eq!(i64::try_from(passkeys(&store).await.len()).unwrap(), MAX_PASSKEYS);
    assert!(!add(&store, 11, None).await);
}

pub(crate) async fn a_passkey_goes_with_kit_and_identity(place: &Place) {
    let store = with_anna(place).await;
    assert!(add(&store, 1, Some(&[7; 90])).await && keep(&store, "anna", 1, 1).await);
    assert!(store.recover(recovered(&[1; 192])).await.unwrap());
    assert_eq!((passkeys(&store).await.len(), unlocking(&store).await), (0, vec![]));
    let by = ("anna", &b"new record"[..]);
    assert!(store.begin_session(&proof(1), &[1; 16], by, NOW, SessionLimits::default()).await.unwrap());
    assert!(add(&store, 2, Some(&[7; 90])).await);
    let ends = NewEntry {
        sequence: 0,
        head: RosterHead([0; 32]),
        note: "entry 0".into(),
        ended: vec![ANNA],
        admitted: Vec::new(),
        grants: Vec::new(),
    };
    assert!(store.take_roster_entry(&ends).await.unwrap());
    assert_eq!(store.passkey(&PasskeyId([2; 16]), "admin.example").await.unwrap(), None);
    assert_eq!(place.count("vault", "wrapped_identity").await, 0);
}

pub(crate) async fn a_passkey_change_is_in_the_log_or_has_not_happened(place: &Place) {
    let store = with_anna(place).await;
    let unsigned = |_, _| Err(CheckpointError::WrongOrigin);
    let (id, session) = (PasskeyId([1; 16]), proof(1).token_hash);
    let added = RecordedChange::AddPasskey(NewPasskey { session: &session, ..passkey(&id, Some(&[7; 90])) });
    let removed = RecordedChange::RemovePasskey("anna", &id);
    assert!(store.change_recorded(added, &leaves(0..1), unsigned).await.is_err());
    assert_eq!(passkeys(&store).await.len(), 0);
    assert!(store.change_recorded(added, &leaves(0..1), checkpoint).await.unwrap().is_some());
    assert_eq!(store.change_recorded(added, &leaves(1..2), checkpoint).await.unwrap(), None);
    assert!(store.change_recorded(removed, &leaves(1..2), unsigned).await.is_err());
    assert_eq!(unlocking(&store).await, [1]);
    assert!(store.change_recorded(removed, &leaves(1..2), checkpoint).await.unwrap().is_some());
    assert_eq!(store.change_recorded(removed, &leaves(2..3), checkpoint).await.unwrap(), None);
    assert_eq!((passkeys(&store).await.len(), place.count("vault", "log_leaf").await), (0, 2));
}
