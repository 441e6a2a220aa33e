//! Data keys and manifests; identities, roster and grants of admins.

use nightsafe_core::scalar::{IdentityId, KeyId, ManifestHash, RosterHead};
use nightsafe_core::time::UnixTime;
use nightsafe_store::vault::{
    CustodyItem, CustodyKey, NewDataKey, RecoveryGrant, SessionLimits, StoredGrant, StoredIdentity, StoredWrapped,
    VaultStore,
};

use crate::place::Place;
use crate::sessions::proof;

pub(crate) async fn custody_and_manifests_are_added_once(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    store.probe().await.unwrap();
    let item = |name: &str| CustodyItem { item: name.into(), wrapped: vec![1; 120] };
    let key = |id: u8| CustodyKey {
        key_id: KeyId([id; 16]),
        suite: "xwing".into(),
        public_key: vec![id; 1216],
        items: vec![item("mlkem-seed"), item("x25519")],
    };
    let grant = RecoveryGrant { item: "x25519".into(), recovery_key_id: KeyId([9; 16]), sealed: vec![2; 1200] };
    for id in [2, 1] {
        let new = NewDataKey { key: key(id), grants: vec![grant.clone()], admin_grants: Vec::new() };
        assert!(store.add_data_key(&new).await.unwrap());
        assert!(!store.add_data_key(&new).await.unwrap());
    }
    assert_eq!(store.custody().await.unwrap(), [key(1), key(2)]);
    assert!(store.recovery_grants(&KeyId([1; 16])).await.unwrap() == [grant]);

    assert!(store.add_manifest(&ManifestHash([2; 32]), 2, "second").await.unwrap());
    assert!(store.add_manifest(&ManifestHash([1; 32]), 1, "first").await.unwrap());
    assert!(!store.add_manifest(&ManifestHash([1; 32]), 1, "changed").await.unwrap());
    assert_eq!(store.manifests().await.unwrap(), ["first", "second"]);
    assert_eq!(store.manifest(&ManifestHash([2; 32])).await.unwrap().as_deref(), Some("second"));
    assert_eq!(store.manifest(&ManifestHash([3; 32])).await.unwrap(), None);
}

pub(crate) async fn an_admin_has_one_identity_and_grants_are_added_once(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    for admin in ["anna", "ben"] {
        assert!(store.add_admin(admin, b"record", UnixTime::from_seconds(1)).await.unwrap());
    }
    let wrapped = |method: &str| StoredWrapped { method: method.into(), slot: String::new(), wrapped: vec![5; 281] };
    let identity = |id: u8| StoredIdentity {
        id: IdentityId([id; 16]),
        public: vec![id; 1300],
        wrapped: vec![wrapped("login"), wrapped("recovery-code")],
    };
    assert!(store.add_identity("anna", &identity(2)).await.unwrap());
    assert!(!store.add_identity("anna", &identity(3)).await.unwrap(), "a second one");
    assert!(!store.add_identity("ben", &identity(2)).await.unwrap(), "another admin's");
    assert!(!store.add_identity("nobody", &identity(3)).await.unwrap());
    assert!(store.add_identity("ben", &identity(1)).await.unwrap());
    assert_eq!(store.identity_of("anna").await.unwrap(), Some(identity(2)));
    assert_eq!(store.identity_of("nobody").await.unwrap(), None);
    assert_eq!(store.public_identities().await.unwrap(), [vec![1; 1300], vec![2; 1300]], "no trace of the refused one");
    assert!(store.has_identity(&IdentityId([1; 16])).await.unwrap());
    assert!(!store.has_identity(&IdentityId([3; 16])).await.unwrap());

    // A new passphrase replaces one record and one wrapping, and ends the sessions that are elsewhere
    for (session, admin) in [(1, "anna"), (2, "anna"), (3, "ben")] {
        let limits = SessionLimits::default();
        let by = (admin, &b"record"[..]);
        store.begin_session(&proof(session), &[session; 16], by, UnixTime::from_seconds(1), limits).await.unwrap();
    }
    assert_eq!(store.change_passphrase("anna", b"renewed", b"again", &[1; 32]).await.unwrap(), 1);
    assert_eq!(store.admin_record("anna").await.unwrap().as_deref(), Some(&b"renewed"[..]));
    assert_eq!(store.admin_record("ben").await.unwrap().as_deref(), Some(&b"record"[..]));
    let ways = |stored: Option<StoredIdentity>| stored.unwrap().wrapped;
    let renewed = StoredWrapped { wrapped: b"again".to_vec(), ..wrapped("login") };
    assert_eq!(ways(store.identity_of("anna").await.unwrap()), [renewed, wrapped("recovery-code")]);
    assert_eq!(ways(store.identity_of("ben").await.unwrap()), identity(1).wrapped);
    assert!(store.change_passphrase("nobody", b"x", b"x", &[1; 32]).await.is_err());
    assert!(store.change_passphrase("anna", b"x", b"x", &[2; 32]).await.is_err(), "that session has ended");
    assert_eq!(store.admin_record("anna").await.unwrap().as_deref(), Some(&b"renewed"[..]));

    let grant = |item: &str| StoredGrant {
        key_id: KeyId([7; 16]),
        recipient: IdentityId([2; 16]),
        item: item.into(),
        granted: item.into(),
    };
    let key =
        CustodyKey { key_id: KeyId([7; 16]), suite: "xwing".into(), public_key: vec![7; 1216], items: Vec::new() };
    let new = NewDataKey { key: key.clone(), grants: Vec::new(), admin_grants: vec![grant("mlkem-seed")] };
    assert!(store.add_data_key(&new).await.unwrap());
    assert_eq!(store.custody().await.unwrap(), [key]);
    let changed = StoredGrant { granted: b"changed".to_vec(), ..grant("mlkem-seed") };
    assert_eq!(store.add_grants(&[changed, grant("x25519")]).await.unwrap(), 1);
    assert!(store.grants_to(&IdentityId([2; 16])).await.unwrap() == [grant("mlkem-seed"), grant("x25519")]);
    assert!(store.grants_to(&IdentityId([1; 16])).await.unwrap().is_empty());
    assert_eq!(store.grant_holders().await.unwrap(), [(KeyId([7; 16]), IdentityId([2; 16]), 2)]);
    // To somebody who is not there: nothing of the batch is kept
    let stranger = StoredGrant { recipient: IdentityId([9; 16]), ..grant("x25519") };
    let other = StoredGrant { recipient: IdentityId([1; 16]), ..grant("x25519") };
    assert!(store.add_grants(&[other, stranger]).await.is_err());
    assert!(store.grants_to(&IdentityId([1; 16])).await.unwrap().is_empty());
}

pub(crate) async fn the_roster_is_only_added_to(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let (zero, one, two) = (RosterHead([0; 32]), RosterHead([1; 32]), RosterHead([2; 32]));
    assert!(!store.add_roster_entry(1, &one, "second").await.unwrap(), "nothing to follow");
    assert!(store.add_roster_entry(0, &zero, "first").await.unwrap());
    assert!(!store.add_roster_entry(0, &one, "another first").await.unwrap());
    assert!(!store.add_roster_entry(2, &two, "third").await.unwrap(), "one is left out");
    assert!(!store.add_roster_entry(1, &zero, "the first again").await.unwrap());
    assert!(store.add_roster_entry(1, &one, "second").await.unwrap());
    assert_eq!(store.roster().await.unwrap(), ["first", "second"]);
}
