//! Clients that keep what a shop keeps: the receipts of its orders. They try again until they have one, as the checkout
//! page does, and sometimes give up, or send an old deposit once more.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nightsafe_core::deposit::Deposit;
use nightsafe_core::receipt;
use nightsafe_core::scalar::DepositId;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::deposits::seal;
use crate::http::{Answer, Connection};
use crate::seeded::Seeded;
use crate::site::Published;

/// Ingest must be back by then.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// What a shop has of an order.
#[derive(Debug)]
pub struct Held {
    pub id: DepositId,
    pub reference: String,
    /// What was sealed.
    pub phone: String,
    /// As it was handed out.
    pub receipt: String,
}

/// A crowd at work.
#[derive(Debug)]
pub struct Shoppers {
    runtime: Runtime,
    tasks: JoinSet<Vec<Held>>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    addresses: Vec<SocketAddr>,
    published: Published,
    stop: AtomicBool,
    failures: AtomicU64,
    receipts: AtomicU64,
}

impl Shoppers {
    /// So many begin, each with orders of its own; they go round the addresses when one fails.
    pub fn start(count: usize, addresses: &[SocketAddr], published: Published, seed: &mut Seeded) -> Self {
        Self::start_from(0, count, addresses, published, seed)
    }

    /// The same with shoppers of other numbers, so that their orders are not those of others who were there.
    pub fn start_from(
        first: usize,
        count: usize,
        addresses: &[SocketAddr],
        published: Published,
        seed: &mut Seeded,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let shared = Arc::new(Shared {
            addresses: addresses.to_vec(),
            published,
            stop: AtomicBool::new(false),
            failures: AtomicU64::new(0),
            receipts: AtomicU64::new(0),
        });
        let mut tasks = JoinSet::new();
        for number in first..first + count {
            let shopper = Shopper { number, shared: Arc::clone(&shared), seed: seed.split(), connection: None };
            tasks.spawn_on(shopper.shop(), runtime.handle());
        }
        Self { runtime, tasks, shared }
    }

    /// Receipts handed out so far.
    pub fn receipts(&self) -> u64 {
        self.shared.receipts.load(Ordering::Relaxed)
    }

    /// Requests so far that were answered with a refusal or not at all.
    pub fn failures(&self) -> u64 {
        self.shared.failures.load(Ordering::Relaxed)
    }

    /// Each finishes what it began; returns what they hold.
    pub fn stop(self) -> Vec<Held> {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.runtime.block_on(self.tasks.join_all()).into_iter().flatten().collect()
    }
}

struct Shopper {
    number: usize,
    shared: Arc<Shared>,
    seed: Seeded,
    connection: Option<Connection>,
}

impl Shopper {
    async fn shop(mut self) -> Vec<Held> {
        let (mut held, mut sent): (Vec<Held>, Vec<Deposit>) = (Vec::new(), Vec::new());
        for order in 0.. {
            if self.shared.stop.load(Ordering::Relaxed) {
                break;
            }
            let reference = format!("ORDER-{}-{order}", self.number);
            let phone = format!("+49301{:02}{order:05}", self.number);
            let deposit = seal(&self.shared.published, &reference, &[("phone", &[("value", &phone)])]);
            let gives_up = self.seed.below(10) == 0;
            if let Some(receipt) = self.deposit(&deposit, gives_up).await {
                self.shared.receipts.fetch_add(1, Ordering::Relaxed);
                held.push(Held { id: deposit.id(), reference, phone, receipt });
                sent.push(deposit);
            }
            if !sent.is_empty() && self.seed.below(4) == 0 {
                let again = usize::try_from(self.seed.below(sent.len() as u64)).unwrap();
                let receipt = self.deposit(&sent[again], false).await.unwrap();
                assert_eq!(receipt, held[again].receipt, "a retry gets the same receipt");
            }
        }
        held
    }

    /// Until there is a receipt; `None` when the shopper gave up after a failure.
    async fn deposit(&mut self, deposit: &Deposit, gives_up: bool) -> Option<String> {
        let json = deposit.to_json();
        let start = Instant::now();
        loop {
            if let Some(receipt) = self.try_once(&json).await {
                let manifest = self.shared.published.manifest.manifest();
                let read = receipt::verify(&receipt, &manifest.receipt_key).unwrap();
                assert_eq!(read.deposit, deposit.id());
                return Some(receipt);
            }
            self.shared.failures.fetch_add(1, Ordering::Relaxed);
            if gives_up {
                return None;
            }
            assert!(start.elapsed() < PATIENCE, "ingest did not come back");
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn try_once(&mut self, json: &str) -> Option<String> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(self.seed.choose(&self.shared.addresses)).await.ok()?,
        };
        let answer = connection.post_deposit(json.as_bytes(), b"").await.ok()?;
        let receipt = read(&answer)?;
        self.connection = Some(connection);
        Some(receipt)
    }
}

/// The receipt, or `None` when the answer says to try again.
fn read(answer: &Answer) -> Option<String> {
    match answer.status {
        201 => {
            let text = answer.text();
            let (_, rest) = text.split_once("\"receipt\":\"").expect("an answer without a receipt");
            Some(rest.split('"').next().unwrap().to_owned())
        }
        // 502 and 504 are a proxy's
        429 | 502 | 503 | 504 => None,
        other => panic!("{other}: {}", answer.text()),
    }
}
