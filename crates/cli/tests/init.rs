//! `nightsafe init`: what it makes, what it refuses, and that a failure leaves nothing.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use common::{ADMIN, SITE_KEYS, Shop, fails, fingerprint, init_passphrases, kill, ok, run, snapshot};

#[test]
fn secrets_are_private_wrapped_and_outside() {
    let shop = Shop::made();
    for (name, is_private) in [
        ("data/keys/receipt.key", true),
        ("data/keys/timestamp.key", true),
        ("data/keys/login.key", true),
        ("data/keys/log.key", true),
        ("data/keys/release-log.key", true),
        ("data/keys/integrity.key", true),
        ("data/keys/integrity-next.key", true),
        ("data/vault.db", true),
        ("data/outbox.db", true),
        ("recovery.key", true),
        ("site-keys/site-key-3.key", true),
        ("data/anchor.txt", false),
        ("data/nightsafe.toml", false),
    ] {
        let mode = fs::metadata(shop.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077 == 0, is_private, "{name}: {mode:o}");
    }
    assert_eq!(fs::metadata(shop.data()).unwrap().permissions().mode() & 0o777, 0o700);
    for (path, bytes) in snapshot(shop.dir.path()) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(ADMIN) && !text.contains(SITE_KEYS), "{}", path.display());
    }
    let list = ok(shop.run(&["keys", "list"]));
    assert!(list.contains("active") && list.contains("pending"));
}

#[test]
fn nothing_is_overwritten() {
    let shop = Shop::made();
    let before = fingerprint(shop.dir.path());
    assert!(fails(shop.init(&[])).contains("recovery.key exists already"));
    let other = shop.path("other-recovery.key");
    let again = ["--recovery-file", other.to_str().unwrap()];
    // The last --recovery-file would be a second one: clap refuses it, so build the command anew
    assert!(!shop.init(&again).status.success());
    fs::rename(shop.path("recovery.key"), &other).unwrap();
    assert!(fails(shop.init(&[])).contains("not empty"));
    fs::rename(&other, shop.path("recovery.key")).unwrap();
    assert_eq!(fingerprint(shop.dir.path()), before);

    // Another data directory, the same place for site keys
    fs::rename(shop.data(), shop.path("old-data")).unwrap();
    fs::rename(shop.path("recovery.key"), &other).unwrap();
    assert!(fails(shop.init(&[])).contains("site-key-1.key exists already"));
    assert!(!shop.data().exists() && !shop.path("recovery.key").exists());
    assert!(shop.path("site-keys/site-key-3.key").exists());
}

#[test]
fn a_failure_half_way_leaves_nothing() {
    let shop = Shop::new();
    // A file where the recovery key's folder should be: found out after the site keys were made
    fs::write(shop.path("file"), "").unwrap();
    let mut command = shop.command(&["init", "--site", "demo.example"]);
    for (name, port) in [("shop", 1), ("fields", 2), ("ingest", 3), ("admin", 4), ("vault", 5)] {
        command.arg(format!("--{name}-origin")).arg(format!("http://localhost:{}", 4800 + port));
    }
    command.arg("--site-keys").arg(shop.path("site-keys"));
    command.arg("--recovery-file").arg(shop.path("file/recovery.key"));
    command.args(["--site-passphrase-fd", "0", "--passphrase-fd", "0", "--argon2-memory-kib", "64"]);
    let error = fails(run(command, &init_passphrases()));
    assert!(error.contains("site key 3"), "{error}");
    assert!(error.contains("cannot create") && error.contains("recovery.key"), "{error}");
    assert_eq!(snapshot(shop.dir.path()), [(shop.path("file"), Vec::new())]);
    assert!(!shop.data().exists() && !shop.path("site-keys").exists());

    // An empty directory that was there stays, empty
    fs::create_dir(shop.data()).unwrap();
    fs::write(shop.path("policy"), "kind cvc\n").unwrap();
    let policy = shop.path("policy");
    fails(shop.init(&["--policy", policy.to_str().unwrap()]));
    assert_eq!(fs::read_dir(shop.data()).unwrap().count(), 0);
    assert!(!shop.path("site-keys").exists() && !shop.path("recovery.key").exists());
    ok(shop.init(&[]));
}

#[test]
fn an_interrupted_init_leaves_nothing() {
    let shop = Shop::new();
    let mut child = shop
        .init_command()
        .args(["--site-key-count", "16"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = format!("{}{ADMIN}\n", format!("{SITE_KEYS}\n").repeat(16));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("site key 1 ")));
    kill(&child, "-INT");
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(!child.wait().unwrap().success(), "{rest:?}");
    assert_eq!(fingerprint(shop.dir.path()), []);
    assert!(!shop.data().exists() && !shop.path("site-keys").exists());
}

#[test]
fn what_goes_offline_may_not_lie_in_the_data_directory() {
    let shop = Shop::new();
    for (option, other, file) in [("--site-keys", "--recovery-file", "r"), ("--recovery-file", "--site-keys", "k")] {
        let mut command = shop.command(&["init", "--site", "demo.example"]);
        for (name, port) in [("shop", 1), ("fields", 2), ("ingest", 3), ("admin", 4), ("vault", 5)] {
            command.arg(format!("--{name}-origin")).arg(format!("http://localhost:{}", 4800 + port));
        }
        command.arg(option).arg(shop.data().join("offline")).arg(other).arg(shop.path(file));
        assert!(fails(run(command, "")).contains("inside the data directory"));
        assert_eq!(fingerprint(shop.dir.path()), []);
    }
}

#[test]
fn passphrases_come_from_a_descriptor_and_are_long_enough() {
    let shop = Shop::new();
    assert!(fails(run(shop.init_command(), "short\n")).contains("Too short"));
    assert!(fails(run(shop.init_command(), "qwertyuiop[]\n")).contains("follows the keys of a keyboard"));
    assert!(fails(run(shop.init_command(), "demo nightsafe example\n")).contains("Too easy to guess"));
    assert!(fails(run(shop.init_command(), "")).contains("ended before"));
    let mut command = shop.init_command();
    command.args(["--site-key-threshold", "4"]);
    assert!(fails(run(command, "")).contains("more signatures than"));
    assert_eq!(fingerprint(shop.dir.path()), []);
}

#[test]
fn a_policy_file_replaces_the_built_in_kinds() {
    let shop = Shop::new();
    let policy = "kind phone\nbucket 32\nretain 6\nopen admin\nlabel en Phone\npart value phone\nfacet area_code\n";
    fs::write(shop.path("policy"), policy).unwrap();
    let path = shop.path("policy");
    ok(shop.init(&["--policy", path.to_str().unwrap(), "--suite", "x25519"]));
    let manifests = snapshot(&shop.data().join("manifests"));
    let (_, note) =
        manifests.into_iter().find(|(path, _)| path.extension().is_some_and(|extension| extension == "note")).unwrap();
    let note = String::from_utf8(note).unwrap();
    assert!(note.contains(policy) && !note.contains("kind card") && note.contains("data-key x25519 "));

    fs::write(&path, format!("{policy}kind cvv\n{}", policy.split_once('\n').unwrap().1)).unwrap();
    let other = Shop::new();
    assert!(fails(other.init(&["--policy", path.to_str().unwrap()])).contains("verification code"));
    fs::write(&path, policy.replace("bucket", "buckets")).unwrap();
    assert!(fails(other.init(&["--policy", path.to_str().unwrap()])).contains("line 2 of the policy"));
}
