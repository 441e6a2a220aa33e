//! Settling is killed in the middle, at random moments: every row is there as before. And how long it takes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nightsafe_store::Database;
use nightsafe_store::vault::VaultStore;
use nightsafe_tests::cluster::Cluster;

use crate::place::Place;
use crate::rows::NOW;
use crate::settle::{batch, check};

const DEPOSITS: u32 = 400;

/// How many kills.
fn rounds() -> u32 {
    if std::env::var_os("NIGHTSAFE_LONG").is_some() { 250 } else { 8 }
}

#[tokio::test]
async fn a_killed_process_leaves_every_row_on_sqlite() {
    let place = Place::sqlite();
    let database = place.vault();
    let store = VaultStore::open(&database).await.unwrap();
    store.take_in(&batch(0..DEPOSITS)).await.unwrap();
    let before = place.rows("field_row").await;
    let mut killed = 0;
    for round in 0..rounds() {
        let mut child = settling(&database);
        tokio::time::sleep(Duration::from_millis(u64::from(round * 37 % 90))).await;
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        // Another process had the file open all the time, and reads on
        assert!(place.rows("field_row").await == before, "after kill {round}");
        check(&store, round..round + 1).await;
    }
    assert_eq!(killed, rounds());
    store.settle(NOW).await.unwrap();
    store.close().await;
    assert!(place.rows("field_row").await == before);
}

/// Starts a process that settles again and again, and waits until it has begun.
fn settling(database: &Database) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "settle_killed::settles_until_killed", "--ignored", "--nocapture"])
        .env("NIGHTSAFE_TEST_VAULT", database.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "settling"));
    child
}

/// The process that [`settling`] starts.
#[tokio::test]
#[ignore = "run by the tests that kill it"]
async fn settles_until_killed() {
    let Ok(database) = std::env::var("NIGHTSAFE_TEST_VAULT") else { return };
    let store = VaultStore::open(&database.parse().unwrap()).await.unwrap();
    println!("\nsettling");
    loop {
        store.settle(NOW).await.unwrap();
    }
}

/// Kill -9 of the session that settles; false when none does at the moment.
fn kill_settling(cluster: &Cluster) -> bool {
    let found = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '/* vault settle */%'";
    let id = cluster.sql("postgres", found);
    !id.is_empty() && Command::new("kill").arg("-9").arg(id).status().unwrap().success()
}

#[tokio::test]
async fn a_killed_backend_leaves_every_row_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // One of our own: killing one backend makes PostgreSQL end all of them
    let Some(cluster) = Cluster::start(&folder.path().join("pg")) else {
        eprintln!("SKIPPED: PostgreSQL is not installed (cargo xtask test installs it)");
        return;
    };
    cluster.migrate("postgres").await;
    let database = cluster.url_as("nightsafe_vault", "postgres").parse().unwrap();
    let store = patient(&database).await;
    // Some rows are settled, some are not
    store.take_in(&batch(0..DEPOSITS / 2)).await.unwrap();
    store.settle(NOW).await.unwrap();
    store.take_in(&batch(DEPOSITS / 2..DEPOSITS)).await.unwrap();
    store.close().await;
    let mut killed = 0;
    for round in 0..rounds() {
        let store = patient(&database).await;
        // Something to move each time
        store.take_in(&batch(DEPOSITS + round..DEPOSITS + round + 1)).await.unwrap();
        let settling = tokio::spawn({
            let store = store.clone();
            async move { store.settle(NOW).await }
        });
        tokio::time::sleep(Duration::from_millis(u64::from(round * 7 % 50))).await;
        let is_killed = kill_settling(&cluster);
        killed += u32::from(is_killed && settling.await.unwrap().is_err());
        drop(store);
        let store = patient(&database).await;
        check(&store, 0..DEPOSITS + round + 1).await;
        let sets = store.anonymity_sets().await.unwrap();
        assert_eq!(sets.iter().map(|set| set.rows).sum::<u64>(), 3 * u64::from(DEPOSITS + round + 1));
        store.close().await;
    }
    eprintln!("postgres: {killed} of {} kills found a session that settled", rounds());
    assert!(killed > 1);
    let store = patient(&database).await;
    store.settle(NOW).await.unwrap();
    check(&store, 0..DEPOSITS + rounds()).await;
}

/// Opens a vault whose server is on its way up again.
async fn patient(database: &Database) -> VaultStore {
    let start = Instant::now();
    loop {
        match VaultStore::open(database).await {
            Ok(store) if store.probe().await.is_ok() => return store,
            result => assert!(start.elapsed() < Duration::from_secs(30), "{:?}", result.err()),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// For `docs/THREAT-MODEL.md`.
#[tokio::test]
#[ignore = "measures; writes 100,000 rows on each engine"]
async fn how_long_settling_takes() {
    for place in [Some(Place::sqlite()), Place::postgres().await].into_iter().flatten() {
        let store = VaultStore::open(&place.vault()).await.unwrap();
        let deposits = 100_000 / 3;
        for start in (0..deposits).step_by(500) {
            store.take_in(&batch(start..(start + 500).min(deposits))).await.unwrap();
        }
        for what in ["all of them new", "one new in each month"] {
            let start = Instant::now();
            store.settle(NOW).await.unwrap();
            eprintln!("{}: 100,000 rows, {what}: settled in {:.1?}", name(&place), start.elapsed());
            store.take_in(&batch(deposits..deposits + 1)).await.unwrap();
        }
    }
}

fn name(place: &Place) -> &'static str {
    match place {
        Place::Sqlite(_) => "sqlite",
        Place::Postgres(_) => "postgres",
    }
}
