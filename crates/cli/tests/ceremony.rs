//! The ceremony with offline site keys: `nightsafe keys propose`, `sign` on other machines, `publish`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failing test may panic"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use common::{ADMIN, SITE_KEYS, Shop, fails, kill, ok, run, snapshot};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::encoding::{b64, b64_decode};
use nightsafe_core::manifest::{VerifiedManifest, verify};
use nightsafe_serve::clock::{Clock, SystemClock};
use serde_json::Value as Json;

fn anchor(shop: &Shop) -> TrustAnchor {
    TrustAnchor::parse(&fs::read_to_string(shop.data().join("anchor.txt")).unwrap()).unwrap()
}

/// What a browser of this site would make of the published manifest, and whether all of its keys are there.
fn published(shop: &Shop) -> VerifiedManifest {
    let note = fs::read_to_string(shop.fields("key-manifest")).unwrap();
    let verified = verify(&note, &anchor(shop), SystemClock.now()).unwrap();
    for key in &verified.manifest().data_keys {
        assert!(key.open(&fs::read(shop.fields(&key.file_name())).unwrap()).is_some());
    }
    verified
}

fn propose(shop: &Shop, name: &str, more: &[&str]) -> Output {
    let mut command = shop.command(&["keys", "propose", "--passphrase-fd", "0"]);
    command.arg("--out").arg(shop.path(name)).args(more);
    run(command, &format!("{ADMIN}\n"))
}

/// Another machine: it has the file and a site key, nothing else, and no network where this system can take it away.
fn sign(shop: &Shop, file: &Path, number: u8, more: &[&str]) -> Output {
    let elsewhere = tempfile::tempdir().unwrap();
    let key = elsewhere.path().join("site.key");
    fs::copy(shop.path(&format!("site-keys/site-key-{number}.key")), &key).unwrap();
    let carried = elsewhere.path().join("carried");
    fs::copy(file, &carried).unwrap();
    let mut command = without_network();
    command.current_dir(elsewhere.path()).env_clear().args(["keys", "sign", "carried", "--site-key", "site.key"]);
    command.args(["--site-passphrase-fd", "0"]).args(more);
    let output = run(command, &format!("{SITE_KEYS}\n"));
    fs::copy(carried, file).unwrap();
    output
}

/// The command in a network of its own without a single route, as the kernel says; with the network of this machine where users may
/// have no namespaces.
fn without_network() -> Command {
    static UNSHARED: OnceLock<bool> = OnceLock::new();
    let has_none = *UNSHARED.get_or_init(|| {
        let Ok(said) = Command::new("unshare").args(["-rn", "cat", "/proc/net/route"]).output() else {
            println!("LEFT OUT: unshare is not installed; the site keys sign on a machine with a network");
            return false;
        };
        if !said.status.success() {
            println!("LEFT OUT: unshare gives no network of its own; the site keys sign on a machine with a network");
            return false;
        }
        // Nothing but the heads of its columns, when there are any
        let routes = String::from_utf8(said.stdout).unwrap();
        assert_eq!(routes.lines().filter(|line| !line.starts_with("Iface")).count(), 0, "{routes}");
        true
    });
    let nightsafe = env!("CARGO_BIN_EXE_nightsafe");
    if !has_none {
        return Command::new(nightsafe);
    }
    let mut command = Command::new("unshare");
    command.arg("-rn").arg(nightsafe);
    command
}

fn publish(shop: &Shop, files: &[&Path]) -> Output {
    let mut command = shop.command(&["keys", "publish"]);
    command.args(files);
    run(command, "")
}

fn states(shop: &Shop) -> Vec<String> {
    let rows: Json = serde_json::from_str(&ok(shop.run(&["keys", "list", "--json"]))).unwrap();
    rows.as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn proposed_carried_signed_in_turns_and_published() {
    let shop = Shop::built();
    let first = published(&shop);
    let file = shop.path("next.proposal");
    assert!(fails(propose(&shop, "nobodys", &["--admin", "nobody"])).contains("nobody is not in the roster"));
    ok(propose(&shop, "next.proposal", &["--admin", "anna"]));
    // Two keys were there; with these the last one starts before the manifest ends
    assert_eq!(states(&shop), ["active", "pending", "unsigned", "unsigned", "unsigned"]);
    assert_eq!(published(&shop).hash(), first.hash());

    let shown = ok(sign(&shop, &file, 3, &["--yes"]));
    for said in [
        "Site              demo.nightsafe.example",
        "Manifest          number 2, after number 1",
        "site-key-1, demo.nightsafe.example/site-key-2; yours is not among them",
        "395 days",
        "http://localhost:4803 (as before)",
        "http://localhost:4801 (as before)",
        "Fields            as before: card",
    ] {
        assert!(shown.contains(said), "{said}\n{shown}");
    }
    assert_eq!((shown.matches("   NEW").count(), shown.matches("fingerprint ").count()), (3, 5), "{shown}");
    assert!(fails(publish(&shop, &[&file])).contains("one more site key must sign"));
    assert_eq!(published(&shop).hash(), first.hash());
    // The same key once more counts once
    ok(sign(&shop, &file, 3, &["--yes"]));
    assert!(fails(publish(&shop, &[&file])).contains("one more site key must sign"));

    let shown = ok(sign(&shop, &file, 1, &["--yes"]));
    assert!(shown.contains("yours is among them"));
    let hash = ok(publish(&shop, &[&file]));
    let second = published(&shop);
    assert_eq!((second.hash().to_hex(), second.manifest().sequence), (hash.trim().to_owned(), 2));
    assert_eq!(second.manifest().data_keys.len(), 5);
    assert_eq!(common::logged(&shop.data().join("site/fields/log")), ["manifest 1", "roster 0", "manifest 2"]);
    assert_eq!(states(&shop), ["active", "pending", "pending", "pending", "pending"]);
    // Again, and nothing is different
    let before = snapshot(&shop.dir.path().join("data/site"));
    assert_eq!(ok(publish(&shop, &[&file])), hash);
    assert_eq!(snapshot(&shop.dir.path().join("data/site")), before);
    // With keys for the whole time there is nothing to make, and no passphrase to ask for
    ok(shop.run(&["keys", "propose", "--out", shop.path("third.proposal").to_str().unwrap(), "--days", "300"]));
}

#[test]
fn copies_that_went_to_different_signers_are_put_together() {
    let shop = Shop::built();
    ok(propose(&shop, "a", &[]));
    let (a, b) = (shop.path("a"), shop.path("b"));
    fs::copy(&a, &b).unwrap();
    ok(sign(&shop, &a, 1, &["--yes"]));
    ok(sign(&shop, &b, 2, &["--yes"]));
    ok(publish(&shop, &[&a, &b]));
    assert_eq!(published(&shop).manifest().sequence, 2);
    // Copies of two proposals are not
    ok(propose(&shop, "c", &["--days", "100"]));
    assert!(fails(publish(&shop, &[&a, &shop.path("c")])).contains("different proposals"));
}

#[test]
fn nothing_is_signed_unasked_and_no_file_is_overwritten() {
    let shop = Shop::built();
    ok(propose(&shop, "next", &[]));
    let file = shop.path("next");
    let before = fs::read(&file).unwrap();
    assert!(fails(sign(&shop, &file, 1, &[])).contains("give --yes"));
    assert_eq!(fs::read(&file).unwrap(), before);
    let keys = states(&shop);
    assert!(fails(propose(&shop, "next", &[])).contains("never overwritten"));
    assert_eq!(fs::read(&file).unwrap(), before);
    // Keys that were made and not signed are taken the next time
    ok(propose(&shop, "again", &[]));
    assert_eq!(states(&shop), keys);
    let no_data_dir = run(
        {
            let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
            command.args(["keys", "sign", "--site-key", "x"]);
            command
        },
        "",
    );
    assert!(fails(no_data_dir).contains("--data-dir"));
}

#[test]
fn a_proposal_that_was_tampered_with_or_is_another_sites_is_refused() {
    let (shop, other) = (Shop::built(), Shop::built());
    ok(propose(&shop, "next", &["--parent", "https://shop.example"]));
    let file = shop.path("next");
    ok(sign(&shop, &file, 1, &["--yes"]));
    // Somebody puts another page in after the first signature
    let text = fs::read_to_string(&file).unwrap();
    let line = text.lines().find(|line| line.starts_with("manifest ")).unwrap();
    let note = String::from_utf8(b64_decode(&line["manifest ".len()..]).unwrap()).unwrap();
    let evil = note.replace("https://shop.example", "https://evil.example");
    assert_ne!(evil, note);
    fs::write(&file, text.replace(line, &format!("manifest {}", b64(evil.as_bytes())))).unwrap();
    assert!(fails(sign(&shop, &file, 2, &["--yes"])).contains("a signature in the proposal is wrong"));
    assert!(fails(publish(&shop, &[&file])).contains("a signature in the proposal is wrong"));
    fs::write(&file, &text).unwrap();

    // Another site's, whoever signs
    ok(propose(&other, "theirs", &[]));
    let theirs = other.path("theirs");
    assert!(fails(sign(&shop, &theirs, 1, &["--yes"])).contains("not among the site keys"));
    let own: PathBuf = shop.data().join("anchor.txt");
    let refused = sign(&other, &theirs, 1, &["--yes", "--anchor", own.to_str().unwrap()]);
    assert!(fails(refused).contains("do not sign or publish it"));
    for number in [1, 2] {
        ok(sign(&other, &theirs, number, &["--yes"]));
    }
    assert!(fails(publish(&shop, &[&theirs])).contains("do not sign or publish it"));
    ok(sign(&shop, &file, 3, &["--yes", "--anchor", own.to_str().unwrap()]));
    ok(publish(&shop, &[&file]));
    assert!(published(&shop).manifest().allows_parent("https://shop.example"));
}

#[test]
fn a_proposal_that_no_longer_follows_is_not_published() {
    let shop = Shop::built();
    ok(propose(&shop, "late", &[]));
    let late = shop.path("late");
    for number in [1, 2] {
        ok(sign(&shop, &late, number, &["--yes"]));
    }
    ok(shop.sign(&[1, 2], &["--days", "30"]));
    let before = published(&shop).hash();
    assert!(fails(publish(&shop, &[&late])).contains("propose again"));
    assert_eq!(published(&shop).hash(), before);
}

/// Killed after a while that grows: whatever is published then is the old manifest or the new one, whole, and the next run
/// brings it to its end.
#[test]
fn publishing_may_be_killed_at_any_moment() {
    let shop = Shop::built();
    let (mut killed, mut finished) = (0, 0);
    for milliseconds in (0..60).step_by(4) {
        let name = format!("proposal-{milliseconds}");
        ok(propose(&shop, &name, &["--keys", "0"]));
        let file = shop.path(&name);
        for number in [1, 2] {
            ok(sign(&shop, &file, number, &["--yes"]));
        }
        let before = published(&shop);
        let mut command = shop.command(&["keys", "publish"]);
        let mut child = command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        pause(Duration::from_millis(milliseconds));
        kill(&child, "-KILL");
        if child.wait().unwrap().success() {
            finished += 1
        } else {
            killed += 1
        }
        let after = published(&shop).manifest().sequence - before.manifest().sequence;
        assert!(after <= 1, "{after}");
        ok(publish(&shop, &[&file]));
        assert_eq!(published(&shop).manifest().sequence, before.manifest().sequence + 1);
    }
    assert!(killed > 0, "{finished} runs were faster than the knife");
}

#[expect(clippy::disallowed_methods, reason = "the moment at which a process is killed")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}
