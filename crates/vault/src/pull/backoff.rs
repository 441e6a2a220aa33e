use std::time::Duration;

/// How long to wait after the n-th failure in a row: twice as long each time up to a limit, and of that a random part
/// between half and all, so that several vaults do not come back at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure, at most.
    pub first: Duration,
    /// After many.
    pub longest: Duration,
}

/// One second, up to one minute.
impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(60) }
    }
}

impl Backoff {
    /// The wait after `failures` in a row (1 is the first). `random` is uniform.
    pub fn wait(&self, failures: u32, random: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let most = self.first.saturating_mul(1 << doublings).min(self.longest);
        let half = most / 2;
        half.saturating_add(half.mul_f64(f64::from(random) / f64::from(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_up_to_the_limit() {
        let backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(60) };
        let most: Vec<u64> = (1..9).map(|failures| backoff.wait(failures, u32::MAX).as_secs()).collect();
        assert_eq!(most, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.wait(3, 0), Duration::from_secs(2));
        assert_eq!(backoff.wait(u32::MAX, 0), Duration::from_secs(30));
    }

    proptest! {
        #[test]
        fn every_wait_is_between_half_and_all(failures in 1_u32.., random: u32) {
            let backoff = Backoff::default();
            let most = backoff.wait(failures, u32::MAX);
            prop_assert!(most <= backoff.longest && most >= backoff.first);
            let wait = backoff.wait(failures, random);
            prop_assert!(wait >= most / 2 && wait <= most);
        }
    }
}
