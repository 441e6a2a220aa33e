//! What ingest counts besides its requests; `docs/API.md` lists the names.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nightsafe_serve::limits::Memory;
use nightsafe_serve::metrics::{KeyGauges, Metrics, time_buckets};
use nightsafe_store::outbox::{OutboxWriter, WriterObserver};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::Ingest;
use crate::roster::RosterWatch;

/// What the outbox's writer does.
#[derive(Debug, Clone)]
pub struct OutboxMetrics {
    deposits: Family<Outcome, Counter>,
    commit: Histogram,
    batch: Histogram,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

const NEW: Outcome = Outcome { outcome: "new" };
const RETRIED: Outcome = Outcome { outcome: "retried" };
const NOT_STORED: Outcome = Outcome { outcome: "not_stored" };

impl OutboxMetrics {
    /// Registers the names.
    pub fn register(registry: &mut Registry) -> Arc<Self> {
        let batches = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
        let metrics = Self {
            deposits: Family::default(),
            commit: Histogram::new(time_buckets()),
            batch: Histogram::new(batches),
        };
        for outcome in [NEW, RETRIED, NOT_STORED] {
            // There from the start, so that a rate can be taken
            drop(metrics.deposits.get_or_create(&outcome));
        }
        let description = "Deposits that came to a commit: new, there already (retried), or not stored";
        registry.register("deposits", description, metrics.deposits.clone());
        let description = "Time of one transaction of the outbox";
        registry.register_with_unit("outbox_commit", description, Unit::Seconds, metrics.commit.clone());
        let description = "Deposits in one transaction of the outbox";
        registry.register("outbox_batch_deposits", description, metrics.batch.clone());
        Arc::new(metrics)
    }

    fn count(&self, outcome: &Outcome, number: u64) {
        self.deposits.get_or_create(outcome).inc_by(number);
    }
}

impl WriterObserver for OutboxMetrics {
    fn committed(&self, deposits: usize, new: u64, took: Duration) {
        self.count(&NEW, new);
        self.count(&RETRIED, (deposits as u64).saturating_sub(new));
        self.commit.observe(took.as_secs_f64());
        self.batch.observe(f64::from(u32::try_from(deposits).unwrap_or(u32::MAX)));
    }

    fn failed(&self, deposits: usize) {
        self.count(&NOT_STORED, deposits as u64);
    }
}

/// Registers what is looked up when somebody asks: what waits, what memory is taken, how the manifest and the
/// timestamp note are.
pub fn register_state(
    metrics: &mut Metrics,
    ingest: Arc<Ingest>,
    outbox: OutboxWriter,
    memory: Memory,
    memory_ceiling: u64,
) {
    let gauge = |metrics: &mut Metrics, name: &str, help: &str, unit: Option<Unit>| {
        let gauge = Gauge::<i64>::default();
        match unit {
            Some(unit) => metrics.registry().register_with_unit(name, help, unit, gauge.clone()),
            None => metrics.registry().register(name, help, gauge.clone()),
        }
        gauge
    };
    let ceiling = gauge(metrics, "memory_ceiling", "Memory that the process stays below", Some(Unit::Bytes));
    ceiling.set(number(memory_ceiling));
    let deposits = gauge(metrics, "outbox_waiting_deposits", "Deposits that no transaction has begun with", None);
    let bytes = gauge(metrics, "outbox_waiting", "Size of the deposits that are not committed", Some(Unit::Bytes));
    let bodies = gauge(metrics, "bodies", "Memory that bodies of requests take up", Some(Unit::Bytes));
    let help = "Age of the timestamp note that is handed out; -1 when none can be";
    let age = gauge(metrics, "timestamp_age", help, Some(Unit::Seconds));
    let keys = KeyGauges::register(metrics);
    ingest.reports.register(metrics.registry());
    let help = "Place of the last entry of the roster of admins that the timestamp note names; -1 when it names none";
    let roster = gauge(metrics, "roster_sequence", help, None);
    let refused: Counter = Counter::default();
    metrics.registry().register("roster_refused", "Rosters of admins that were not taken", refused.clone());
    metrics.before_answer(move || {
        let published = ingest.published().ok();
        keys.set(published.as_ref().map(|published| published.current.manifest()), ingest.clock.now());
        let watch = ingest.roster.as_ref();
        roster.set(watch.and_then(RosterWatch::seen).map_or(-1, |seen| number(seen.sequence)));
        // The watch counts; here it is only shown
        refused.inner().store(watch.map_or(0, RosterWatch::refused), Ordering::Relaxed);
        let waiting = outbox.waiting();
        deposits.set(number(waiting.deposits as u64));
        bytes.set(number(waiting.bytes as u64));
        bodies.set(number(memory.taken() as u64));
        age.set(ingest.timestamp_age().map_or(-1, number));
    });
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
