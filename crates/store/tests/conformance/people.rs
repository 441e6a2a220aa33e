//! Invitations, newcomers, and what an entry of the roster does to who may sign in.

use nightsafe_core::scalar::{IdentityId, KeyId, RosterHead};
use nightsafe_store::vault::{
    CustodyKey, Invitation, NewDataKey, NewEntry, Newcomer, Proposal, SessionLimits, StoredGrant, StoredIdentity,
    StoredWrapped, VaultStore,
};

use crate::place::Place;
use crate::rows::NOW;
use crate::sessions::proof;

const KEY: KeyId = KeyId([7; 16]);
const ANNA: IdentityId = IdentityId([1; 16]);
const BEN: IdentityId = IdentityId([2; 16]);

pub(crate) fn invitation(name: &str) -> Invitation {
    Invitation { name: name.into(), roles: "admin".into(), invited_by: "anna".into(), expires: NOW.plus(100) }
}

pub(crate) fn newcomer(name: &str, id: IdentityId) -> Newcomer {
    Newcomer {
        name: name.into(),
        id,
        record: [name.as_bytes(), &id.0[..1]].concat(),
        public: vec![id.0[0]; 1300],
        wrapped: vec![id.0[0]; 281],
        roles: "admin".into(),
        joined: NOW,
    }
}

fn grant(recipient: IdentityId) -> StoredGrant {
    StoredGrant { key_id: KEY, recipient, item: "x25519".into(), granted: recipient.0.to_vec() }
}

pub(crate) fn entry(sequence: u8) -> NewEntry {
    NewEntry {
        sequence: sequence.into(),
        head: RosterHead([sequence; 32]),
        note: format!("entry {sequence}"),
        ended: Vec::new(),
        admitted: Vec::new(),
        grants: Vec::new(),
    }
}

/// Anna, alone in the roster, with a data key.
async fn founded(place: &Place) -> VaultStore {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    assert!(store.add_admin("anna", b"record", NOW).await.unwrap());
    let wrapped = vec![StoredWrapped { method: "login".into(), slot: String::new(), wrapped: vec![1; 281] }];
    assert!(store.add_identity("anna", &StoredIdentity { id: ANNA, public: vec![1; 1300], wrapped }).await.unwrap());
    let key = CustodyKey { key_id: KEY, suite: "xwing".into(), public_key: vec![7; 1216], items: Vec::new() };
    let new = NewDataKey { key, grants: Vec::new(), admin_grants: vec![grant(ANNA)] };
    assert!(store.add_data_key(&new).await.unwrap());
    assert_eq!(store.roster_head().await.unwrap(), None);
    assert!(store.take_roster_entry(&entry(0)).await.unwrap());
    assert_eq!(store.roster_head().await.unwrap(), Some(RosterHead([0; 32])));
    store
}

async fn joins(store: &VaultStore, name: &str, id: IdentityId) {
    assert!(store.invite(&invitation(name), &id.0.repeat(2).try_into().unwrap(), NOW).await.unwrap());
    assert!(store.join(&id.0.repeat(2).try_into().unwrap(), &newcomer(name, id)).await.unwrap());
}

/// Ben joins and is signed in to the roster by entry 1.
async fn with_ben(place: &Place) -> VaultStore {
    let store = founded(place).await;
    joins(&store, "ben", BEN).await;
    let admits = NewEntry { admitted: vec![("ben".into(), BEN)], grants: vec![grant(BEN)], ..entry(1) };
    assert!(store.take_roster_entry(&admits).await.unwrap());
    store
}

pub(crate) async fn an_invitation_is_good_once_and_for_its_time(place: &Place) {
    let store = founded(place).await;
    let (ben, cleo) = (invitation("ben"), invitation("cleo"));
    assert!(store.invite(&cleo, &[3; 32], NOW).await.unwrap());
    assert!(store.invite(&ben, &[2; 32], NOW).await.unwrap());
    assert!(!store.invite(&ben, &[4; 32], NOW.plus(99)).await.unwrap(), "there is an open one");
    assert!(!store.invite(&invitation("dora"), &[2; 32], NOW).await.unwrap(), "a token twice");
    assert_eq!(store.invitations(NOW.plus(99)).await.unwrap(), [ben.clone(), cleo.clone()]);
    assert_eq!(store.invitation_of(&[2; 32], NOW.plus(99)).await.unwrap(), Some(ben.clone()));
    assert_eq!(store.invitation_of(&[4; 32], NOW).await.unwrap(), None);
    // It is over
    assert_eq!(store.invitation_of(&[2; 32], NOW.plus(100)).await.unwrap(), None);
    assert!(store.invitations(NOW.plus(100)).await.unwrap().is_empty());
    let late = Newcomer { joined: NOW.plus(100), ..newcomer("ben", BEN) };
    assert!(!store.join(&[2; 32], &late).await.unwrap());
    let again = Invitation { expires: NOW.plus(300), ..ben };
    assert!(store.invite(&again, &[4; 32], NOW.plus(100)).await.unwrap(), "an expired one gives way");

    let waiting = Newcomer { joined: NOW.plus(101), ..newcomer("ben", BEN) };
    assert!(!store.join(&[4; 32], &Newcomer { name: "anna".into(), ..waiting.clone() }).await.unwrap());
    assert!(store.join(&[4; 32], &waiting).await.unwrap());
    assert!(!store.join(&[4; 32], &waiting).await.unwrap(), "used up");
    assert_eq!(store.newcomers().await.unwrap(), std::slice::from_ref(&waiting));
    assert_eq!(store.newcomer("ben").await.unwrap(), Some(waiting));
    assert_eq!(store.newcomer("anna").await.unwrap(), None);
    assert!(!store.invite(&again, &[5; 32], NOW.plus(101)).await.unwrap(), "somebody waits");
    // Whoever waits can be told away, and an invitation taken back
    assert!(store.withdraw("ben").await.unwrap() && !store.withdraw("ben").await.unwrap());
    assert!(store.invite(&again, &[5; 32], NOW.plus(101)).await.unwrap());
    assert!(store.withdraw("ben").await.unwrap());
    assert_eq!(store.invitation_of(&[5; 32], NOW.plus(101)).await.unwrap(), None);
    assert!(store.newcomers().await.unwrap().is_empty());
    // An identity waits once, and the invitation of the second is not used up
    joins(&store, "ben", BEN).await;
    assert!(store.invite(&cleo, &[6; 32], NOW).await.unwrap());
    assert!(!store.join(&[6; 32], &newcomer("cleo", BEN)).await.unwrap());
    assert_eq!(store.invitation_of(&[6; 32], NOW).await.unwrap(), Some(cleo));
}

pub(crate) async fn an_entry_admits_who_waits_and_ends_who_goes(place: &Place) {
    let store = founded(place).await;
    joins(&store, "ben", BEN).await;
    assert_eq!(store.admin_record("ben").await.unwrap(), None, "nobody signs in before the roster says so");
    assert!(!store.has_identity(&BEN).await.unwrap());
    let admits = NewEntry { admitted: vec![("ben".into(), BEN)], grants: vec![grant(BEN)], ..entry(1) };
    assert!(store.take_roster_entry(&admits).await.unwrap());
    assert_eq!(store.roster_head().await.unwrap(), Some(RosterHead([1; 32])));
    assert_eq!(store.admin_record("ben").await.unwrap(), Some(newcomer("ben", BEN).record));
    let identity = store.identity_of("ben").await.unwrap().unwrap();
    let ways = vec![StoredWrapped { method: "login".into(), slot: String::new(), wrapped: vec![2; 281] }];
    assert_eq!(identity, StoredIdentity { id: BEN, public: vec![2; 1300], wrapped: ways });
    assert!(store.has_identity(&BEN).await.unwrap());
    assert!(store.grants_to(&BEN).await.unwrap() == [grant(BEN)]);
    assert!(store.newcomers().await.unwrap().is_empty());

    let limits = SessionLimits::default();
    assert!(store.begin_session(&proof(1), &[1; 16], ("anna", b"record"), NOW, limits).await.unwrap());
    assert!(
        store.begin_session(&proof(2), &[2; 16], ("ben", &newcomer("ben", BEN).record), NOW, limits).await.unwrap()
    );
    store.set_lock_after("ben", 60).await.unwrap();
    assert!(store.ended_grants().await.unwrap().is_empty());
    assert!(store.take_roster_entry(&NewEntry { ended: vec![BEN], ..entry(2) }).await.unwrap());
    assert_eq!(store.ended_grants().await.unwrap(), [(KEY, BEN)], "what was granted is remembered");
    assert_eq!(store.lock_after("ben").await.unwrap(), 600, "what was set goes with its admin");
    assert_eq!(store.use_session(&proof(2), NOW, limits).await.unwrap(), None, "out at once");
    assert_eq!(store.use_session(&proof(1), NOW, limits).await.unwrap().unwrap().admin, "anna");
    assert_eq!(store.admin_record("ben").await.unwrap(), None);
    assert_eq!(store.identity_of("ben").await.unwrap(), None);
    assert!(store.grants_to(&BEN).await.unwrap().is_empty());
    assert!(store.grants_to(&ANNA).await.unwrap() == [grant(ANNA)]);
    assert!(!store.has_identity(&BEN).await.unwrap());
    assert_eq!(store.public_identities().await.unwrap(), [vec![1; 1300], vec![2; 1300]], "the history names it");
    // A sign-in that began before is no sign-in any more
    assert!(
        !store.begin_session(&proof(3), &[3; 16], ("ben", &newcomer("ben", BEN).record), NOW, limits).await.unwrap()
    );
    // Whoever never had a sign-in is ended without one
    assert!(store.take_roster_entry(&NewEntry { ended: vec![IdentityId([9; 16])], ..entry(3) }).await.unwrap());
    assert_eq!(store.ended_grants().await.unwrap(), [(KEY, BEN)]);
}

pub(crate) async fn somebody_gets_new_keys_and_the_old_ones_are_gone(place: &Place) {
    let store = with_ben(place).await;
    let (new, limits) = (IdentityId([3; 16]), SessionLimits::default());
    let (old_record, new_record) = (newcomer("ben", BEN).record, newcomer("ben", new).record);
    assert!(store.begin_session(&proof(2), &[2; 16], ("ben", &old_record), NOW, limits).await.unwrap());
    joins(&store, "ben", new).await;
    assert_eq!(store.admin_record("ben").await.unwrap(), Some(old_record), "until the entry is taken");
    let replaces =
        NewEntry { ended: vec![BEN], admitted: vec![("ben".into(), new)], grants: vec![grant(new)], ..entry(2) };
    assert!(store.take_roster_entry(&replaces).await.unwrap());
    assert_eq!(store.admin_record("ben").await.unwrap(), Some(new_record));
    assert_eq!(store.identity_of("ben").await.unwrap().unwrap().id, new);
    assert_eq!(store.use_session(&proof(2), NOW, limits).await.unwrap(), None);
    assert!(store.grants_to(&BEN).await.unwrap().is_empty());
    assert!(store.grants_to(&new).await.unwrap() == [grant(new)]);
}

pub(crate) async fn an_entry_that_comes_second_does_nothing(place: &Place) {
    let store = with_ben(place).await;
    let cleo = IdentityId([3; 16]);
    joins(&store, "cleo", cleo).await;
    let admits = NewEntry { admitted: vec![("cleo".into(), cleo)], ..entry(2) };
    // Not the next one; the same text again; somebody who does not wait; a name that is taken
    let late = NewEntry { sequence: 1, ..admits.clone() };
    let repeated = NewEntry { head: RosterHead([1; 32]), ..admits.clone() };
    let stranger = NewEntry { admitted: vec![("cleo".into(), IdentityId([8; 16]))], ..admits.clone() };
    for refused in [late, repeated, stranger] {
        assert!(!store.take_roster_entry(&NewEntry { ended: vec![BEN], ..refused }).await.unwrap());
    }
    joins(&store, "ben", IdentityId([4; 16])).await;
    let taken = NewEntry { admitted: vec![("ben".into(), IdentityId([4; 16]))], ..entry(2) };
    assert!(!store.take_roster_entry(&taken).await.unwrap());
    // A grant to somebody who is not there
    assert!(
        store
            .take_roster_entry(&NewEntry { grants: vec![grant(IdentityId([8; 16]))], ..admits.clone() })
            .await
            .is_err()
    );
    assert_eq!(store.roster().await.unwrap(), ["entry 0", "entry 1"]);
    assert_eq!(store.identity_of("ben").await.unwrap().unwrap().id, BEN);
    assert_eq!(store.newcomers().await.unwrap().len(), 2);
    assert!(store.take_roster_entry(&admits).await.unwrap());
}

pub(crate) async fn proposals_wait_until_an_entry_is_taken(place: &Place) {
    let store = founded(place).await;
    let proposal = |number: u8| Proposal { head: RosterHead([number; 32]), note: format!("proposal {number}") };
    for number in [5, 4, 6] {
        store.propose(&proposal(number)).await.unwrap();
    }
    store.propose(&Proposal { note: "changed".into(), ..proposal(5) }).await.unwrap();
    assert_eq!(store.proposals().await.unwrap(), [proposal(4), proposal(5), proposal(6)]);
    store.drop_proposal(&proposal(4).head).await.unwrap();
    store.drop_proposal(&proposal(4).head).await.unwrap();
    assert_eq!(store.proposals().await.unwrap(), [proposal(5), proposal(6)]);
    assert!(store.take_roster_entry(&entry(1)).await.unwrap());
    assert!(store.proposals().await.unwrap().is_empty());
}
