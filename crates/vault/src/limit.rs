//! How often sign-in may be tried: a token bucket for each name, and one for all.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use nightsafe_core::time::UnixTime;

/// A bucket's size and how fast it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimits {
    /// Attempts that one name may make at once.
    pub per_user: u32,
    /// Seconds until one of them comes back.
    pub per_user_seconds: u64,
    /// Attempts that all names together may make at once.
    pub global: u32,
    /// Seconds until one of them comes back.
    pub global_seconds: u64,
}

/// 10 attempts a name, one more every 30 seconds; 60 in all, one more every second.
impl Default for LoginLimits {
    fn default() -> Self {
        Self { per_user: 10, per_user_seconds: 30, global: 60, global_seconds: 1 }
    }
}

/// Counts attempts, of names that exist and of names that do not alike. The global bucket also bounds how many names
/// can be counted at a time, since a name whose bucket is full again is forgotten.
#[derive(Debug)]
pub(crate) struct LoginLimiter {
    limits: LoginLimits,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    global: Bucket,
    users: HashMap<String, Bucket>,
}

/// When the bucket will be full again; each attempt moves that further away.
#[derive(Debug, Default, Clone, Copy)]
struct Bucket {
    full_at: u64,
}

impl LoginLimiter {
    pub(crate) fn new(limits: LoginLimits) -> Self {
        Self { limits, buckets: Mutex::default() }
    }

    /// Counts one attempt; false when it comes too soon. An attempt that one bucket refuses takes nothing from the
    /// other.
    pub(crate) fn admit(&self, user: &str, now: UnixTime) -> bool {
        let LoginLimits { per_user, per_user_seconds, global, global_seconds } = self.limits;
        let now = now.seconds();
        // The buckets stay meaningful whatever a panicking thread left
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(all) = buckets.global.after_one(now, global, global_seconds) else { return false };
        let one = buckets.users.get(user).copied().unwrap_or_default();
        let Some(one) = one.after_one(now, per_user, per_user_seconds) else { return false };
        buckets.global = all;
        buckets.users.retain(|_, bucket| bucket.full_at > now);
        buckets.users.insert(user.to_owned(), one);
        true
    }
}

impl Bucket {
    /// The bucket after one attempt, or `None` when it is empty.
    fn after_one(self, now: u64, size: u32, seconds: u64) -> Option<Self> {
        let full_at = self.full_at.max(now).saturating_add(seconds);
        let longest = now.saturating_add(u64::from(size).saturating_mul(seconds));
        (full_at <= longest).then_some(Self { full_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_000_000);
    const LIMITS: LoginLimits = LoginLimits { per_user: 3, per_user_seconds: 10, global: 5, global_seconds: 1 };

    #[test]
    fn a_name_has_its_own_bucket_which_fills_again() {
        let limiter = LoginLimiter::new(LIMITS);
        for _ in 0..3 {
            assert!(limiter.admit("a", NOW));
        }
        assert!(!limiter.admit("a", NOW));
        assert!(limiter.admit("b", NOW));
        assert!(!limiter.admit("a", NOW.plus(9)));
        assert!(limiter.admit("a", NOW.plus(10)));
        assert!(!limiter.admit("a", NOW.plus(10)));
    }

    #[test]
    fn all_names_share_one_bucket() {
        let limiter = LoginLimiter::new(LIMITS);
        for number in 0..5 {
            assert!(limiter.admit(&number.to_string(), NOW));
        }
        assert!(!limiter.admit("new", NOW));
        assert!(limiter.admit("new", NOW.plus(1)));
    }

    #[test]
    fn names_are_forgotten_when_their_bucket_is_full() {
        let limiter = LoginLimiter::new(LIMITS);
        for number in 0..1000 {
            limiter.admit(&number.to_string(), NOW.plus(number));
        }
        assert!(limiter.buckets.lock().unwrap().users.len() <= 11);
    }
}
