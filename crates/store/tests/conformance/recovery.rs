//! Recovery kits: one for an admin, good once.

use nightsafe_core::log::CheckpointError;
use nightsafe_core::scalar::{IdentityId, RosterHead};
use nightsafe_store::vault::{
    NewEntry, NewKit, RecordedChange, Recovered, SessionLimits, StoredIdentity, StoredWrapped, VaultStore,
};

use crate::log::{checkpoint, leaves};
use crate::place::Place;
use crate::rows::NOW;
use crate::sessions::proof;

const ANNA: IdentityId = IdentityId([4; 16]);

/// Anna with two sessions, and Ben without an identity, with one.
async fn with_anna(place: &Place) -> VaultStore {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    for name in ["anna", "ben"] {
        assert!(store.add_admin(name, b"record", NOW).await.unwrap());
    }
    let wrapped = StoredWrapped { method: "login".into(), slot: String::new(), wrapped: vec![5; 281] };
    let identity = StoredIdentity { id: ANNA, public: vec![7; 90], wrapped: vec![wrapped] };
    assert!(store.add_identity("anna", &identity).await.unwrap());
    for (number, name) in [(1, "anna"), (2, "anna"), (3, "ben")] {
        let by = (name, &b"record"[..]);
        let begun = store.begin_session(&proof(number), &[number; 16], by, NOW, SessionLimits::default()).await;
        assert!(begun.unwrap());
    }
    store
}

async fn keep(store: &VaultStore, admin: &str, session: u8, number: u8) -> bool {
    let (session, record, wrapped) = (&proof(session).token_hash, &[number; 192][..], &[number; 281][..]);
    store.keep_kit(NewKit { admin, session, record, wrapped, made: NOW.plus(number.into()) }).await.unwrap()
}

/// Number of the kit, as its record and its time say, and of what the code unlocks.
async fn kit(store: &VaultStore) -> Option<(u8, u8)> {
    let ways = store.identity_of("anna").await.unwrap().map(|identity| identity.wrapped).unwrap_or_default();
    let wrapped: Vec<_> = ways.iter().filter(|way| way.method == "recovery-code").map(|way| way.wrapped[0]).collect();
    let kit = store.kit("anna").await.unwrap();
    assert_eq!(wrapped.len(), usize::from(kit.is_some()), "they come and go together");
    kit.map(|kit| {
        assert_eq!(kit.made, NOW.plus(kit.record[0].into()));
        (kit.record[0], wrapped[0])
    })
}

const fn recovered(kit: &[u8]) -> Recovered<'_> {
    Recovered { admin: "anna", kit, record: b"new record", wrapped: &[8; 281] }
}

async fn sessions(store: &VaultStore, admin: &str) -> usize {
    store.sessions(admin, NOW, SessionLimits::default()).await.unwrap().len()
}

pub(crate) async fn a_kit_takes_the_place_of_the_one_before_and_can_be_dropped(place: &Place) {
    let store = with_anna(place).await;
    assert_eq!(kit(&store).await, None);
    assert!(keep(&store, "anna", 1, 1).await);
    assert_eq!(kit(&store).await, Some((1, 1)));
    assert!(keep(&store, "anna", 2, 2).await);
    assert_eq!(kit(&store).await, Some((2, 2)));
    // Another's session, one that is over, an admin without identity
    assert!(!keep(&store, "anna", 3, 3).await);
    assert!(!keep(&store, "anna", 9, 3).await);
    assert!(!keep(&store, "ben", 3, 3).await);
    assert_eq!((kit(&store).await, store.kit("ben").await.unwrap()), (Some((2, 2)), None));
    store.drop_kit("ben").await.unwrap();
    assert_eq!(kit(&store).await, Some((2, 2)));
    store.drop_kit("anna").await.unwrap();
    store.drop_kit("anna").await.unwrap();
    assert_eq!(kit(&store).await, None);
    assert!(!store.recover(recovered(&[2; 192])).await.unwrap(), "what was dropped is good for nothing");
    assert_eq!(store.admin_record("anna").await.unwrap().as_deref(), Some(&b"record"[..]));
}

pub(crate) async fn a_kit_is_used_once_and_all_sessions_end(place: &Place) {
    let store = with_anna(place).await;
    assert!(keep(&store, "anna", 1, 1).await && keep(&store, "anna", 1, 2).await);
    assert!(!store.recover(recovered(&[1; 192])).await.unwrap(), "the one before");
    assert_eq!((kit(&store).await, sessions(&store, "anna").await), (Some((2, 2)), 2));
    assert!(store.recover(recovered(&[2; 192])).await.unwrap());
    assert_eq!((kit(&store).await, sessions(&store, "anna").await), (None, 0));
    assert_eq!(sessions(&store, "ben").await, 1);
    assert_eq!(store.admin_record("anna").await.unwrap().as_deref(), Some(&b"new record"[..]));
    let identity = store.identity_of("anna").await.unwrap().unwrap();
    assert_eq!(
        identity.wrapped.iter().map(|way| (way.method.as_str(), way.wrapped[0])).collect::<Vec<_>>(),
        [("login", 8)]
    );
    assert!(!store.recover(recovered(&[2; 192])).await.unwrap(), "used up");
}

pub(crate) async fn a_kit_goes_with_the_identity_that_it_unlocks(place: &Place) {
    let store = with_anna(place).await;
    assert!(keep(&store, "anna", 1, 1).await);
    let ends = NewEntry {
        sequence: 0,
        head: RosterHead([0; 32]),
        note: "entry 0".into(),
        ended: vec![ANNA],
        admitted: Vec::new(),
        grants: Vec::new(),
    };
    assert!(store.take_roster_entry(&ends).await.unwrap());
    assert_eq!(kit(&store).await, None);
    assert!(!store.recover(recovered(&[1; 192])).await.unwrap());
}

pub(crate) async fn a_recovery_is_in_the_log_or_has_not_happened(place: &Place) {
    let store = with_anna(place).await;
    assert!(keep(&store, "anna", 1, 1).await);
    let unsigned = |_, _| Err(CheckpointError::WrongOrigin);
    let record: &[u8] = &[1; 192];
    let change = RecordedChange::Recovery(recovered(record));
    assert!(store.change_recorded(change, &leaves(0..2), unsigned).await.is_err());
    assert_eq!((kit(&store).await, sessions(&store, "anna").await), (Some((1, 1)), 2));
    assert!(store.change_recorded(change, &leaves(0..2), checkpoint).await.unwrap().is_some());
    assert_eq!((kit(&store).await, sessions(&store, "anna").await), (None, 0));
    // Used up: no leaf either
    assert_eq!(store.change_recorded(change, &leaves(2..4), checkpoint).await.unwrap(), None);
    assert_eq!(place.count("vault", "log_leaf").await, 2);
}
