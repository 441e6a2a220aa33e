//! Sites as earlier versions left them: their databases open with this version, and what was sealed then still opens.
//!
//! Each folder of `fixtures` is one: `nightsafe.toml`, anchor and manifests of a real `init`, and both databases as SQL
//! text, with one deposit in the vault and one in the outbox. They are never edited. When a schema gets a new version,
//! `NIGHTSAFE_WRITE_FIXTURE=1 cargo test -p nightsafe --test upgrade -- --ignored` adds the folder that
//! [`the_newest_schemas_have_a_fixture`] asks for; it needs the program `sqlite3`.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::sealing::{NUMBER, PHONE, deposit, send};
use common::{ADMIN, Shop, ok, run};
use nightsafe_core::scalar::Site;
use nightsafe_store::outbox::{self, OutboxReader, OutboxRow, OutboxWriter, WriterLimits};
use nightsafe_store::vault::{self, VaultStore};
use nightsafe_vault::{Direct, Puller};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn newest() -> PathBuf {
    fixtures().join(format!("outbox-{}-vault-{}", outbox::SQLITE.newest(), vault::SQLITE.newest()))
}

#[test]
fn the_newest_schemas_have_a_fixture() {
    for file in ["vault.sql", "outbox.sql"] {
        let path = newest().join(file);
        assert!(path.exists(), "{} is missing: see the head of this file", path.display());
    }
}

#[tokio::test]
async fn what_earlier_versions_stored_opens() {
    let mut tested = 0;
    for fixture in fs::read_dir(fixtures()).unwrap() {
        let fixture = fixture.unwrap().path();
        let shop = Shop::new();
        copy(&fixture, &shop.data());
        for name in ["vault", "outbox"] {
            load(&fixture.join(format!("{name}.sql")), &shop.data().join(format!("{name}.db"))).await;
        }
        let outbox = OutboxReader::open(&shop.data().join("outbox.db").into()).await.unwrap();
        let store = VaultStore::open(&shop.data().join("vault.db").into()).await.unwrap();
        let puller = Puller::new(Direct::new(outbox), store.clone(), Site::parse(common::SITE).unwrap());
        let pulled = puller.step().await.unwrap();
        assert_eq!((pulled.stored, pulled.quarantined), (1, 0), "{}", fixture.display());
        puller.close().await;
        store.close().await;
        for reference in ["ORDER-1", "ORDER-2"] {
            let mut command = shop.command(&["open", "--offline", "--passphrase-fd", "0", "--reference", reference]);
            command.args(["--field", "card", "--field", "phone"]);
            let text = ok(run(command, &format!("{ADMIN}\n")));
            assert!(text.contains(NUMBER) && text.contains(PHONE) && !text.contains("DIFFERENCE"), "{text}");
        }
        tested += 1;
    }
    assert!(tested > 0);
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

async fn load(sql: &Path, database: &Path) {
    let options = SqliteConnectOptions::new().filename(database).create_if_missing(true).page_size(16_384);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    let text = fs::read_to_string(sql).unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
}

#[test]
#[ignore = "writes the fixture of the newest schemas"]
fn write_the_fixture() {
    if std::env::var_os("NIGHTSAFE_WRITE_FIXTURE").is_none() {
        return; // the long run takes ignored tests along
    }
    assert!(!newest().exists(), "a fixture is never written twice");
    let shop = Shop::built();
    send(&shop, &[&deposit(&shop, "ORDER-1")]);
    let waiting = deposit(&shop, "ORDER-2");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let path = shop.data().join("outbox.db");
        let (writer, task) = OutboxWriter::open(&path.into(), WriterLimits::default()).await.unwrap();
        let row = OutboxRow {
            deposit_id: waiting.id().0,
            day: "2026-11-27".into(),
            nonce: waiting.parts().nonce.0,
            body: waiting.canonical_body(),
        };
        writer.insert(row).await.unwrap();
        drop(writer);
        task.finished().await;
    });
    fs::create_dir_all(newest()).unwrap();
    for name in ["nightsafe.toml", "anchor.txt"] {
        fs::copy(shop.data().join(name), newest().join(name)).unwrap();
    }
    copy(&shop.data().join("manifests"), &newest().join("manifests"));
    for name in ["vault", "outbox"] {
        let dump = Command::new("sqlite3").arg(shop.data().join(format!("{name}.db"))).arg(".dump").output().unwrap();
        assert!(dump.status.success(), "{dump:?}");
        fs::write(newest().join(format!("{name}.sql")), dump.stdout).unwrap();
    }
}
