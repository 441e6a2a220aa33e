//! Settling is killed in the middle, at random moments, and where it waits for others: every row is there as before. And how
//! long it takes.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nightsafe_store::Database;
use nightsafe_store::postgres::migrate;
use nightsafe_store::vault::{self, VaultStore};
use sqlx::{Connection, Executor, PgConnection};

use crate::place::Place;
use crate::rows::NOW;
use crate::settle::{batch, check};

const DEPOSITS: u32 = 400;

/// A server must be back by then.
const PATIENCE: Duration = Duration::from_secs(30);

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

/// A cluster of our own: killing one backend makes PostgreSQL end all of them.
struct Cluster {
    programs: PathBuf,
    folder: tempfile::TempDir,
}

impl Cluster {
    fn start() -> Option<Self> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let programs = versions.map(|version| version.path().join("bin")).find(|bin| bin.join("initdb").exists());
        let Some(programs) = programs else {
            eprintln!("SKIPPED: no PostgreSQL server below /usr/lib/postgresql to start and kill");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let cluster = Self { programs, folder };
        if is_root() {
            run(Command::new("chown").arg("postgres:").arg(cluster.folder.path()));
            run(Command::new("chmod").arg("755").arg(cluster.folder.path()));
        }
        let mut initdb = cluster.program("initdb");
        initdb.args(["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        run(&mut initdb);
        let options = format!("-k {} -c listen_addresses=''", cluster.folder.path().display());
        run(cluster.program("pg_ctl").arg("-l").arg(cluster.log()).args(["-w", "-o", &options, "start"]));
        Some(cluster)
    }

    fn database(&self, role: &str) -> Database {
        self.url(role).parse().unwrap()
    }

    fn url(&self, role: &str) -> String {
        format!("postgres://{role}@localhost/postgres?host={}", self.folder.path().display())
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if is_root() { Command::new("runuser") } else { Command::new(&path) };
        if is_root() {
            command.args(["-u", "postgres", "--"]).arg(&path).current_dir("/");
        }
        command.arg("-D").arg(self.folder.path().join("data"));
        command
    }

    /// Kill -9 of the session that settles, and the end of all others; false when none settles at the moment.
    async fn kill_settling(&self) -> bool {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-A", "-t", "-U", "postgres", "-d", "postgres", "-h"]).arg(self.folder.path());
        let found = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '/* vault settle */%'";
        let output = psql.args(["-c", found]).output().unwrap();
        let pid = String::from_utf8(output.stdout).unwrap();
        let starts = self.starts();
        if pid.trim().is_empty() || !Command::new("kill").arg("-9").arg(pid.trim()).status().unwrap().success() {
            return false;
        }
        // The server lets new sessions in until it has noticed, and then ends them, too
        let start = Instant::now();
        while self.starts() == starts {
            assert!(start.elapsed() < PATIENCE, "the server does not start again");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        true
    }

    /// Somebody who reads the field rows until the end.
    async fn reads(&self) -> PgConnection {
        let mut reader = PgConnection::connect(&self.url("postgres")).await.unwrap();
        reader.execute("BEGIN; LOCK TABLE vault.field_staging IN ACCESS SHARE MODE").await.unwrap();
        reader
    }

    /// How often the server was ready, by its log.
    fn starts(&self) -> usize {
        std::fs::read_to_string(self.log()).unwrap().matches("database system is ready to accept connections").count()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.program("pg_ctl").args(["-m", "immediate", "stop"]).stdout(Stdio::null()).status();
    }
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}");
}

#[tokio::test]
async fn a_killed_backend_leaves_every_row_on_postgres() {
    let Some(cluster) = Cluster::start() else { return };
    migrate(&cluster.database("postgres"), &[vault::POSTGRES]).await.unwrap();
    let database = cluster.database("nightsafe_vault");
    let store = patient(&database).await;
    // Some rows are settled, some are not
    store.take_in(&batch(0..DEPOSITS / 2)).await.unwrap();
    store.settle(NOW).await.unwrap();
    store.take_in(&batch(DEPOSITS / 2..DEPOSITS)).await.unwrap();
    store.close().await;
    let (mut killed, mut waiting) = (0, 0);
    for round in 0..rounds() {
        let store = patient(&database).await;
        // Something to move each time
        store.take_in(&batch(DEPOSITS + round..DEPOSITS + round + 1)).await.unwrap();
        // Every other time somebody reads: the new partitions are there, and settling waits to put them into their places
        let reader = if round % 2 == 1 { Some(cluster.reads().await) } else { None };
        let settling = tokio::spawn({
            let store = store.clone();
            async move { store.settle(NOW).await }
        });
        let mut is_killed = false;
        if reader.is_some() {
            let start = Instant::now();
            while !is_killed {
                assert!(start.elapsed() < PATIENCE && !settling.is_finished(), "it does not wait for who reads");
                tokio::time::sleep(Duration::from_millis(5)).await; // it runs in this thread
                is_killed = cluster.kill_settling().await;
            }
            waiting += 1;
        } else {
            tokio::time::sleep(Duration::from_millis(u64::from(round * 7 % 50))).await;
            is_killed = cluster.kill_settling().await;
        }
        let settled = settling.await.unwrap();
        assert!(settled.is_err() || reader.is_none());
        assert!(settled.is_ok() || is_killed, "{settled:?}");
        killed += u32::from(settled.is_err());
        drop((store, reader));
        let store = patient(&database).await;
        check(&store, 0..DEPOSITS + round + 1).await;
        let sets = store.anonymity_sets().await.unwrap();
        assert_eq!(sets.iter().map(|set| set.rows).sum::<u64>(), 3 * u64::from(DEPOSITS + round + 1));
        store.close().await;
    }
    let by_chance = killed - waiting;
    eprintln!("postgres: {} kills, {waiting} while settling waits, {by_chance} of the rest while it works", rounds());
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
            result => assert!(start.elapsed() < PATIENCE, "{:?}", result.err()),
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
