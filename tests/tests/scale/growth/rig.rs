//! Ingest at work, its outbox and the vault's tables, and how long each of them takes.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, ManifestHash, Tag};
use nightsafe_store::outbox::OutboxReader;
use nightsafe_store::vault::{Arrival, FieldRow, Filter, IndexRow, Outcome, VaultStore};
use nightsafe_tests::deposits::{SIX_FIELDS, Stencil, seal};
use nightsafe_tests::http::Connection;
use nightsafe_tests::server::Server;
use nightsafe_tests::site::RealSite;

/// Clients of ingest, and deposits that each of them posts in a round.
const CLIENTS: usize = 8;
const POSTS: usize = 60;
/// Deposits of one of the vault's transactions.
pub(super) const BATCH: usize = 64;
/// Listings that are timed, and rows of a page.
const LISTINGS: usize = 300;
const PAGE: u32 = 50;

pub(super) struct Measured {
    pub(super) rows: u64,
    /// Deposits a second that ingest takes, in the median round: with the fewest rows, and with these.
    few: f64,
    many: f64,
    /// How many times as long a round takes with these rows as the one before it, with the fewest: the median.
    pub(super) slower: f64,
    /// Milliseconds of a transaction of the vault's taking in, median.
    pub(super) take_in: f64,
    /// Milliseconds of a page.
    listing_p50: f64,
    pub(super) listing_p99: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rows: ingest takes {:.0} deposits a second, and beside it {:.0} with the fewest rows: {:.2} times as slow \
             (median of pairs); the vault takes {BATCH} in within {:.1} ms (median); a page by last four {:.1} ms (p50), \
             {:.1} ms (p99)",
            self.rows, self.many, self.few, self.slower, self.take_in, self.listing_p50, self.listing_p99
        )
    }
}

/// Ingest in pairs of rounds, the vault with many rows alone.
pub(super) async fn measure(few: &Rig, many: &Rig, rows: u64) -> Measured {
    // The first ones warm up
    few.ingest().await;
    many.ingest().await;
    let mut pairs = Vec::new();
    for _ in 0..rounds().0 {
        pairs.push((few.ingest().await, many.ingest().await));
    }
    let rate = |time: f64| (CLIENTS * POSTS) as f64 / time;
    let take_in = many.take_in().await;
    let (listing_p50, listing_p99) = many.list(rows).await;
    Measured {
        rows,
        few: rate(median(pairs.iter().map(|(few, _)| few.as_secs_f64()))),
        many: rate(median(pairs.iter().map(|(_, many)| many.as_secs_f64()))),
        slower: median(pairs.iter().map(|(few, many)| many.as_secs_f64() / few.as_secs_f64())),
        take_in,
        listing_p50,
        listing_p99,
    }
}

/// Pairs of rounds of ingest, and transactions of the vault. Nobody judges by the times of a short run.
fn rounds() -> (usize, usize) {
    if super::is_long() { (15, 40) } else { (1, 5) }
}

pub(super) struct Rig {
    ingest: Server,
    outbox: OutboxReader,
    vault: VaultStore,
    stencil: Stencil,
}

impl Rig {
    /// `outbox` is the database as ingest sees it, `emptied` as the vault does.
    pub(super) async fn start(folder: &Path, outbox: &str, emptied: &str, vault: VaultStore) -> Self {
        let site = RealSite::make(&folder.join("site"));
        let ingest = Server::ingest(&site, outbox, "");
        let outbox = OutboxReader::open(&emptied.parse().unwrap()).await.unwrap();
        let stencil = Stencil::new(&seal(&site.published(), "GROWTH-1", SIX_FIELDS));
        Self { ingest, outbox, vault, stencil }
    }

    pub(super) async fn stop(self) {
        self.outbox.close().await;
        self.vault.close().await;
        self.ingest.stop();
    }

    /// One round. It starts with an empty outbox, as a vault that keeps up leaves it.
    async fn ingest(&self) -> Duration {
        let start = Instant::now();
        let clients: Vec<_> = (0..CLIENTS).map(|_| self.client()).collect();
        for client in clients {
            client.await.unwrap();
        }
        let time = start.elapsed();
        self.empty_outbox().await;
        time
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
        median(times)
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

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
