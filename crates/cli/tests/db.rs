//! `nightsafe db migrate` as an operator runs it. Needs the server that NIGHTSAFE_TEST_POSTGRES_URL names.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "helpers of tests fail the test")]

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use nightsafe_store::Database;
use nightsafe_store::outbox::OutboxReader;
use nightsafe_store::vault::{Arrival, Reason, VaultStore};
use sqlx::{Connection, PgConnection};

fn nightsafe(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nightsafe")).args(["db", "migrate"]).args(arguments).output().unwrap()
}

/// Of `nightsafe db quarantine`.
fn quarantine(arguments: &[&str], url: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
    command.args(["db", "quarantine"]).args(arguments).args(["--database-url", url]).output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn run(url: &str, sql: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn what_was_done_is_said_and_done_again_it_says_so() {
    let Ok(server) = std::env::var("NIGHTSAFE_TEST_POSTGRES_URL") else {
        eprintln!("SKIPPED: no PostgreSQL, because NIGHTSAFE_TEST_POSTGRES_URL is not set (cargo xtask test sets it)");
        return;
    };
    run(&server, "DROP DATABASE IF EXISTS ns_cli_migrate WITH (FORCE)").await;
    run(&server, "CREATE DATABASE ns_cli_migrate").await;
    let (place, parameters) = server.split_once('?').map_or((server.as_str(), ""), |parts| parts);
    let (authority, _) = place.rsplit_once('/').unwrap();
    let url = format!("{authority}/ns_cli_migrate?{parameters}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, format!("{url}\n")).unwrap();
    let file = file.to_str().unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = nightsafe(&["--database-url-file", file]);
    assert!(!open.status.success() && said(&open.stderr).contains("open to other users"), "{open:?}");

    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let first = nightsafe(&["--database-url-file", file, "--only", "outbox"]);
    assert!(first.status.success(), "{first:?}");
    let text = said(&first.stdout);
    assert!(text.contains("schema outbox: new, version"), "{text}");
    assert!(text.contains("role nightsafe_ingest: ") && text.contains("inserts into the outbox"), "{text}");
    assert!(!text.contains("schema vault"), "{text}");
    OutboxReader::open(&url.parse().unwrap()).await.unwrap();
    VaultStore::open(&url.parse().unwrap()).await.unwrap_err();

    let both = nightsafe(&["--database-url", &url]);
    assert!(both.status.success(), "{both:?}");
    let text = said(&both.stdout);
    assert!(text.contains("schema outbox: version") && text.contains(" already"), "{text}");
    assert!(text.contains("schema vault: new, version"), "{text}");
    VaultStore::open(&url.parse().unwrap()).await.unwrap();

    run(&server, "DROP DATABASE ns_cli_migrate WITH (FORCE)").await;
}

#[tokio::test]
async fn quarantined_deposits_are_listed_copied_and_dropped() {
    let folder = tempfile::tempdir().unwrap();
    work_through_quarantine(&format!("sqlite:{}", folder.path().join("vault.db").display()), folder.path()).await;

    let Ok(server) = std::env::var("NIGHTSAFE_TEST_POSTGRES_URL") else {
        eprintln!("SKIPPED: no PostgreSQL, because NIGHTSAFE_TEST_POSTGRES_URL is not set (cargo xtask test sets it)");
        return;
    };
    run(&server, "DROP DATABASE IF EXISTS ns_cli_quarantine WITH (FORCE)").await;
    run(&server, "CREATE DATABASE ns_cli_quarantine").await;
    let (place, parameters) = server.split_once('?').map_or((server.as_str(), ""), |parts| parts);
    let (authority, _) = place.rsplit_once('/').unwrap();
    let url = format!("{authority}/ns_cli_quarantine?{parameters}");
    assert!(nightsafe(&["--database-url", &url]).status.success());
    let folder = tempfile::tempdir().unwrap();
    work_through_quarantine(&url, folder.path()).await;
    run(&server, "DROP DATABASE ns_cli_quarantine WITH (FORCE)").await;
}

async fn work_through_quarantine(url: &str, folder: &std::path::Path) {
    let database: Database = url.parse().unwrap();
    let store = VaultStore::open(&database).await.unwrap();
    let bad = |id: u8, content: u8| Arrival {
        deposit_id: [id; 32],
        day: "2026-11-21".into(),
        nonce: [0; 32],
        body: vec![content; 300],
        body_hash: [content; 32],
        content: Err(Reason::WrongId),
    };
    store.take_in(&[bad(1, 2), bad(1, 3), bad(4, 5)]).await.unwrap();
    store.close().await;
    let hex = |byte: u8| format!("{byte:02x}").repeat(32);
    let listed = said(&quarantine(&["list"], url).stdout);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert!(listed.contains(&format!("2026-11-21  wrong-id        300  {}  {}\n", hex(1), hex(2))), "{listed}");

    let out = folder.join("deposit.bin");
    let out_text = out.to_str().unwrap();
    let several = quarantine(&["show", &hex(1), "--out", out_text], url);
    assert!(said(&several.stderr).contains("2 rows came under this id"), "{several:?}");
    let shown = quarantine(&["show", &hex(1), "--content", &hex(3), "--out", out_text], url);
    assert!(shown.status.success(), "{shown:?}");
    assert_eq!(std::fs::read(&out).unwrap(), [3; 300]);

    assert!(!quarantine(&["drop", &hex(4)], url).status.success(), "not without --yes");
    assert!(quarantine(&["drop", &hex(4), "--yes"], url).status.success());
    assert!(quarantine(&["drop", &hex(1), "--content", &hex(3), "--yes"], url).status.success());
    let again = quarantine(&["drop", &hex(4), "--yes"], url);
    assert!(said(&again.stderr).contains("nothing in quarantine came under this id"), "{again:?}");
    let listed = said(&quarantine(&["list"], url).stdout);
    assert!(listed.lines().count() == 1 && listed.contains(&hex(2)), "{listed}");
}

#[test]
fn a_password_in_an_argument_is_warned_about_and_never_shown() {
    let output = nightsafe(&["--database-url", "postgres://anna:hunter2@localhost:1/nightsafe"]);
    let told = said(&output.stderr);
    assert!(!output.status.success());
    assert!(told.contains("warning: every user of this machine can read the password"), "{told}");
    assert!(told.contains("not available"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");

    let output = nightsafe(&["--database-url", "sqlite:some.db"]);
    assert!(said(&output.stderr).contains("migrated by whatever opens it next"));
    let output = nightsafe(&[]);
    assert!(said(&output.stderr).contains("--database-url-file <FILE>"));
}
