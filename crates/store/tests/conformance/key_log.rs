//! What the audit log says of manifests and data keys is said once: all or nothing, forwards only, by however many vaults.

use nightsafe_core::keys::KeyState;
use nightsafe_core::log::CheckpointError;
use nightsafe_core::scalar::{KeyId, ManifestHash};
use nightsafe_store::vault::{AppendError, CustodyKey, KeyNews, NewDataKey, NewLeaf, VaultStore};

use crate::log::{checkpoint, leaves};
use crate::place::Place;
use crate::rows::NOW;

const KEY: KeyId = KeyId([3; 16]);
const MANIFEST: ManifestHash = ManifestHash([1; 32]);

/// Each with a leaf of its own, from this number on.
fn with_leaves(first: u32, news: &[KeyNews]) -> Vec<(KeyNews, NewLeaf)> {
    news.iter().copied().zip(leaves(first..first + u32::try_from(news.len()).unwrap())).collect()
}

fn came(state: KeyState) -> KeyNews {
    KeyNews::Came(KEY, state)
}

async fn size(store: &VaultStore) -> usize {
    store.log_commitments(0, 1000).await.unwrap().len()
}

pub(crate) async fn what_was_said_of_keys_is_not_said_again(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let news = [KeyNews::Published(MANIFEST), came(KeyState::Pending)];
    let before = store.key_log().await.unwrap();
    assert!(news.iter().all(|news| !before.has(news)));
    let appended = store.append_key_news(&with_leaves(0, &news), checkpoint).await.unwrap().unwrap();
    assert_eq!((appended.first, appended.size), (0, 2));
    let said = store.key_log().await.unwrap();
    assert!(news.iter().all(|news| said.has(news)));
    assert!(!said.has(&came(KeyState::Active)) && !said.has(&KeyNews::Published(ManifestHash([2; 32]))));
    // Nothing new, also for another process
    let other = VaultStore::open(&place.vault()).await.unwrap();
    assert_eq!(other.append_key_news(&with_leaves(2, &news), checkpoint).await.unwrap(), None);
    // Of several, what is new, in the order that was given
    let more = [news[0], came(KeyState::Retiring), came(KeyState::Active), news[1]];
    let offered = with_leaves(2, &more);
    let appended = other.append_key_news(&offered, checkpoint).await.unwrap().unwrap();
    assert_eq!((appended.first, appended.size), (2, 3), "a clock that was set back brings nothing back");
    assert_eq!(store.log_commitments(2, 9).await.unwrap(), [offered[1].1.commitment]);
    let said = store.key_log().await.unwrap();
    assert!(said.has(&came(KeyState::Active)) && said.has(&came(KeyState::Retiring)));
    assert!(!said.has(&came(KeyState::Retired)));
}

pub(crate) async fn what_is_said_of_keys_is_in_the_log_or_not_remembered(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let news = [KeyNews::Published(MANIFEST), came(KeyState::Active)];
    let unsigned = |_, _| Err(CheckpointError::WrongOrigin);
    let refused = store.append_key_news(&with_leaves(0, &news), unsigned).await.unwrap_err();
    assert!(matches!(refused, AppendError::Sign(_)), "{refused}");
    let said = store.key_log().await.unwrap();
    assert!(news.iter().all(|news| !said.has(news)));
    assert_eq!(size(&store).await, 0);
    // A leaf that is there already takes what it says with it
    store.append_log(&leaves(0..1), checkpoint).await.unwrap();
    let repeated = store.append_key_news(&with_leaves(0, &news), checkpoint).await.unwrap_err();
    assert!(matches!(repeated, AppendError::Repeated(0)), "{repeated}");
    assert!(!store.key_log().await.unwrap().has(&news[0]));
    assert!(store.append_key_news(&with_leaves(1, &news), checkpoint).await.unwrap().is_some());
    assert_eq!(size(&store).await, 3);
}

pub(crate) async fn nothing_is_said_of_a_key_after_its_end(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let key = CustodyKey { key_id: KEY, suite: "xwing".into(), public_key: vec![6; 1216], items: Vec::new() };
    store.add_data_key(&NewDataKey { key, grants: Vec::new(), admin_grants: Vec::new() }).await.unwrap();
    assert!(store.append_key_news(&with_leaves(0, &[came(KeyState::Active)]), checkpoint).await.unwrap().is_some());
    assert!(store.purge_key(&KEY, NOW).await.unwrap());
    assert!(store.key_log().await.unwrap().has(&came(KeyState::Retired)));
    for state in [KeyState::Retiring, KeyState::Retired, KeyState::Purged] {
        assert_eq!(store.append_key_news(&with_leaves(1, &[came(state)]), checkpoint).await.unwrap(), None);
    }
    // And that it ended is not said so of any other, either: its items are still there
    let purged = KeyNews::Came(KeyId([4; 16]), KeyState::Purged);
    assert_eq!(store.append_key_news(&with_leaves(1, &[purged]), checkpoint).await.unwrap(), None);
    assert_eq!(size(&store).await, 1);
}

/// As many vaults, each with entries of its own for the same.
pub(crate) async fn several_vaults_say_it_once(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let (mut tasks, rounds) = (tokio::task::JoinSet::new(), 8_u8);
    for vault in 0..4_u8 {
        let own = VaultStore::open(&place.vault()).await.unwrap();
        tasks.spawn(async move {
            let mut said = 0;
            for round in 0..rounds {
                let (manifest, key) = (ManifestHash([round; 32]), KeyId([round; 16]));
                let mut news = [KeyNews::Published(manifest), KeyNews::Came(key, KeyState::Active)];
                // Not all of them in the same order: none may wait for another that waits for it
                if vault % 2 == 1 {
                    news.reverse();
                }
                let leaves = with_leaves(u32::from(vault * rounds + round) * 2, &news);
                said += usize::from(own.append_key_news(&leaves, checkpoint).await.unwrap().is_some());
            }
            own.close().await;
            said
        });
    }
    let mut said = 0;
    while let Some(one) = tasks.join_next().await {
        said += one.unwrap();
    }
    assert_eq!((said, size(&store).await), (rounds.into(), 2 * usize::from(rounds)));
}
