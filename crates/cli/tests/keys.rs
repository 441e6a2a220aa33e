//! `nightsafe keys`: the next data key, and the manifest that publishes it.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod common;

use std::fs;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use common::{ADMIN, Shop, fails, fingerprint, ok, snapshot};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::manifest::{VerifiedManifest, verify};
use nightsafe_core::note::Vkey;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::clock::{Clock, SystemClock};
use serde_json::Value as Json;

/// What a browser of this site would make of the published manifest.
fn published(shop: &Shop, now: UnixTime) -> VerifiedManifest {
    let anchor = TrustAnchor::parse(&fs::read_to_string(shop.data().join("anchor.txt")).unwrap()).unwrap();
    verify(&fs::read_to_string(shop.fields("key-manifest")).unwrap(), &anchor, now).unwrap()
}

#[test]
fn a_new_key_is_signed_in_and_follows_the_others() {
    let shop = Shop::built();
    let first = published(&shop, SystemClock.now());
    assert_eq!((first.manifest().sequence, first.manifest().data_keys.len()), (1, 2));
    let valid = first.manifest().not_after.seconds() - first.manifest().not_before.seconds();
    assert_eq!(valid, 395 * 86_400);

    let id = ok(shop.next_key(ADMIN));
    let rows: Json = serde_json::from_str(&ok(shop.run(&["keys", "list", "--json"]))).unwrap();
    let states: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["active", "pending", "unsigned"]);

    let hash = ok(shop.sign(&[3, 1], &[]));
    let second = published(&shop, SystemClock.now());
    assert_eq!(second.hash().to_hex(), hash.trim());
    assert_eq!(second.manifest().sequence, 2);
    let keys = &second.manifest().data_keys;
    assert_eq!(keys.len(), 3);
    assert_eq!(keys[..2], first.manifest().data_keys[..]);
    assert_eq!(keys[2].key_id().to_hex(), id.trim());
    assert_eq!(keys[2].start, keys[1].start.plus_days(90));
    // Two notes, three keys
    assert_eq!(snapshot(&shop.data().join("manifests")).len(), 5);
    for key in keys {
        assert!(key.open(&fs::read(shop.fields(&key.file_name())).unwrap()).is_some());
    }

    // After two epochs the third one seals
    let later = keys[2].start.plus_days(1);
    assert_eq!(second.active_key(later).unwrap().key_id(), keys[2].key_id());
}

#[test]
fn a_key_whose_file_is_missing_or_another_keys_is_neither_signed_nor_published() {
    let shop = Shop::built();
    let keys = published(&shop, SystemClock.now()).manifest().data_keys.clone();
    let file = |place: usize| shop.data().join("manifests").join(keys[place].file_name());
    let before = snapshot(&shop.data().join("site"));
    let good = fs::read(file(1)).unwrap();
    fs::copy(file(0), file(1)).unwrap();
    for what in ["is not the data key", "cannot read"] {
        assert!(fails(shop.sign(&[1, 2], &[])).contains(what));
        assert!(fails(shop.build(&[])).contains(what));
        assert_eq!(snapshot(&shop.data().join("site")), before);
        let _ = fs::remove_file(file(1));
    }
    fs::write(file(1), good).unwrap();
    ok(shop.sign(&[1, 2], &[]));
    ok(shop.build(&[]));
}

#[test]
fn a_mistyped_passphrase_makes_no_key() {
    let shop = Shop::made();
    let before = ok(shop.run(&["keys", "list"]));
    assert!(fails(shop.next_key("correct horse battery stapel")).contains("check the passphrase"));
    assert_eq!(ok(shop.run(&["keys", "list"])), before);
}

#[test]
fn a_passphrase_comes_by_any_descriptor_also_a_socket() {
    let shop = Shop::made();
    fs::write(shop.path("phrase"), format!("{ADMIN}\r\n")).unwrap();
    let from_file = "exec \"$0\" keys next --data-dir \"$1\" --passphrase-fd 3 3<\"$2\"";
    let sh = |script: &str, input: Stdio| {
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_nightsafe")]).arg(shop.data()).arg(shop.path("phrase"));
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap()
    };
    ok(sh(from_file, Stdio::null()));
    let (ours, theirs) = UnixStream::pair().unwrap();
    (&ours).write_all(format!("{ADMIN}\n").as_bytes()).unwrap();
    let from_socket = "exec \"$0\" keys next --data-dir \"$1\" --passphrase-fd 0";
    ok(sh(from_socket, Stdio::from(OwnedFd::from(theirs))));
    let closed = "exec \"$0\" keys next --data-dir \"$1\" --passphrase-fd 7 7<&-";
    assert!(fails(sh(closed, Stdio::null())).contains("it is not open: hand one over"));
    assert_eq!(ok(shop.run(&["keys", "list"])).matches("unsigned").count(), 2);
}

#[test]
fn a_swapped_recovery_key_gets_no_grant() {
    let shop = Shop::made();
    let other = Shop::made();
    fs::copy(other.data().join("recovery.pub"), shop.data().join("recovery.pub")).unwrap();
    assert!(fails(shop.next_key(ADMIN)).contains("not the recovery key"));
}

#[test]
fn too_few_or_foreign_signers_publish_nothing() {
    let shop = Shop::built();
    let before = fingerprint(&shop.data().join("site"));
    assert!(fails(shop.sign(&[1], &[])).contains("2 site keys must sign"));
    assert!(fails(shop.sign(&[1, 1], &[])).contains("named already"));
    let other = Shop::made();
    fs::copy(other.path("site-keys/site-key-2.key"), shop.path("site-keys/site-key-9.key")).unwrap();
    assert!(fails(shop.sign(&[1, 9], &[])).contains("not among the site keys"));
    assert_eq!(fingerprint(&shop.data().join("site")), before);
    assert_eq!(snapshot(&shop.data().join("manifests")).len(), 3);
}

#[test]
fn new_parents_reach_manifest_and_headers() {
    let shop = Shop::built();
    ok(shop.sign(&[1, 2], &["--parent", "https://shop.example", "--parent", "https://m.shop.example"]));
    assert!(published(&shop, SystemClock.now()).manifest().allows_parent("https://m.shop.example"));
    let headers = fs::read_to_string(shop.data().join("site/fields-headers.json")).unwrap();
    assert!(headers.contains("frame-ancestors https://shop.example https://m.shop.example;"));
    assert!(!headers.contains("frame-ancestors http://localhost:4801"));
}

#[test]
fn a_manifest_about_to_end_is_announced() {
    let shop = Shop::built();
    ok(shop.sign(&[1, 2], &["--days", "7"]));
    for args in [&["keys", "list"][..], &["keys", "list", "--json"]] {
        let output = shop.run(args);
        let text = String::from_utf8(output.stderr.clone()).unwrap();
        assert!(text.contains("less than 7 days") && text.contains("keys sign"), "{text}");
        ok(output);
    }
}

#[test]
fn a_site_of_an_earlier_version_gets_a_log_key_once() {
    let shop = Shop::made();
    let (path, old) = (shop.data().join("keys/log.key"), shop.path("old.key"));
    let line = ok(shop.run(&["keys", "log"]));
    assert_eq!(Vkey::parse(line.trim_end()).unwrap().name(), "demo.nightsafe.example/log");
    fs::rename(&path, &old).unwrap();
    let made = ok(shop.run(&["keys", "log"]));
    assert!(made != line && made == ok(shop.run(&["keys", "log"])));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::rename(&old, &path).unwrap();
    assert_eq!(ok(shop.run(&["keys", "log"])), line);
}

#[test]
fn the_relay_key_is_made_once_and_its_public_key_is_printed_each_time() {
    let shop = Shop::made();
    let line = ok(shop.run(&["keys", "relay"]));
    assert_eq!(Vkey::parse(line.trim_end()).unwrap().name(), "demo.nightsafe.example/relay");
    let path = shop.data().join("keys/relay.key");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&path).unwrap();
    assert_eq!(ok(shop.run(&["keys", "relay"])), line);
    assert_eq!(fs::read(&path).unwrap(), before);

    fs::write(&path, "broken").unwrap();
    assert!(fails(shop.run(&["keys", "relay"])).contains("relay.key"));
    fs::remove_file(&path).unwrap();
    assert_ne!(ok(shop.run(&["keys", "relay"])), line);
}
