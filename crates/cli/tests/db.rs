//! `nightsafe db migrate` as an operator runs it. Needs the server that NIGHTSAFE_TEST_POSTGRES_URL names.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "helpers of tests fail the test")]

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use nightsafe_store::outbox::OutboxReader;
use nightsafe_store::vault::VaultStore;
use sqlx::{Connection, PgConnection};

fn nightsafe(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nightsafe")).args(["db", "migrate"]).args(arguments).output().unwrap()
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
