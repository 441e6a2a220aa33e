//! Who may sign in, and who is signed in.

use nightsafe_store::vault::{SessionLimits, VaultStore};

use crate::place::Place;
use crate::rows::NOW;

pub(crate) async fn sessions_end_by_idleness_and_by_age(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let limits = SessionLimits::default();
    assert!(store.add_admin("admin", b"record", NOW).await.unwrap());
    assert!(!store.add_admin("admin", b"other", NOW).await.unwrap());
    assert_eq!(store.admin_record("admin").await.unwrap().as_deref(), Some(&b"record"[..]));
    assert_eq!(store.admin_record("nobody").await.unwrap(), None);

    assert!(store.begin_session(&[1; 32], ("admin", b"record"), NOW, limits).await.unwrap());
    for other in [("admin", &b"an earlier one"[..]), ("nobody", b"record")] {
        assert!(!store.begin_session(&[9; 32], other, NOW, limits).await.unwrap());
    }
    assert_eq!(store.use_session(&[9; 32], NOW, limits).await.unwrap(), None);
    let idle = store.use_session(&[1; 32], NOW.plus(limits.idle - 1), limits).await.unwrap();
    assert_eq!(idle.as_deref(), Some("admin"));
    let ended = store.use_session(&[1; 32], NOW.plus(2 * limits.idle - 1), limits).await.unwrap();
    assert_eq!(ended, None);

    store.begin_session(&[2; 32], ("admin", b"record"), NOW, limits).await.unwrap();
    let mut now = NOW;
    while now < NOW.plus(limits.absolute - 60) {
        now = now.plus(60);
        assert!(store.use_session(&[2; 32], now, limits).await.unwrap().is_some());
    }
    assert_eq!(store.use_session(&[2; 32], NOW.plus(limits.absolute), limits).await.unwrap(), None);

    store.begin_session(&[3; 32], ("admin", b"record"), NOW, limits).await.unwrap();
    store.end_session(&[3; 32]).await.unwrap();
    store.end_session(&[3; 32]).await.unwrap();
    assert_eq!(store.use_session(&[3; 32], NOW, limits).await.unwrap(), None);
}
