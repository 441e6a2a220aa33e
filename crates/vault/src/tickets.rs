//! What somebody has shown a moment ago, and may go on with for a while: in memory only, so that a restart of the vault ends it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use nightsafe_core::time::UnixTime;

/// Seconds until it ends: long enough to print a page, or to think of a passphrase.
pub(crate) const LIFETIME: u64 = 900;

/// How many may wait. Each took a passphrase or a code that was right.
const CAPACITY: usize = 512;

/// Each for a key of 32 bytes that nobody can guess.
pub(crate) struct Tickets<T>(Mutex<HashMap<[u8; 32], (T, UnixTime)>>);

impl<T: Clone> Tickets<T> {
    /// Gives one out, in the place of the one before for this key; false when too many wait.
    pub(crate) fn give(&self, key: [u8; 32], value: T, now: UnixTime) -> bool {
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|_, (_, given)| now < given.plus(LIFETIME));
        if tickets.len() >= CAPACITY && !tickets.contains_key(&key) {
            return false;
        }
        tickets.insert(key, (value, now));
        true
    }

    /// What was given out for this key, if it has not ended.
    pub(crate) fn shown(&self, key: &[u8; 32], now: UnixTime) -> Option<T> {
        let tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.get(key).filter(|(_, given)| now < given.plus(LIFETIME)).map(|(value, _)| value.clone())
    }

    /// It is used up.
    pub(crate) fn end(&self, key: &[u8; 32]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

impl<T> Default for Tickets<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> fmt::Debug for Tickets<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_000_000);

    #[test]
    fn one_is_good_for_its_time_and_until_it_is_used() {
        let tickets = Tickets::default();
        assert!(tickets.give([1; 32], "a", NOW) && tickets.give([2; 32], "b", NOW));
        assert_eq!(tickets.shown(&[1; 32], NOW.plus(LIFETIME - 1)), Some("a"));
        assert_eq!(tickets.shown(&[1; 32], NOW.plus(LIFETIME)), None);
        assert_eq!(tickets.shown(&[3; 32], NOW), None);
        assert!(tickets.give([1; 32], "c", NOW.plus(9)));
        assert_eq!(tickets.shown(&[1; 32], NOW.plus(LIFETIME)), Some("c"));
        tickets.end(&[1; 32]);
        assert_eq!((tickets.shown(&[1; 32], NOW), tickets.shown(&[2; 32], NOW)), (None, Some("b")));
    }

    #[test]
    fn the_number_is_bounded_and_old_ones_make_room() {
        let tickets = Tickets::default();
        for number in 0..CAPACITY {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_be_bytes());
            assert!(tickets.give(key, number, NOW));
        }
        assert!(!tickets.give([0xff; 32], 0, NOW));
        assert!(tickets.give([0; 32], 7, NOW), "one's own again");
        assert!(tickets.give([0xff; 32], 0, NOW.plus(LIFETIME)));
        assert_eq!(tickets.0.lock().unwrap().len(), 1);
    }
}
