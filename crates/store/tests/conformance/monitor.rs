//! What a monitor remembers. On SQLite alone, so not among those of both engines.

use nightsafe_core::scalar::Site;
use nightsafe_core::time::UnixTime;
use nightsafe_store::monitor::{Cosigned, Highest, MonitorStore, ReadLog, WatchedSite};

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

#[tokio::test]
async fn a_log_that_was_read_only_grows() {
    logs_only_grow().await;
}

pub(crate) async fn logs_only_grow() {
    let folder = tempfile::tempdir().unwrap();
    let store = MonitorStore::open(&folder.path().join("monitor.db")).await.unwrap();
    let site = Site::parse("demo.example").unwrap();
    assert_eq!(store.release_log(&site).await.unwrap(), None);
    let log = |count: u8| ReadLog {
        key: "key".into(),
        checkpoint: format!("checkpoint {count}"),
        entries: (0..count).map(|entry| vec![entry]).collect(),
    };
    for count in [0, 3, 3, 5] {
        store.remember_log(&site, &log(count)).await.unwrap();
        assert_eq!(store.release_log(&site).await.unwrap(), Some(log(count)));
    }
    // What a slower process read before
    store.remember_log(&site, &log(4)).await.unwrap();
    assert_eq!(store.release_log(&site).await.unwrap(), Some(log(5)));
    let other = Site::parse("a.example").unwrap();
    store.remember_log(&other, &log(1)).await.unwrap();
    store.forget_log(&site).await.unwrap();
    assert_eq!(store.release_log(&site).await.unwrap(), None);
    assert_eq!(store.release_log(&other).await.unwrap(), Some(log(1)));
    store.close().await;
}

#[tokio::test]
async fn of_one_size_one_root_is_cosigned() {
    cosigned_goes_on_from_what_was_cosigned().await;
}

pub(crate) async fn cosigned_goes_on_from_what_was_cosigned() {
    let folder = tempfile::tempdir().unwrap();
    let store = MonitorStore::open(&folder.path().join("witness.db")).await.unwrap();
    let one = |size: u64, root: u8| Cosigned { size, root: [root; 32], checkpoint: format!("{size} {root}") };
    assert_eq!(store.cosigned("a/log").await.unwrap(), None);
    // Before the first, only from nothing on
    assert!(!store.keep_cosigned("a/log", 3, &one(5, 1)).await.unwrap());
    assert_eq!(store.cosigned("a/log").await.unwrap(), None);
    assert!(store.keep_cosigned("a/log", 0, &one(5, 1)).await.unwrap());
    for (old, new, is_kept) in [
        // Two who come at once with two roots of one size, or from where the log was before
        (0, one(5, 2), false),
        (5, one(5, 2), false),
        (0, one(9, 1), false),
        (5, one(4, 1), false),
        // The same again, and the next
        (5, one(5, 1), true),
        (5, one(9, 3), true),
        (5, one(12, 3), false),
    ] {
        let before = store.cosigned("a/log").await.unwrap().unwrap();
        assert_eq!(store.keep_cosigned("a/log", old, &new).await.unwrap(), is_kept, "{old} {new:?}");
        assert_eq!(store.cosigned("a/log").await.unwrap(), Some(if is_kept { new } else { before }));
    }
    assert_eq!(store.cosigned("b/log").await.unwrap(), None);
    store.close().await;
}
