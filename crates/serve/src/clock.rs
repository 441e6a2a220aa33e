//! The time: the only place that asks the system for it.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use nightsafe_core::time::UnixTime;

/// Tells the time. Everything that needs it takes one of these or a [`UnixTime`].
pub trait Clock: Debug + Send + Sync + 'static {
    /// Now.
    fn now(&self) -> UnixTime;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        #[expect(clippy::disallowed_methods, reason = "this is the one place")]
        let now = SystemTime::now();
        // Before 1970 every manifest is not valid yet, which is what a dead clock should give
        let since = now.duration_since(SystemTime::UNIX_EPOCH);
        UnixTime::from_seconds(since.map_or(0, |duration| duration.as_secs()))
    }
}

/// A clock that stands still until it is set: for tests.
#[derive(Debug)]
pub struct FixedClock(AtomicU64);

impl FixedClock {
    /// Stands at `now`.
    pub fn new(now: UnixTime) -> Self {
        Self(AtomicU64::new(now.seconds()))
    }

    /// Stands at `now` from here on.
    pub fn set(&self, now: UnixTime) {
        self.0.store(now.seconds(), Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_where_it_is_put() {
        let clock = FixedClock::new(UnixTime::from_seconds(5));
        assert_eq!(clock.now().seconds(), 5);
        clock.set(UnixTime::from_seconds(9));
        assert_eq!(clock.now().seconds(), 9);
    }

    #[test]
    fn the_system_clock_is_past_2026() {
        assert!(SystemClock.now() > UnixTime::parse("2026-01-01T00:00:00Z").unwrap());
    }
}
