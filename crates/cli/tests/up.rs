//! `nightsafe up`: all parts answer, with their headers, and end when asked.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod common;

use std::time::{Duration, Instant};

use common::{Shop, fails, logged, ok};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::roster::{from_file, verify_at_any_time};

#[test]
fn all_parts_answer_and_a_signal_ends_them_cleanly() {
    let shop = Shop::built();
    for signal in ["-TERM", "-INT"] {
        let up = shop.up();
        for part in ["ingest", "vault"] {
            let (status, ..) = up.get(part, "/readyz");
            assert!((200..300).contains(&status), "{part}: {status}");
        }
        let (status, head, body) = up.get("fields", "/key-manifest");
        assert_eq!(status, 200);
        assert!(body.starts_with("nightsafe/v1/key-manifest\n"));
        assert!(head.to_lowercase().contains("access-control-allow-origin: *"));
        let (status, head, _) = up.get("fields", "/nothing-here");
        assert_eq!(status, 404);
        let head = head.to_lowercase();
        assert!(head.contains("connection-allowlist: ();report-to=nightsafe;webrtc=block"));
        assert!(head.contains("frame-ancestors 'none'"));
        let (status, head, body) = up.get("admin", "/");
        assert_eq!(status, 200);
        assert!(body.contains("<title>Admin</title>") && head.to_lowercase().contains("trusted-types 'none'"));
        assert_eq!(up.stop(signal), 0);
    }
    // Closed in order: nothing is left in a write-ahead log
    for name in ["vault.db-wal", "outbox.db-wal"] {
        assert!(!shop.data().join(name).exists(), "{name}");
    }
}

#[test]
fn a_new_manifest_is_taken_over_while_running() {
    let shop = Shop::built();
    let up = shop.up();
    let timestamp = || up.get("ingest", "/v1/timestamp").2;
    let before = timestamp();
    assert!(before.starts_with("nightsafe/v1/timestamp\n"));
    let hash = ok(shop.sign(&[1, 2], &[]));
    let line = format!("\nmanifest {}\n", hash.trim());
    assert!(!before.contains(&line));
    let start = Instant::now();
    while !timestamp().contains(&line) {
        assert!(start.elapsed() < Duration::from_secs(10), "the new manifest was not taken over");
    }
}

#[test]
fn the_very_first_timestamp_note_names_the_roster_of_init() {
    let shop = Shop::built();
    let roster = std::fs::read_to_string(shop.data().join("roster")).unwrap();
    let [first] = &from_file(&roster).unwrap()[..] else { panic!("{roster}") };
    let anchor = std::fs::read_to_string(shop.data().join("anchor.txt")).unwrap();
    let head = verify_at_any_time(&[first], &TrustAnchor::parse(&anchor).unwrap()).unwrap().head();
    let named = format!("\nroster {head}\n");
    let up = shop.up();
    assert!(up.get("ingest", "/v1/timestamp").2.contains(&named));
    for part in ["fields", "ingest", "admin", "vault"] {
        assert_eq!(up.get(part, "/roster").0, 404, "{part}");
    }
    drop(up);
    // Of an earlier version, whose init wrote none, and no log
    std::fs::remove_file(shop.data().join("roster")).unwrap();
    std::fs::remove_file(shop.data().join("roster-seen")).unwrap();
    for log in ["release-log", "site/fields/log"] {
        std::fs::remove_dir_all(shop.data().join(log)).unwrap();
    }
    std::fs::remove_file(shop.data().join("keys/release-log.key")).unwrap();
    let up = shop.up();
    assert!(up.get("ingest", "/v1/timestamp").2.contains(&named));
    let (status, head, checkpoint) = up.get("fields", "/log/checkpoint");
    assert!(status == 200 && head.contains("text/plain") && checkpoint.contains("/release-log\n2\n"), "{checkpoint}");
    assert_eq!(logged(&shop.data().join("site/fields/log")), ["manifest 1", "roster 0"]);
    // A file that is changed by who adds admins is taken into it while this runs
    std::fs::remove_dir_all(shop.data().join("site/fields/log")).unwrap();
    let stamp = std::fs::File::options().append(true).open(shop.data().join("roster")).unwrap();
    stamp.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let start = Instant::now();
    while up.get("fields", "/log/checkpoint").0 != 200 {
        assert!(start.elapsed() < Duration::from_secs(10), "the log was not kept up to date");
    }
}

#[test]
fn a_taken_port_is_named() {
    let shop = Shop::built();
    let up = shop.up();
    let taken = up.address("ingest").to_string();
    let error = fails(shop.run(&["up", "--log", "error", "--ingest-bind", &taken]));
    assert!(error.contains(&taken) && error.contains("--ingest-bind"), "{error}");
}
