//! What a monitor remembers. On SQLite alone, so not among those of both engines.

use nightsafe_core::scalar::Site;
use nightsafe_core::time::UnixTime;
use nightsafe_store::monitor::{Highest, MonitorStore, WatchedSite};

#[tokio::test]
async fn what_a_monitor_remembers_only_goes_up() {
    numbers_only_go_up_and_the_first_time_stays().await;
}

pub(crate) async fn numbers_only_go_up_and_the_first_time_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = MonitorStore::open(&folder.path().join("monitor.db")).await.unwrap();
    assert_eq!(store.sites().await.unwrap(), []);
    let at = UnixTime::from_seconds;
    let highest = |sequence, byte| Some(Highest { sequence, hash: [byte; 32] });
    let seen = WatchedSite {
        site: Site::parse("demo.example").unwrap(),
        anchor: "one".into(),
        first_seen: at(5),
        last_ok: None,
        release: highest(3, 1),
        manifest: None,
        roster_head: None,
    };
    store.remember(&seen).await.unwrap();
    assert_eq!(store.sites().await.unwrap(), std::slice::from_ref(&seen));
    let later = WatchedSite {
        anchor: "two".into(),
        first_seen: at(9),
        last_ok: Some(at(9)),
        release: highest(4, 2),
        manifest: highest(7, 3),
        roster_head: Some([9; 32]),
        ..seen.clone()
    };
    store.remember(&later).await.unwrap();
    let known = WatchedSite { first_seen: at(5), ..later };
    assert_eq!(store.sites().await.unwrap(), std::slice::from_ref(&known));
    // What a slower process saw before
    store.remember(&seen).await.unwrap();
    assert_eq!(store.sites().await.unwrap(), [WatchedSite { anchor: "one".into(), ..known.clone() }]);
    let other = WatchedSite { site: Site::parse("a.example").unwrap(), ..known };
    store.remember(&other).await.unwrap();
    assert_eq!(store.sites().await.unwrap().len(), 2);
    store.close().await;
}
