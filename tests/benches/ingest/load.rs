//! Keeping every connection of either side busy, and what that gave.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nightsafe_core::time::Day;
use nightsafe_tests::deposits::{Copy, Stencil};
use nightsafe_tests::http::Connection;
use tokio::task::JoinSet;

use crate::Size;
use crate::supply::Supply;

/// One connection that stores deposits, one after the other.
pub(crate) trait Sink: Send + 'static {
    /// Returns when the deposit is committed.
    fn store(&mut self, copy: &Copy, stencil: &Stencil) -> impl Future<Output = ()> + Send;
}

/// What one measurement gave.
pub(crate) struct Outcome {
    /// Deposits per second.
    pub(crate) rate: f64,
    /// Milliseconds of each; ascending.
    pub(crate) latencies: Vec<f64>,
}

/// Drives the sinks until the time is over.
pub(crate) async fn drive<S: Sink>(sinks: Vec<S>, supply: &Arc<Supply>, size: Size) -> Outcome {
    let next = Arc::new(AtomicUsize::new(0));
    let begin = Instant::now() + size.warm_up;
    let end = begin + size.time;
    let mut tasks = JoinSet::new();
    for mut sink in sinks {
        let (next, supply) = (Arc::clone(&next), Arc::clone(supply));
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let (copy, stencil) = supply.get(next.fetch_add(1, Ordering::Relaxed));
                let start = Instant::now();
                sink.store(copy, stencil).await;
                let now = Instant::now();
                if now > end {
                    return latencies;
                }
                if now > begin {
                    latencies.push(milliseconds(now - start));
                }
            }
        });
    }
    let mut latencies = tasks.join_all().await.concat();
    latencies.sort_by(f64::total_cmp);
    Outcome { rate: latencies.len() as f64 / size.time.as_secs_f64(), latencies }
}

/// Deposits over HTTP.
impl Sink for Connection {
    async fn store(&mut self, copy: &Copy, stencil: &Stencil) {
        let answer = self.post_deposit(&copy.head, stencil.tail()).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
}

/// Today, as the database has it.
pub(crate) fn today() -> String {
    let today: Day = nightsafe_tests::deposits::now().day();
    today.to_text()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
