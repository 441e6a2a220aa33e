//! Whether many deposits in the vault make anything slow: ingest above all, which must not notice, and a page of a listing
//! by last four. The vault's taking in, which does touch the rows that grow, must not go on getting slower.
//!
//! Ingest is the program, asked over HTTP. Its outbox never grows with the vault, by design, so what could slow it down is
//! what the two share. On PostgreSQL that is the server: one database, its buffers, its write-ahead log. On SQLite outbox and
//! vault are files of their own, as every installation has them, and share the disk and the system's cache. There the time
//! of ingest says that nothing else of the vault's growth reaches it; what the growing file costs is in the vault's times.
//!
//! The rows are made by bulk SQL, which says nothing that a deposit would not: random ids, keys and locators, facets as
//! they are spread among cards. 10 thousand and 100 thousand rows in every run; with `NIGHTSAFE_LONG`, which
//! `cargo xtask test --long` sets, 1 and 5 million more (`NIGHTSAFE_ROWS` names another end).

use std::path::Path;
use std::time::Instant;

use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, ManifestHash, Tag};
use nightsafe_store::Database;
use nightsafe_store::outbox::OutboxReader;
use nightsafe_store::vault::{Arrival, FieldRow, Filter, IndexRow, Outcome, VaultStore};
use nightsafe_tests::bulk::{CHUNK, SQLITE_FILLING, sqlite_index};
use nightsafe_tests::cluster::Cluster;
use nightsafe_tests::deposits::{SIX_FIELDS, Stencil, seal};
use nightsafe_tests::http::Connection;
use nightsafe_tests::server::Server;
use nightsafe_tests::site::RealSite;
use sqlx::{Connection as _, Executor, PgConnection, SqliteConnection};

const SIZES: [u64; 4] = [10_000, 100_000, 1_000_000, 5_000_000];
/// Clients of ingest, and deposits that each of them posts in a round.
const CLIENTS: usize = 8;
const POSTS: usize = 60;
/// Deposits of one of the vault's transactions.
const BATCH: usize = 64;
/// Listings that are timed, and rows of a page.
const LISTINGS: usize = 300;
const PAGE: u32 = 50;

/// How many times as long a transaction of [`BATCH`] deposits may take among more rows than the fewest.
///
/// A row's place in an index by random ids is in one leaf, found through the levels above it. Among 10 thousand rows an index
/// has some 35 leaves of SQLite's 16 KiB, or 85 of PostgreSQL's 8 KiB, of which 64 rows touch 29, or 45; among any number of
/// rows they touch 64 at most, which is 2.2 times as many to read, to log and to write. Five million rows need one level more
/// than the two or three that there were: at most half as much again to walk. Both together are 3.3, and the log's whole pages
/// after a checkpoint come on top, for which there is some room. Work for each row that is there would be 500 times as
/// much, and its square root 22 times.
const INTAKE_SLOWER: f64 = 4.0;

/// The aims: how much slower ingest may get, and milliseconds of a page at p99.
const SLOWER: f64 = 1.2;
const LISTING_P99: f64 = 50.0;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let _turn = crate::TURN.lock().await;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("vault.db");
    let database: Database = format!("sqlite:{}", path.display()).parse().unwrap();
    let store = VaultStore::open(&database).await.unwrap();
    let outbox = format!("sqlite:{}", folder.path().join("outbox.db").display());
    let rig = Rig::start("SQLite", folder.path(), &outbox, &outbox, store).await;
    let mut filler = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    filler.execute(SQLITE_FILLING).await.unwrap();
    let mut results = Vec::new();
    for (from, to) in steps() {
        let rows = sqlite_index(from, to);
        filler.execute(sqlx::AssertSqlSafe(rows)).await.unwrap();
        filler.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
        if is_size(to) {
            results.push(rig.measure(to).await);
        }
    }
    filler.close().await.unwrap();
    rig.stop().await;
    judge(&results);
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
    let url = cluster.url("postgres");
    let store = VaultStore::open(&url.parse().unwrap()).await.unwrap();
    let [ingest, outbox] = ["nightsafe_ingest", "nightsafe_vault"].map(|role| cluster.url_as(role, "postgres"));
    let rig = Rig::start("PostgreSQL", folder.path(), &ingest, &outbox, store).await;
    let mut filler = PgConnection::connect(&url).await.unwrap();
    filler.execute("SET search_path = vault; SET synchronous_commit = off").await.unwrap();
    let mut results = Vec::new();
    for (from, to) in steps() {
        let random = |count| {
            (0..count)
                .map(|part| format!("sha256(('{part}-{from}-' || i || random())::bytea)"))
                .collect::<Vec<_>>()
                .join(" || ")
        };
        let rows = format!(
            "INSERT INTO deposit_index (deposit_id, site, reference, manifest, key_id, brand, last4, expiry, \
             postal_code, country, day, locator) \
             SELECT sha256(('{from}-' || i || random())::bytea), 'demo.nightsafe.example', 'BULK-' || i, {}, \
             substr({}, 1, 16), (ARRAY['visa', 'mastercard', 'amex'])[1 + i % 3], \
             lpad((i % 10000 * 7919 % 10000)::text, 4, '0'), '2029-05', lpad((random() * 99999)::int::text, 5, '0'), 'DE', \
             (DATE '2026-11-21' - (i % 700)::int)::text, {} FROM generate_series({from}, {to} - 1) AS i",
            random(1),
            random(1),
            random(56)
        );
        filler.execute(sqlx::AssertSqlSafe(rows)).await.unwrap();
        if is_size(to) {
            // What the server would do by itself, in the midst of what is timed
            filler.execute("VACUUM (ANALYZE) deposit_index").await.unwrap();
            filler.execute("CHECKPOINT").await.unwrap();
            results.push(rig.measure(to).await);
        }
    }
    rig.stop().await;
    judge(&results);
}

/// From how many rows to how many, one chunk after the other.
fn steps() -> Vec<(u64, u64)> {
    let long = std::env::var_os("NIGHTSAFE_LONG").is_some();
    let named = std::env::var("NIGHTSAFE_ROWS").ok().and_then(|text| text.parse().ok());
    let most: u64 = named.unwrap_or(if long { SIZES[3] } else { SIZES[1] });
    let ends = SIZES.into_iter().chain((1..).map(|number| number * CHUNK).take_while(|end| *end <= SIZES[3]));
    let mut ends: Vec<u64> = ends.filter(|end| *end <= most).collect();
    ends.sort_unstable();
    ends.dedup();
    let from = std::iter::once(0).chain(ends.iter().copied());
    from.zip(ends.iter().copied()).collect()
}

/// Rounds of ingest that are timed, and transactions of the vault. Nobody judges by the times of a short run.
fn rounds() -> (usize, usize) {
    if std::env::var_os("NIGHTSAFE_LONG").is_some() { (9, 40) } else { (1, 5) }
}

fn is_size(rows: u64) -> bool {
    SIZES.contains(&rows)
}

struct Measured {
    rows: u64,
    /// Deposits a second that ingest takes, in the median round.
    ingest: f64,
    /// Milliseconds of a transaction of the vault's taking in, median.
    take_in: f64,
    /// Milliseconds of a page.
    listing_p99: f64,
}

/// Ingest at work, its outbox, and the vault's tables.
struct Rig {
    engine: &'static str,
    ingest: Server,
    outbox: OutboxReader,
    vault: VaultStore,
    stencil: Stencil,
}

impl Rig {
    /// `outbox` is the database as ingest sees it, `emptied` as the vault does.
    async fn start(engine: &'static str, folder: &Path, outbox: &str, emptied: &str, vault: VaultStore) -> Self {
        let site = RealSite::make(&folder.join("site"));
        let ingest = Server::ingest(&site, outbox, "");
        let outbox = OutboxReader::open(&emptied.parse().unwrap()).await.unwrap();
        let stencil = Stencil::new(&seal(&site.published(), "GROWTH-1", SIX_FIELDS));
        Self { engine, ingest, outbox, vault, stencil }
    }

    async fn stop(self) {
        self.outbox.close().await;
        self.vault.close().await;
        self.ingest.stop();
    }

    async fn measure(&self, rows: u64) -> Measured {
        let ingest = self.ingest().await;
        let take_in = self.take_in().await;
        let (p50, p99) = self.list(rows).await;
        eprintln!(
            "{}, {rows} rows: ingest takes {ingest:.0} deposits a second; the vault takes {BATCH} in within {take_in:.1} ms \
             (median); a page by last four {p50:.1} ms (p50), {p99:.1} ms (p99)",
            self.engine
        );
        Measured { rows, ingest, take_in, listing_p99: p99 }
    }

    /// Deposits a second in the median round. Each round starts with an empty outbox, as a vault that keeps up leaves it.
    async fn ingest(&self) -> f64 {
        let mut rates = Vec::new();
        for round in 0..=rounds().0 {
            let start = Instant::now();
            let clients: Vec<_> = (0..CLIENTS).map(|_| self.client()).collect();
            for client in clients {
                client.await.unwrap();
            }
            // The first one warms up
            if round > 0 {
                rates.push((CLIENTS * POSTS) as f64 / start.elapsed().as_secs_f64());
            }
            self.empty_outbox().await;
        }
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    }

    fn client(&self) -> tokio::task::JoinHandle<()> {
        let copies: Vec<_> = (0..POSTS).map(|_| self.stencil.copy()).collect();
        let (tail, address) = (self.stencil.tail().to_vec(), self.ingest.address());
        tokio::spawn(async move {
            let mut connection = Connection::open(address).await.unwrap();
            for copy in copies {
                let answer = connection.post_deposit(&copy.head, &tail).await.unwrap();
                assert_eq!(answer.status, 201, "{}", answer.text());
            }
        })
    }

    async fn empty_outbox(&self) {
        let mut emptied = 0;
        loop {
            let batch = self.outbox.next_batch(256, usize::MAX).await.unwrap();
            let taken: Vec<_> = batch.rows.iter().map(|row| row.taken()).collect();
            if taken.is_empty() {
                break;
            }
            emptied += taken.len();
            self.outbox.delete(&taken).await.unwrap();
        }
        assert_eq!(emptied, CLIENTS * POSTS);
    }

    /// Milliseconds of a transaction of [`BATCH`] deposits, median.
    async fn take_in(&self) -> f64 {
        let mut times = Vec::new();
        for _ in 0..rounds().1 {
            let batch: Vec<_> = (0..BATCH).map(|_| arrival()).collect();
            let start = Instant::now();
            let outcomes = self.vault.take_in(&batch).await.unwrap();
            times.push(start.elapsed().as_secs_f64() * 1000.0);
            assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Stored));
        }
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    }

    /// Milliseconds of a page: median, and p99.
    async fn list(&self, rows: u64) -> (f64, f64) {
        let mut times = Vec::new();
        for number in 0..LISTINGS {
            let filter = Filter { last4: Some(format!("{:04}", number * 7919 % 10_000)), ..Filter::default() };
            let start = Instant::now();
            let page = self.vault.search(&filter, None, PAGE).await.unwrap();
            times.push(start.elapsed().as_secs_f64() * 1000.0);
            assert!(rows < 100_000 || !page.rows.is_empty());
        }
        times.sort_by(f64::total_cmp);
        (times[LISTINGS / 2], times[LISTINGS * 99 / 100])
    }
}

/// Times are held to their aims in the long run only, when nothing else is tested beside it.
fn judge(results: &[Measured]) {
    if std::env::var_os("NIGHTSAFE_LONG").is_none() {
        return;
    }
    let first = results.first().unwrap();
    for one in results {
        assert!(one.listing_p99 < LISTING_P99, "a page took {:.1} ms with {} rows", one.listing_p99, one.rows);
        let slower = first.ingest / one.ingest;
        assert!(slower <= SLOWER, "ingest got {slower:.2} times as slow with {} rows", one.rows);
        let longer = one.take_in / first.take_in;
        assert!(longer <= INTAKE_SLOWER, "taking in takes {longer:.2} times as long with {} rows", one.rows);
    }
}

/// A deposit of two fields, random but for its form: what a row holds is checked elsewhere.
fn arrival() -> Arrival {
    let key_id = KeyId([3; 16]);
    let field = || FieldRow {
        tag: Tag(random()),
        envelope_hash: EnvelopeHash(random()),
        kind: "phone".to_owned(),
        key_id,
        expires: "2028-11".to_owned(),
        envelope: vec![5; 1300],
    };
    let deposit_id = random();
    let [a, b, ..] = deposit_id;
    let index = IndexRow {
        deposit_id: DepositId(deposit_id),
        site: "demo.nightsafe.example".to_owned(),
        reference: nightsafe_core::encoding::hex(&deposit_id[..16]),
        manifest: ManifestHash([2; 32]),
        key_id,
        facets: [
            ("brand".to_owned(), "visa".to_owned()),
            ("last4".to_owned(), format!("{:04}", (u16::from(a) << 8 | u16::from(b)) % 10_000)),
        ]
        .into(),
        day: "2026-11-21".to_owned(),
        locator: vec![6; 1800],
    };
    Arrival {
        deposit_id,
        day: "2026-11-21".to_owned(),
        nonce: [0; 32],
        body: Vec::new(),
        body_hash: deposit_id,
        content: Ok((index, vec![field(), field()])),
    }
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
