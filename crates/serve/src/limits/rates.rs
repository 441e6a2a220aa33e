use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Client;
use super::bucket::{Bucket, Rate};

/// How often may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// By one client.
    pub client: Rate,
    /// By all of them.
    pub all: Rate,
    /// Clients that are told apart at once; more share one bucket.
    pub clients: usize,
}

/// 20 a second and 200 at once for a client, 5000 and 10000 for all, 65536 clients.
impl Default for RateLimits {
    fn default() -> Self {
        Self {
            client: Rate { per_second: 20, burst: 200 },
            all: Rate { per_second: 5000, burst: 10_000 },
            clients: 65_536,
        }
    }
}

/// Too many requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Of this client.
    Client {
        /// Until there is room for one.
        wait: Duration,
    },
    /// Of all clients together.
    All {
        /// Until there is room for one.
        wait: Duration,
    },
}

/// Parts of the table, each behind a lock of its own.
const SHARDS: usize = 16;

/// Tells the time since some fixed moment.
struct Time(Box<dyn Fn() -> Duration + Send + Sync>);

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time(..)")
    }
}

/// The buckets of all clients.
#[derive(Debug)]
pub struct Rates {
    limits: RateLimits,
    time: Time,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
    all: Mutex<Bucket>,
}

#[derive(Debug, Default)]
struct Shard {
    buckets: HashMap<Client, Bucket>,
    /// Of everybody for whom there is no room.
    others: Bucket,
    swept: Duration,
}

/// How often a table without room is searched for buckets that are full again.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

impl Rates {
    /// With empty tables.
    pub fn new(limits: RateLimits) -> Self {
        let start = Instant::now();
        Self::with_time(limits, move || start.elapsed())
    }

    /// With empty tables, and another way to tell the time since some fixed moment.
    pub fn with_time(limits: RateLimits, time: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self {
            limits,
            time: Time(Box::new(time)),
            hasher: RandomState::new(),
            shards: Default::default(),
            all: Mutex::default(),
        }
    }

    /// Counts a request. One whose client is not known counts for all only.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn check(&self, client: Option<Client>) -> Result<(), Refused> {
        self.check_at(client, (self.time.0)())
    }

    fn check_at(&self, client: Option<Client>, now: Duration) -> Result<(), Refused> {
        if let Some(client) = client {
            // The client first: what it asks in vain must not count against all
            self.take(client, now).map_err(|wait| Refused::Client { wait })?;
        }
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.take(self.limits.all, now).map_err(|wait| Refused::All { wait })
    }

    fn take(&self, client: Client, now: Duration) -> Result<(), Duration> {
        let shards = SHARDS as u64;
        // The hash is keyed, so nobody can aim at a part
        let place = usize::try_from(self.hasher.hash_one(client) % shards).unwrap_or_default();
        let Some(shard) = self.shards.get(place) else { return Ok(()) };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.bucket(client, self.limits.clients.div_ceil(SHARDS), now).take(self.limits.client, now)
    }
}

impl Shard {
    fn bucket(&mut self, client: Client, room: usize, now: Duration) -> &mut Bucket {
        if self.buckets.len() >= room && now.saturating_sub(self.swept) >= SWEEP_EVERY {
            self.swept = now;
            self.buckets.retain(|_, bucket| !bucket.is_full(now));
        }
        if self.buckets.len() < room || self.buckets.contains_key(&client) {
            self.buckets.entry(client).or_default()
        } else {
            &mut self.others
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u32) -> Client {
        Client::of(std::net::IpAddr::V4(number.into()))
    }

    fn rates(clients: usize) -> Rates {
        let client = Rate { per_second: 1, burst: 2 };
        Rates::new(RateLimits { client, all: Rate { per_second: 100, burst: 50 }, clients })
    }

    #[test]
    fn one_clients_haste_does_not_slow_the_others() {
        let rates = rates(1000);
        let now = Duration::from_secs(9);
        for _ in 0..2 {
            assert_eq!(rates.check_at(Some(client(1)), now), Ok(()));
        }
        for _ in 0..500 {
            assert!(matches!(rates.check_at(Some(client(1)), now), Err(Refused::Client { .. })));
        }
        assert_eq!(rates.check_at(Some(client(2)), now), Ok(()));
    }

    #[test]
    fn all_together_have_a_limit() {
        let rates = rates(1000);
        let taken = (0..100).filter(|number| rates.check_at(Some(client(*number)), Duration::ZERO).is_ok()).count();
        assert_eq!(taken, 50);
        assert!(matches!(rates.check_at(None, Duration::ZERO), Err(Refused::All { .. })));
        assert_eq!(rates.check_at(None, Duration::from_secs(1)), Ok(()));
    }

    #[test]
    fn the_table_is_bounded_and_forgets_who_has_waited() {
        let unlimited = Rate { per_second: 0, burst: 0 };
        let slow = Rate { per_second: 1, burst: 1 };
        let rates = Rates::new(RateLimits { client: slow, all: unlimited, clients: 160 });
        let kept = || rates.shards.iter().map(|shard| shard.lock().unwrap().buckets.len()).sum::<usize>();
        let served = |from: u32, now: u64| {
            let now = Duration::from_secs(now);
            (from..from + 10_000).filter(|number| rates.check_at(Some(client(*number)), now).is_ok()).count()
        };
        // Everybody in the table, and one in each part's shared bucket
        assert_eq!(served(0, 5), 176);
        assert_eq!(kept(), 160);
        assert_eq!(served(50_000, 20), 176);
        assert_eq!(kept(), 160);
    }
}
