//! Moving deposits from the outbox into the vault.
//!
//! Commit first, acknowledge then: a crash in between leaves deposits in both, and the next step finds them
//! [`Outcome::AlreadyThere`] and acknowledges them. Nothing is ever in neither.

mod backoff;
mod progress;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use nightsafe_core::encoding;
use nightsafe_core::scalar::Site;
use nightsafe_serve::clock::Clock;
use nightsafe_store::StoreError;
use nightsafe_store::vault::{Arrival, Outcome, VaultStore};
use tokio::sync::Notify;

use crate::intake;
use crate::source::{Batch, Source, SourceError, Taken};

pub use backoff::Backoff;
pub use progress::{Progress, ProgressNow};

/// Deposits of one vault transaction.
const BATCH: u32 = 256;

/// Takes deposits out of a [`Source`], a batch at a time.
#[derive(Debug)]
pub struct Puller<S> {
    source: S,
    store: VaultStore,
    site: Site,
    batch: u32,
}

/// What one step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Deposits that are new in the vault.
    pub stored: usize,
    /// Deposits that an earlier step, or an earlier run, had committed already.
    pub already_there: usize,
    /// Deposits that went into quarantine.
    pub quarantined: usize,
    /// Whether more may wait.
    pub more: bool,
}

/// Why a step failed. Nothing is lost: the next one does it again.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// Where deposits come from.
    #[error("{0}")]
    Source(#[from] SourceError),
    /// Where they go.
    #[error("{0}")]
    Vault(#[from] StoreError),
}

/// Ready when the time has passed.
pub type Pause = Box<dyn FnMut(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// When [`Puller::run`] takes its steps.
pub struct Schedule {
    /// A step is taken whenever this is notified,
    pub wake: Arc<Notify>,
    /// and after this time at the latest,
    pub interval: Duration,
    /// but after a failure only when this has passed.
    pub backoff: Backoff,
    /// Uniform numbers, for the backoff.
    pub random: Box<dyn FnMut() -> u32 + Send>,
    /// Lets time pass.
    pub pause: Pause,
    /// Tells the time that is written into the progress.
    pub clock: Arc<dyn Clock>,
}

impl<S: Source> Puller<S> {
    /// For deposits of `site`.
    pub fn new(source: S, store: VaultStore, site: Site) -> Self {
        Self { source, store, site, batch: BATCH }
    }

    /// Takes at most so many deposits a step.
    #[must_use]
    pub fn with_batch(self, batch: u32) -> Self {
        Self { batch: batch.max(1), ..self }
    }

    /// Takes one batch: one vault transaction, then the acknowledgement.
    ///
    /// # Errors
    /// [`PullError`]: nothing is lost, the next step does it again.
    pub async fn step(&self) -> Result<Pulled, PullError> {
        let batch = self.source.next_batch(self.batch).await?;
        self.take(batch).await
    }

    /// Steps by the schedule until `shutdown` is ready. What was taken by then is committed and acknowledged; a
    /// question to the source is given up.
    pub async fn run(self, mut schedule: Schedule, progress: Arc<Progress>, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut failures = 0_u32;
        loop {
            let wait = match self.step_until(shutdown.as_mut()).await {
                None => break,
                Some(Ok(pulled)) => {
                    failures = 0;
                    progress.succeed(&pulled, schedule.clock.now());
                    // A source that promises more and gives nothing new gets no more questions than an empty one
                    if pulled.more && pulled.stored > 0 {
                        continue;
                    }
                    schedule.interval
                }
                Some(Err(error)) => {
                    failures = failures.saturating_add(1);
                    progress.fail();
                    let wait = schedule.backoff.wait(failures, (schedule.random)());
                    let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                    tracing::error!(%error, failures, milliseconds, "deposits were not taken; they stay in the outbox");
                    wait
                }
            };
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                // What arrives is no reason to press a source that has failed
                () = schedule.wake.notified(), if failures == 0 => {}
                () = (schedule.pause)(wait) => {}
            }
        }
        self.close().await;
    }

    /// Ends what is open to the source; when this returns, nothing of ours holds its database.
    pub async fn close(self) {
        self.source.close().await;
    }

    /// A step; `None` when the end came before there was anything to take.
    async fn step_until(&self, shutdown: Pin<&mut impl Future<Output = ()>>) -> Option<Result<Pulled, PullError>> {
        let batch = tokio::select! {
            biased;
            () = shutdown => return None,
            batch = self.source.next_batch(self.batch) => batch,
        };
        Some(match batch {
            Ok(batch) => self.take(batch).await,
            Err(error) => Err(error.into()),
        })
    }

    async fn take(&self, batch: Batch) -> Result<Pulled, PullError> {
        let (pulled, taken) = self.commit(batch).await?;
        if !taken.is_empty() {
            self.source.acknowledge(&taken).await?;
        }
        Ok(pulled)
    }

    /// The first half of a step. What it gives back is safe to acknowledge.
    async fn commit(&self, batch: Batch) -> Result<(Pulled, Vec<Taken>), StoreError> {
        let mut pulled = Pulled { more: batch.more, ..Pulled::default() };
        if batch.rows.is_empty() {
            return Ok((pulled, Vec::new()));
        }
        let arrivals: Vec<Arrival> = batch.rows.into_iter().map(|row| intake::arrival(row, &self.site)).collect();
        let outcomes = self.store.take_in(&arrivals).await?;
        for (arrival, outcome) in arrivals.iter().zip(outcomes) {
            match outcome {
                Outcome::Stored => pulled.stored = pulled.stored.saturating_add(1),
                Outcome::AlreadyThere => pulled.already_there = pulled.already_there.saturating_add(1),
                Outcome::Quarantined(reason) => {
                    pulled.quarantined = pulled.quarantined.saturating_add(1);
                    tracing::error!(
                        deposit = encoding::hex(&arrival.deposit_id),
                        reason = reason.as_str(),
                        "a deposit is in quarantine: it could not be taken in; it is kept whole"
                    );
                }
            }
        }
        tracing::info!(
            stored = pulled.stored,
            already_there = pulled.already_there,
            quarantined = pulled.quarantined,
            "deposits taken from the outbox"
        );
        let taken = arrivals.iter().map(|one| Taken { deposit_id: one.deposit_id, content: one.body_hash });
        Ok((pulled, taken.collect()))
    }
}

impl Schedule {
    /// Every `interval`, or when `wake` is notified, with the usual backoff.
    pub fn every(interval: Duration, wake: Arc<Notify>, clock: Arc<dyn Clock>) -> Self {
        let pause: Pause = Box::new(|time| Box::pin(tokio::time::sleep(time)));
        Self { wake, interval, backoff: Backoff::default(), random: Box::new(random), pause, clock }
    }
}

/// Without randomness the waits are the longest: the jitter is not what keeps anything safe.
fn random() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX)
}

impl std::fmt::Debug for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schedule").field("interval", &self.interval).field("backoff", &self.backoff).finish()
    }
}
