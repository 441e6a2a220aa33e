use std::sync::atomic::{AtomicU64, Ordering};

use nightsafe_core::time::UnixTime;

use super::Pulled;

/// What a [`Puller`](super::Puller) has done since the process began, for metrics. Counts never go down; times are
/// Unix seconds.
#[derive(Debug)]
pub struct Progress {
    stored: AtomicU64,
    already_there: AtomicU64,
    quarantined: AtomicU64,
    failures: AtomicU64,
    succeeded: AtomicU64,
    caught_up: AtomicU64,
    drained: AtomicU64,
}

/// [`Progress`] at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgressNow {
    /// Deposits that were new in the vault.
    pub stored: u64,
    /// Deposits that were there already.
    pub already_there: u64,
    /// Deposits that went into quarantine.
    pub quarantined: u64,
    /// Steps that failed.
    pub failures: u64,
    /// When a step last succeeded; `None` until one has.
    pub succeeded: Option<u64>,
    /// Seconds since the queue was last seen to its end, or since the start.
    pub lag: u64,
}

impl Progress {
    /// Nothing yet.
    pub fn new(now: UnixTime) -> Self {
        Self {
            stored: AtomicU64::new(0),
            already_there: AtomicU64::new(0),
            quarantined: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            succeeded: AtomicU64::new(0),
            caught_up: AtomicU64::new(now.seconds()),
            drained: AtomicU64::new(0),
        }
    }

    /// As it is at `now`.
    pub fn at(&self, now: UnixTime) -> ProgressNow {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ProgressNow {
            stored: read(&self.stored),
            already_there: read(&self.already_there),
            quarantined: read(&self.quarantined),
            failures: read(&self.failures),
            succeeded: Some(read(&self.succeeded)).filter(|&at| at > 0),
            lag: now.seconds().saturating_sub(read(&self.caught_up)),
        }
    }

    /// When the queue was last seen to its end; `None` until it was.
    pub fn drained(&self) -> Option<UnixTime> {
        Some(self.drained.load(Ordering::Relaxed)).filter(|&at| at > 0).map(UnixTime::from_seconds)
    }

    pub(super) fn succeed(&self, pulled: &Pulled, now: UnixTime) {
        for (counter, count) in [
            (&self.stored, pulled.stored),
            (&self.already_there, pulled.already_there),
            (&self.quarantined, pulled.quarantined),
        ] {
            counter.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        self.succeeded.store(now.seconds(), Ordering::Relaxed);
        if !pulled.more {
            self.caught_up.store(now.seconds(), Ordering::Relaxed);
            self.drained.store(now.seconds(), Ordering::Relaxed);
        }
    }

    pub(super) fn fail(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }
}
