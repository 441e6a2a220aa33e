//! Whether taking deposits out of the outbox stays cheap however many have passed through, and whether its files stay small.
//!
//! Deposits come in as ingest puts them there and go as the vault takes them, hour after hour; on PostgreSQL the hours are
//! made to pass by telling the table which one it is, and each that is over is given back as it is by a server at work.
//! 25 thousand in every run; with `NIGHTSAFE_LONG`, which `cargo xtask test --long` sets, a million (`NIGHTSAFE_ROWS` names
//! another end).

use std::path::{Path, PathBuf};
use std::time::Instant;

use nightsafe_store::Database;
use nightsafe_store::outbox::{OutboxReader, OutboxRow, OutboxWriter, WriterLimits, WriterTask};
use nightsafe_tests::cluster::Cluster;
use sqlx::{Connection, Executor, PgConnection};
use tokio::task::JoinSet;

const LONG: usize = 1_000_000;
const SHORT: usize = 2 * HOURS * BATCH;
/// Twice around the ring: what one round leaves behind is in the way of the next.
const HOURS: usize = 48;
/// What is printed, and compared: an eighth of the hours.
const EIGHTH: usize = HOURS / 8;
/// As many as the vault takes at once.
const BATCH: usize = 256;
/// Bytes: enough that PostgreSQL stores them out of line, as it does with a deposit's.
const BODY: usize = 2_500;

/// How many times as long the last batches may take as the first ones. Keeping an id costs more the more ids there are:
/// each of a batch is in another page by then, and is written with it.
const SLOWER: f64 = 5.0;
/// Bytes that the id of a deposit may take for ever.
const KEPT: u64 = 200;
/// Bytes of SQLite's write-ahead log, which is used again from 1,000 pages on, when the transaction is over.
const LOG: u64 = 32 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let _turn = crate::TURN.lock().await;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = folder.path().join("outbox.db");
    let database: Database = file.clone().into();
    Rig::open("SQLite", [&database, &database], Place::File(file)).await.run().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    use std::os::unix::fs::PermissionsExt;
    let _turn = crate::TURN.lock().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let cluster =
        Cluster::start(&folder.path().join("pg")).expect("PostgreSQL is not installed: cargo xtask test installs it");
    cluster.migrate("postgres").await;
    let [ingest, relay] =
        ["nightsafe_ingest", "nightsafe_relay"].map(|role| cluster.url_as(role, "postgres").parse().unwrap());
    let place = Place::server(&cluster.url("postgres")).await;
    Rig::open("PostgreSQL", [&ingest, &relay], place).await.run().await;
}

/// What passed through in an hour.
struct Hour {
    /// Milliseconds of each batch.
    read: Vec<f64>,
    delete: Vec<f64>,
    /// Bytes of the outbox's files after it.
    files: u64,
}

/// One of the two.
type Times = fn(&Hour) -> &[f64];

struct Rig {
    engine: &'static str,
    writer: OutboxWriter,
    task: WriterTask,
    reader: OutboxReader,
    place: Place,
}

impl Rig {
    /// The database as ingest opens it, and as the relay does.
    async fn open(engine: &'static str, [ingest, relay]: [&Database; 2], place: Place) -> Self {
        let (writer, task) = OutboxWriter::open(ingest, WriterLimits::default()).await.unwrap();
        let reader = OutboxReader::open(relay).await.unwrap();
        Self { engine, writer, task, reader, place }
    }

    async fn run(mut self) {
        let batches = rows().div_ceil(HOURS * BATCH);
        let mut hours = Vec::new();
        let mut most = 0;
        for number in 0..HOURS {
            self.place.begin(number).await;
            let hour = self.hour(batches).await;
            if number == 0 {
                most = hour.files;
            }
            // The vault's reader asks for this every ten minutes
            self.reader.empty_slots().await.unwrap();
            hours.push(Hour { files: self.place.files().await, ..hour });
            if (number + 1) % EIGHTH == 0 {
                self.tell(&hours, (number + 1) * batches * BATCH);
            }
        }
        assert_eq!(self.reader.backlog().await.unwrap(), 0);
        self.reader.close().await;
        drop(self.writer);
        self.task.finished().await;
        judge(&hours, most, batches);
    }

    async fn hour(&mut self, batches: usize) -> Hour {
        let (mut read, mut delete) = (Vec::new(), Vec::new());
        for _ in 0..batches {
            self.insert().await;
            let start = Instant::now();
            let batch = self.reader.next_batch(u32::try_from(BATCH).unwrap(), usize::MAX).await.unwrap();
            read.push(start.elapsed().as_secs_f64() * 1000.0);
            let taken: Vec<_> = batch.rows.iter().map(OutboxRow::taken).collect();
            let start = Instant::now();
            assert_eq!(self.reader.delete(&taken).await.unwrap(), BATCH as u64);
            delete.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        Hour { read, delete, files: self.place.files().await }
    }

    async fn insert(&self) {
        let mut inserts = JoinSet::new();
        for _ in 0..BATCH {
            let writer = self.writer.clone();
            inserts.spawn(async move { writer.insert(row()).await.unwrap() });
        }
        inserts.join_all().await;
    }

    fn tell(&self, hours: &[Hour], rows: usize) {
        let last = &hours[hours.len() - EIGHTH..];
        eprintln!(
            "{}, {rows} deposits have passed: {BATCH} are read within {:.1} ms and deleted within {:.1} ms (medians of the \
             last {} batches); the files have {:.1} MiB",
            self.engine,
            median(last, |hour| &hour.read),
            median(last, |hour| &hour.delete),
            last.iter().map(|hour| hour.delete.len()).sum::<usize>(),
            last[EIGHTH - 1].files as f64 / f64::from(1 << 20),
        );
    }
}

fn rows() -> usize {
    let named = std::env::var("NIGHTSAFE_ROWS").ok().and_then(|text| text.parse().ok());
    named.unwrap_or(if std::env::var_os("NIGHTSAFE_LONG").is_some() { LONG } else { SHORT })
}

/// `most`: bytes when the first hour was over and nothing was given back yet.
fn judge(hours: &[Hour], most: u64, batches: usize) {
    let (first, last) = (&hours[..EIGHTH], &hours[HOURS - EIGHTH..]);
    let parts: [(&str, Times); 2] = [("reading", |hour| &hour.read), ("deleting", |hour| &hour.delete)];
    for (what, times) in parts {
        let slower = median(last, times) / median(first, times);
        eprintln!("{what} at the end: {slower:.2} times as long as at the beginning");
        assert!(slower < SLOWER, "{what} got {slower:.2} times as slow");
    }
    for (number, hour) in hours.iter().enumerate() {
        // Two hours may be unfinished, and a third one in use
        let bound = LOG + 3 * most + KEPT * ((number + 1) * batches * BATCH) as u64;
        assert!(hour.files <= bound, "{} bytes after hour {number}, more than {bound}", hour.files);
    }
}

fn median(hours: &[Hour], times: Times) -> f64 {
    let mut all: Vec<f64> = hours.iter().flat_map(times).copied().collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// What only its owner sees of the outbox.
enum Place {
    File(PathBuf),
    /// And the first hour that is over, for the server's clock.
    Server(PgConnection, i32),
}

impl Place {
    async fn server(url: &str) -> Self {
        let mut owner = PgConnection::connect(url).await.unwrap();
        let next = "SELECT extract(hour FROM clock_timestamp() AT TIME ZONE 'UTC')::integer + 1";
        let next = sqlx::query_scalar(next).fetch_one(&mut owner).await.unwrap();
        Self::Server(owner, next)
    }

    /// From now on deposits arrive in another hour: one of the 22 that are over by the server's clock.
    async fn begin(&mut self, number: usize) {
        let Self::Server(owner, next) = self else { return };
        let slot = (*next + i32::try_from(number % 22).unwrap()) % 24;
        let sql = format!("ALTER TABLE outbox.deposit ALTER COLUMN slot SET DEFAULT {slot}");
        owner.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    }

    /// Bytes that the outbox takes: tables with their indexes, or the file with its write-ahead log.
    async fn files(&mut self) -> u64 {
        match self {
            Self::File(file) => {
                let mut log = file.clone().into_os_string();
                log.push("-wal");
                [file.as_path(), Path::new(&log)].iter().map(|file| file.metadata().map_or(0, |data| data.len())).sum()
            }
            Self::Server(owner, _) => {
                let sql = "SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c \
                           WHERE c.relnamespace = 'outbox'::regnamespace AND c.relkind = 'r'";
                let bytes: i64 = sqlx::query_scalar(sql).fetch_one(owner).await.unwrap();
                bytes.unsigned_abs()
            }
        }
    }
}

/// Random but for its form: what a row holds is checked elsewhere.
fn row() -> OutboxRow {
    let (mut nonce, mut body) = ([0; 32], vec![0; BODY]);
    getrandom::fill(&mut nonce).unwrap();
    getrandom::fill(&mut body).unwrap();
    let row = OutboxRow { deposit_id: [0; 32], day: "2026-11-21".to_owned(), nonce, body };
    OutboxRow { deposit_id: row.content(), ..row }
}
