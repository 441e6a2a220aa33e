//! How often sign-in may be tried: token buckets for a name at one address, for one address, and for all.
//!
//! A name alone has no bucket: whoever knows an admin's name could empty it from anywhere and keep him out.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use nightsafe_core::time::UnixTime;
use nightsafe_serve::limits::Client;

/// A bucket's size and how fast it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimits {
    /// Attempts that one name may make at once from one address.
    pub per_user: u32,
    /// Seconds until one of them comes back.
    pub per_user_seconds: u64,
    /// Attempts that one address may make at once, of whatever names.
    pub per_client: u32,
    /// Seconds until one of them comes back.
    pub per_client_seconds: u64,
    /// Attempts that all together may make at once.
    pub global: u32,
    /// Seconds until one of them comes back.
    pub global_seconds: u64,
}

/// 10 attempts a name at one address, one more every 30 seconds; 20 an address, one more every 15 seconds; 60 in all,
/// one more every second.
impl Default for LoginLimits {
    fn default() -> Self {
        Self {
            per_user: 10,
            per_user_seconds: 30,
            per_client: 20,
            per_client_seconds: 15,
            global: 60,
            global_seconds: 1,
        }
    }
}

/// Counts attempts, of names that exist and of names that do not alike. The global bucket also bounds how many names
/// and addresses can be counted at a time, since one whose bucket is full again is forgotten.
#[derive(Debug)]
pub(crate) struct LoginLimiter {
    limits: LoginLimits,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    global: Bucket,
    clients: HashMap<Client, Bucket>,
    /// A request whose address is not known shares its name's bucket with all others of that kind.
    users: HashMap<(Option<Client>, String), Bucket>,
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
    /// others.
    pub(crate) fn admit(&self, client: Option<Client>, user: &str, now: UnixTime) -> bool {
        let now = now.seconds();
        // The buckets stay meaningful whatever a panicking thread left
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.admit(&self.limits, client, user, now).is_some()
    }
}

impl Buckets {
    fn admit(&mut self, limits: &LoginLimits, client: Option<Client>, user: &str, now: u64) -> Option<()> {
        let all = self.global.after_one(now, limits.global, limits.global_seconds)?;
        let user = (client, user.to_owned());
        let of_user = of(&self.users, &user).after_one(now, limits.per_user, limits.per_user_seconds)?;
        if let Some(client) = client {
            let one = of(&self.clients, &client).after_one(now, limits.per_client, limits.per_client_seconds)?;
            keep(&mut self.clients, client, one, now);
        }
        keep(&mut self.users, user, of_user, now);
        self.global = all;
        Some(())
    }
}

fn of<K: Hash + Eq>(buckets: &HashMap<K, Bucket>, key: &K) -> Bucket {
    buckets.get(key).copied().unwrap_or_default()
}

fn keep<K: Hash + Eq>(buckets: &mut HashMap<K, Bucket>, key: K, bucket: Bucket, now: u64) {
    buckets.retain(|_, bucket| bucket.full_at > now);
    buckets.insert(key, bucket);
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
    const LIMITS: LoginLimits = LoginLimits {
        per_user: 3,
        per_user_seconds: 10,
        per_client: 4,
        per_client_seconds: 5,
        global: 9,
        global_seconds: 1,
    };

    fn client(number: u8) -> Option<Client> {
        Some(Client::of([192, 0, 2, number].into()))
    }

    #[test]
    fn a_name_at_one_address_has_its_own_bucket_which_fills_again() {
        let limiter = LoginLimiter::new(LIMITS);
        for _ in 0..3 {
            assert!(limiter.admit(client(1), "a", NOW));
        }
        assert!(!limiter.admit(client(1), "a", NOW));
        assert!(limiter.admit(client(1), "b", NOW));
        assert!(!limiter.admit(client(1), "a", NOW.plus(9)));
        assert!(limiter.admit(client(1), "a", NOW.plus(10)));
        assert!(!limiter.admit(client(1), "a", NOW.plus(10)));
    }

    #[test]
    fn nobody_keeps_an_admin_out_from_one_other_address() {
        let limiter = LoginLimiter::new(LIMITS);
        let names = ["admin", "b", "c", "d", "e", "f", "g", "h"];
        for second in 0..100 {
            for name in names {
                limiter.admit(client(1), name, NOW.plus(second));
            }
            assert!(second % 10 > 0 || limiter.admit(client(2), "admin", NOW.plus(second)), "{second}");
        }
    }

    #[test]
    fn one_address_has_a_bucket_for_all_its_names() {
        let limiter = LoginLimiter::new(LIMITS);
        let admitted = (0..100).filter(|number| limiter.admit(client(1), &number.to_string(), NOW)).count();
        assert_eq!(admitted, 4);
        assert!(!limiter.admit(client(1), "new", NOW.plus(4)));
        assert!(limiter.admit(client(1), "new", NOW.plus(5)));
    }

    #[test]
    fn all_share_one_bucket() {
        let limiter = LoginLimiter::new(LIMITS);
        for number in 0..9 {
            assert!(limiter.admit(client(number), "a", NOW));
        }
        assert!(!limiter.admit(client(9), "a", NOW));
        assert!(limiter.admit(client(9), "a", NOW.plus(1)));
    }

    #[test]
    fn an_attempt_that_one_bucket_refuses_takes_nothing_from_the_others() {
        let limiter = LoginLimiter::new(LIMITS);
        let admitted = (0..100).filter(|_| limiter.admit(client(1), "a", NOW)).count();
        assert_eq!(admitted, 3);
        // The address has one left, and all have six
        assert!(limiter.admit(client(1), "b", NOW));
        assert!((2..7).all(|number| limiter.admit(client(number), "a", NOW)));
        assert!(!limiter.admit(client(7), "a", NOW));
    }

    #[test]
    fn an_address_that_is_not_known_has_no_bucket_of_its_own() {
        let limiter = LoginLimiter::new(LIMITS);
        let admitted = (0..100).filter(|number| limiter.admit(None, &number.to_string(), NOW)).count();
        assert_eq!(admitted, 9);
    }

    #[test]
    fn names_and_addresses_are_forgotten_when_their_bucket_is_full() {
        let limiter = LoginLimiter::new(LIMITS);
        for number in 0..1000_u64 {
            let client = Some(Client::of(std::net::Ipv4Addr::from_bits(u32::try_from(number).unwrap()).into()));
            limiter.admit(client, &number.to_string(), NOW.plus(number));
        }
        let buckets = limiter.buckets.lock().unwrap();
        assert!(buckets.users.len() <= 11 && buckets.clients.len() <= 6);
    }
}
