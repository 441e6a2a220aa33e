//! Sites as earlier versions left them: their databases open with this version, and what was sealed then still opens. What
//! they are, and how the next one is made, is in `fixtures/README.md`.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

#[path = "../common/mod.rs"]
mod common;
mod postgres;
mod sqlite;

use std::fs;
use std::path::{Path, PathBuf};

use common::sealing::{NUMBER, PHONE};
use common::{ADMIN, Shop, ok, run};
use nightsafe_core::deposit::Deposit;
use nightsafe_core::scalar::Site;
use nightsafe_store::Database;
use nightsafe_store::outbox::{OutboxReader, OutboxRow, OutboxWriter, WriterLimits};
use nightsafe_store::vault::VaultStore;
use nightsafe_vault::{Direct, Pulled, Puller};

const FILES: [&str; 2] = ["vault.sql", "outbox.sql"];

fn fixtures(engine: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(engine)
}

/// Where the fixture of these versions is, of outbox and vault.
fn fixture(engine: &str, [outbox, vault]: [i64; 2]) -> PathBuf {
    fixtures(engine).join(format!("outbox-{outbox}-vault-{vault}"))
}

fn all(engine: &str) -> Vec<PathBuf> {
    let all: Vec<_> = fs::read_dir(fixtures(engine)).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!all.is_empty());
    all
}

fn assert_there(fixture: &Path) {
    for file in FILES {
        let path = fixture.join(file);
        assert!(path.exists(), "{} is missing: see fixtures/README.md", path.display());
    }
}

/// Whether somebody wants the fixture, which is never written twice.
fn is_wanted(fixture: &Path) -> bool {
    std::env::var_os("NIGHTSAFE_WRITE_FIXTURE").is_some() && !fixture.exists()
}

/// The data directory of a fixture, without its databases.
fn restore(fixture: &Path) -> Shop {
    let shop = Shop::new();
    copy(fixture, &shop.data());
    shop
}

/// What [`restore`] takes; a path of this machine is none of it.
fn keep(shop: &Shop, fixture: &Path) {
    copy(&shop.data().join("manifests"), &fixture.join("manifests"));
    fs::copy(shop.data().join("anchor.txt"), fixture.join("anchor.txt")).unwrap();
    fs::create_dir_all(fixture.join("keys")).unwrap();
    fs::copy(shop.data().join("keys/login.key"), fixture.join("keys/login.key")).unwrap(); // identities are behind it
    let config = fs::read_to_string(shop.data().join("nightsafe.toml")).unwrap();
    let lines = config.lines().filter(|line| !line.starts_with("vault_url_file"));
    fs::write(fixture.join("nightsafe.toml"), lines.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

/// All but the databases.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if path.extension().is_none_or(|extension| extension != "sql") {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// As ingest does.
async fn insert(outbox: &Database, deposit: &Deposit) {
    let (writer, task) = OutboxWriter::open(outbox, WriterLimits::default()).await.unwrap();
    let row = OutboxRow {
        deposit_id: deposit.id().0,
        day: "2026-11-27".into(),
        nonce: deposit.parts().nonce.0,
        body: deposit.canonical_body(),
    };
    writer.insert(row).await.unwrap();
    drop(writer);
    task.finished().await;
}

/// As the vault does.
async fn pull(outbox: &Database, store: &VaultStore) -> Pulled {
    let outbox = OutboxReader::open(outbox).await.unwrap();
    let puller = Puller::new(Direct::new(outbox), store.clone(), Site::parse(common::SITE).unwrap());
    let pulled = puller.step().await.unwrap();
    puller.close().await;
    pulled
}

fn assert_opens(shop: &Shop, reference: &str, more: &[&str]) {
    let mut command = shop.command(&["open", "--offline", "--passphrase-fd", "0", "--reference", reference]);
    command.args(["--field", "card", "--field", "phone"]).args(more);
    let text = ok(run(command, &format!("{ADMIN}\n")));
    assert!(text.contains(NUMBER) && text.contains(PHONE) && !text.contains("DIFFERENCE"), "{text}");
}
