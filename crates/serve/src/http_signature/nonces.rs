use std::collections::BTreeSet;

use nightsafe_core::time::UnixTime;

use super::Refusal;
use super::params::{Nonce, Params, WINDOW};

/// Signatures that are remembered at once. A vault makes a few a second; only a holder of a key can fill this.
const CAPACITY: usize = 1 << 16;

/// Remembers signatures for as long as they would be good, so that each is good once.
#[derive(Debug)]
pub(super) struct Nonces {
    seen: BTreeSet<(u64, Nonce)>,
    /// What was created before this time is not good, because what was seen of it may be forgotten. Only goes up, so
    /// that a clock that is set back, or a restart, makes no old request good again.
    floor: u64,
    capacity: usize,
}

impl Nonces {
    /// Empty: everything before `now` may have been seen by the process before this one.
    pub(super) fn new(now: UnixTime) -> Self {
        Self { seen: BTreeSet::new(), floor: now.seconds(), capacity: CAPACITY }
    }

    /// Whether the time is near enough, without remembering anything.
    pub(super) fn check_time(&mut self, params: &Params, now: UnixTime) -> Result<(), Refusal> {
        let now = now.seconds();
        self.floor = self.floor.max(now.saturating_sub(WINDOW));
        if params.created < self.floor || params.created > now.saturating_add(WINDOW) {
            return Err(Refusal::Time);
        }
        Ok(())
    }

    /// Takes a signature that has been verified.
    pub(super) fn take(&mut self, params: &Params) -> Result<(), Refusal> {
        self.seen = self.seen.split_off(&(self.floor, [0; 16]));
        let key = (params.created, params.nonce);
        if self.seen.contains(&key) {
            return Err(Refusal::Replayed);
        }
        // Forgetting one would make it good again
        if self.seen.len() >= self.capacity {
            return Err(Refusal::Full);
        }
        self.seen.insert(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: u64 = 1_000_000;

    fn admit(nonces: &mut Nonces, nonce: u8, created: u64, now: u64) -> Result<(), Refusal> {
        let params = Params { created, nonce: [nonce; 16], key: [0; 4] };
        nonces.check_time(&params, UnixTime::from_seconds(now))?;
        nonces.take(&params)
    }

    fn nonces() -> Nonces {
        Nonces::new(UnixTime::from_seconds(START))
    }

    #[test]
    fn the_window_has_two_sides_and_its_edges_are_inside() {
        let now = START + 1000;
        for (created, good) in
            [(now - WINDOW, true), (now - WINDOW - 1, false), (now + WINDOW, true), (now + WINDOW + 1, false)]
        {
            assert_eq!(admit(&mut nonces(), 0, created, now).is_ok(), good, "{created}");
        }
    }

    #[test]
    fn what_was_signed_before_the_start_is_refused() {
        assert_eq!(admit(&mut nonces(), 0, START - 1, START), Err(Refusal::Time));
        assert_eq!(admit(&mut nonces(), 0, START, START), Ok(()));
    }

    #[test]
    fn a_clock_that_jumps_on_and_back_makes_nothing_good_again() {
        let mut nonces = nonces();
        assert_eq!(admit(&mut nonces, 1, START, START), Ok(()));
        assert_eq!(admit(&mut nonces, 2, START + 5000, START + 5000), Ok(()));
        assert_eq!(admit(&mut nonces, 1, START, START), Err(Refusal::Time));
        assert_eq!(admit(&mut nonces, 2, START + 5000, START + 5000), Err(Refusal::Replayed));
    }

    #[test]
    fn a_full_memory_forgets_nothing() {
        let mut nonces = Nonces { capacity: 2, ..nonces() };
        assert_eq!(admit(&mut nonces, 1, START, START), Ok(()));
        assert_eq!(admit(&mut nonces, 2, START, START), Ok(()));
        assert_eq!(admit(&mut nonces, 3, START, START), Err(Refusal::Full));
        assert_eq!(admit(&mut nonces, 1, START, START), Err(Refusal::Replayed));
        let later = START + WINDOW + 1;
        assert_eq!(admit(&mut nonces, 3, later, later), Ok(()));
        assert_eq!(nonces.seen.len(), 1);
    }

    proptest! {
        /// However the clock moves, no signature is taken twice.
        #[test]
        fn nothing_is_taken_twice(requests in proptest::collection::vec((0_u8..4, 0_u64..200, 0_u64..200), 1..60)) {
            let mut nonces = nonces();
            let mut taken = BTreeSet::new();
            for (nonce, created, now) in requests {
                if admit(&mut nonces, nonce, START + created, START + now).is_ok() {
                    prop_assert!(taken.insert((nonce, created)));
                }
            }
        }
    }
}
