use std::time::Duration;

use serde::Deserialize;

/// A token bucket: so many requests a second in the long run, so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Requests a second; 0 takes none away.
    pub per_second: u32,
    /// Requests at once, at least 1.
    pub burst: u32,
}

/// The state of one bucket, as the time when it is full again (the generic cell rate algorithm): a bucket whose time
/// has passed is like one that was never there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket {
    full_at: Duration,
}

impl Bucket {
    /// Takes one request out, or tells how long to wait for one. `now` is the time since some fixed moment.
    pub(super) fn take(&mut self, rate: Rate, now: Duration) -> Result<(), Duration> {
        let Some(interval) = Duration::from_secs(1).checked_div(rate.per_second) else { return Ok(()) };
        let depth = interval.saturating_mul(rate.burst.max(1));
        let next = self.full_at.max(now).saturating_add(interval);
        match next.checked_sub(now.saturating_add(depth)) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                self.full_at = next;
                Ok(())
            }
        }
    }

    pub(super) fn is_full(&self, now: Duration) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 10, burst: 3 };

    fn milliseconds(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    #[test]
    fn a_burst_then_the_rate() {
        let mut bucket = Bucket::default();
        let start = milliseconds(5000);
        for _ in 0..3 {
            assert_eq!(bucket.take(RATE, start), Ok(()));
        }
        assert_eq!(bucket.take(RATE, start), Err(milliseconds(100)));
        assert_eq!(bucket.take(RATE, milliseconds(5060)), Err(milliseconds(40)));
        assert_eq!(bucket.take(RATE, milliseconds(5100)), Ok(()));
        assert!(bucket.take(RATE, milliseconds(5100)).is_err());
        assert!(!bucket.is_full(milliseconds(5399)));
        assert!(bucket.is_full(milliseconds(5400)));
    }

    #[test]
    fn a_refused_request_costs_nothing() {
        let mut bucket = Bucket::default();
        let taken = (0..10_000).filter(|ms| bucket.take(RATE, milliseconds(*ms)).is_ok()).count();
        assert_eq!(taken, 102); // 3 at once, then 10 a second
    }

    #[test]
    fn zero_is_no_limit() {
        let mut bucket = Bucket::default();
        assert!((0..1000).all(|_| bucket.take(Rate { per_second: 0, burst: 0 }, Duration::ZERO).is_ok()));
    }
}
