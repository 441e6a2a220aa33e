//! What the vault counts besides its requests; `docs/API.md` lists the names.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nightsafe_serve::clock::Clock;
use nightsafe_serve::metrics::Metrics;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;

use crate::Progress;

type UnsignedGauge = Gauge<u64, AtomicU64>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

const NEW: Outcome = Outcome { outcome: "new" };
const ALREADY_THERE: Outcome = Outcome { outcome: "already_there" };

/// Registers what a puller does. Alarm when `quarantined` grows, and when `pull_lag` stays high.
pub fn register(metrics: &mut Metrics, progress: Arc<Progress>, clock: Arc<dyn Clock>) {
    let registry = metrics.registry();
    let taken = Family::<Outcome, Counter>::default();
    let help = "Deposits taken from the outbox: new, or taken once before (already_there)";
    registry.register("taken_deposits", help, taken.clone());
    let (new, already_there) = (taken.get_or_create_owned(&NEW), taken.get_or_create_owned(&ALREADY_THERE));
    let quarantined: Counter = Counter::default();
    registry.register("quarantined", "Deposits that could not be taken in and were put aside", quarantined.clone());
    let failures: Counter = Counter::default();
    registry.register("pull_failures", "Times that no deposits could be taken", failures.clone());
    let lag = UnsignedGauge::default();
    let help = "Time since the outbox was last seen to its end";
    registry.register_with_unit("pull_lag", help, Unit::Seconds, lag.clone());
    let success = UnsignedGauge::default();
    let help = "When the outbox last answered, as Unix time; 0 until it has";
    registry.register_with_unit("pull_success_timestamp", help, Unit::Seconds, success.clone());
    metrics.before_answer(move || {
        let now = progress.at(clock.now());
        for (counter, value) in [
            (&new, now.stored),
            (&already_there, now.already_there),
            (&quarantined, now.quarantined),
            (&failures, now.failures),
        ] {
            // The progress counts; here it is only shown
            counter.inner().store(value, Ordering::Relaxed);
        }
        lag.set(now.lag);
        success.set(now.succeeded.unwrap_or(0));
    });
}
