//! Data keys and manifests.

use nightsafe_core::scalar::{KeyId, ManifestHash};
use nightsafe_store::vault::{CustodyItem, CustodyKey, NewDataKey, RecoveryGrant, VaultStore};

use crate::place::Place;

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
        let new = NewDataKey { key: key(id), grants: vec![grant.clone()] };
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
