//! Whether a vault with many deposits is as quick as one with few: taking in, and a page of a listing by last four.
//!
//! The rows are made by bulk SQL, which says nothing that a deposit would not: random ids, keys and locators, facets as
//! they are spread among cards. 10 thousand and 100 thousand rows in every run; with `NIGHTSAFE_LONG`, which
//! `cargo xtask test --long` sets, 1 and 5 million more (`NIGHTSAFE_ROWS` names another end).

use std::time::Instant;

use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, ManifestHash, Tag};
use nightsafe_store::Database;
use nightsafe_store::vault::{Arrival, FieldRow, Filter, IndexRow, Outcome, VaultStore};
use nightsafe_tests::cluster::Cluster;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};

const SIZES: [u64; 4] = [10_000, 100_000, 1_000_000, 5_000_000];
/// Deposits of one transaction, and transactions that are timed.
const BATCH: usize = 64;
const BATCHES: usize = 40;
/// Listings that are timed, and rows of a page.
const LISTINGS: usize = 300;
const PAGE: u32 = 50;

/// The aims: how much slower taking in may get, and milliseconds of a page at p99.
const SLOWER: f64 = 1.2;
const LISTING_P99: f64 = 50.0;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("vault.db");
    let database: Database = format!("sqlite:{}", path.display()).parse().unwrap();
    let store = VaultStore::open(&database).await.unwrap();
    let mut filler = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    filler.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000").await.unwrap();
    let mut results = Vec::new();
    for (from, to) in steps() {
        let rows = format!(
            "WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {to}) \
             INSERT INTO deposit_index (deposit_id, site, reference, manifest, key_id, brand, last4, expiry, \
             postal_code, country, day, locator) \
             SELECT randomblob(32), 'demo.nightsafe.example', 'BULK-' || i, randomblob(32), randomblob(16), \
             CASE i % 3 WHEN 0 THEN 'visa' WHEN 1 THEN 'mastercard' ELSE 'amex' END, \
             printf('%04d', abs(random()) % 10000), '2029-05', printf('%05d', abs(random()) % 100000), 'DE', \
             date('2026-11-21', '-' || (i % 700) || ' days'), randomblob(1800) FROM n"
        );
        filler.execute(sqlx::AssertSqlSafe(rows)).await.unwrap();
        filler.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
        results.push(measure("SQLite", &store, to).await);
    }
    filler.close().await.unwrap();
    store.close().await;
    judge(&results);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let cluster =
        Cluster::start(&folder.path().join("pg")).expect("PostgreSQL is not installed: cargo xtask test installs it");
    cluster.migrate("postgres").await;
    let url = cluster.url("postgres");
    let store = VaultStore::open(&url.parse().unwrap()).await.unwrap();
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
             lpad((random() * 9999)::int::text, 4, '0'), '2029-05', lpad((random() * 99999)::int::text, 5, '0'), 'DE', \
             (DATE '2026-11-21' - (i % 700)::int)::text, {} FROM generate_series({from}, {to} - 1) AS i",
            random(1),
            random(1),
            random(56)
        );
        filler.execute(sqlx::AssertSqlSafe(rows)).await.unwrap();
        filler.execute("ANALYZE deposit_index; CHECKPOINT").await.unwrap();
        results.push(measure("PostgreSQL", &store, to).await);
    }
    store.close().await;
    judge(&results);
}

/// From how many rows to how many, one after the other.
fn steps() -> Vec<(u64, u64)> {
    let long = std::env::var_os("NIGHTSAFE_LONG").is_some();
    let named = std::env::var("NIGHTSAFE_ROWS").ok().and_then(|text| text.parse().ok());
    let most = named.unwrap_or(if long { SIZES[3] } else { SIZES[1] });
    let sizes: Vec<_> = SIZES.into_iter().filter(|size| *size <= most).collect();
    let from = std::iter::once(0).chain(sizes.iter().copied());
    from.zip(sizes.iter().copied()).collect()
}

struct Measured {
    rows: u64,
    /// Milliseconds of a transaction of [`BATCH`] deposits, median.
    take_in: f64,
    /// Milliseconds of a page.
    listing_p99: f64,
}

async fn measure(engine: &str, store: &VaultStore, rows: u64) -> Measured {
    let mut take_in = Vec::new();
    for _ in 0..BATCHES {
        let batch: Vec<_> = (0..BATCH).map(|_| arrival()).collect();
        let start = Instant::now();
        let outcomes = store.take_in(&batch).await.unwrap();
        take_in.push(start.elapsed().as_secs_f64() * 1000.0);
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Stored));
    }
    let mut listings = Vec::new();
    for number in 0..LISTINGS {
        let filter = Filter { last4: Some(format!("{:04}", number * 7919 % 10_000)), ..Filter::default() };
        let start = Instant::now();
        let page = store.search(&filter, None, PAGE).await.unwrap();
        listings.push(start.elapsed().as_secs_f64() * 1000.0);
        assert!(rows < 100_000 || !page.rows.is_empty());
    }
    take_in.sort_by(f64::total_cmp);
    listings.sort_by(f64::total_cmp);
    let measured = Measured { rows, take_in: take_in[BATCHES / 2], listing_p99: listings[LISTINGS * 99 / 100] };
    eprintln!(
        "{engine}, {rows} rows: {BATCH} deposits taken in {:.1} ms (median), a page by last four {:.1} ms (p50), {:.1} ms (p99)",
        measured.take_in,
        listings[LISTINGS / 2],
        measured.listing_p99
    );
    measured
}

/// Times are held to their aims in the long run only, when nothing else is tested beside it.
fn judge(results: &[Measured]) {
    if std::env::var_os("NIGHTSAFE_LONG").is_none() {
        return;
    }
    let first = results.first().unwrap();
    for one in results {
        assert!(one.listing_p99 < LISTING_P99, "a page took {:.1} ms with {} rows", one.listing_p99, one.rows);
        let slower = one.take_in / first.take_in;
        assert!(slower <= SLOWER, "taking in got {slower:.2} times as slow with {} rows", one.rows);
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
