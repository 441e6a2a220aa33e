//! Challenges for passkeys, between asking and answering: in memory only, good once and not for long.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use nightsafe_core::time::UnixTime;

/// Seconds until one must be answered: time to find a telephone.
pub(crate) const LIFETIME: u64 = 300;

/// How many may wait. The limiter lets fewer be asked in [`LIFETIME`] unless its limits were raised.
const CAPACITY: usize = 512;

/// 32 bytes that nobody can guess: who shows one knows it from the vault's answer.
pub(crate) type Challenge = [u8; 32];

/// What an answer is for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Who has shown the passphrase, and the record that it was held against.
    Second { user: String, record: Vec<u8> },
    /// Anybody who wants to sign in by a passkey alone.
    SignIn,
    /// The session, by its token's hash, in which a passkey is added.
    New { session: [u8; 32] },
}

#[derive(Default)]
pub(crate) struct Challenges(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    asked: HashMap<Challenge, (Asked, UnixTime)>,
    /// Whose passphrase was right and who never showed a passkey, and when that ended.
    ended: Vec<(String, UnixTime)>,
}

impl Challenges {
    /// Keeps one; false when too many wait.
    pub(crate) fn ask(&self, challenge: Challenge, asked: Asked, now: UnixTime) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.end(now);
        if waiting.asked.len() >= CAPACITY {
            return false;
        }
        waiting.asked.insert(challenge, (asked, now));
        true
    }

    /// Takes one out: it can be answered once.
    pub(crate) fn take(&self, challenge: &Challenge, now: UnixTime) -> Option<Asked> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.end(now);
        waiting.asked.remove(challenge).map(|(asked, _)| asked)
    }

    /// Names of those whose passphrase was right and who showed no passkey in time, and when each ended, since this was last
    /// asked.
    pub(crate) fn ended(&self, now: UnixTime) -> Vec<(String, UnixTime)> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.end(now);
        std::mem::take(&mut waiting.ended)
    }
}

impl Waiting {
    fn end(&mut self, now: UnixTime) {
        let over = self.asked.extract_if(|_, (_, since)| now >= since.plus(LIFETIME));
        self.ended.extend(over.filter_map(|(_, (asked, since))| match asked {
            Asked::Second { user, .. } => Some((user, since.plus(LIFETIME))),
            Asked::SignIn | Asked::New { .. } => None,
        }));
    }
}

/// Without the record and the session.
impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second { .. } => "Second(..)",
            Self::SignIn => "SignIn",
            Self::New { .. } => "New(..)",
        })
    }
}

impl fmt::Debug for Challenges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenges(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_000_000);

    fn second(user: &str) -> Asked {
        Asked::Second { user: user.into(), record: vec![1] }
    }

    #[test]
    fn one_is_answered_once_and_in_time() {
        let challenges = Challenges::default();
        assert!(challenges.ask([1; 32], Asked::SignIn, NOW) && challenges.ask([2; 32], second("anna"), NOW));
        assert_eq!(challenges.take(&[1; 32], NOW.plus(LIFETIME - 1)), Some(Asked::SignIn));
        assert_eq!(challenges.take(&[1; 32], NOW), None);
        assert_eq!(challenges.take(&[2; 32], NOW.plus(LIFETIME)), None);
        assert_eq!(challenges.take(&[3; 32], NOW), None);
    }

    #[test]
    fn a_passphrase_without_a_passkey_is_told_once() {
        let challenges = Challenges::default();
        challenges.ask([1; 32], second("anna"), NOW);
        challenges.ask([2; 32], Asked::SignIn, NOW);
        challenges.ask([3; 32], second("ben"), NOW);
        assert!(challenges.take(&[3; 32], NOW).is_some());
        assert_eq!(challenges.ended(NOW.plus(LIFETIME - 1)), []);
        assert_eq!(challenges.ended(NOW.plus(LIFETIME)), [("anna".to_owned(), NOW.plus(LIFETIME))]);
        assert_eq!(challenges.ended(NOW.plus(LIFETIME)), []);
    }

    #[test]
    fn the_number_is_bounded_and_old_ones_make_room() {
        let challenges = Challenges::default();
        for number in 0..CAPACITY {
            let mut challenge = [0; 32];
            challenge[..8].copy_from_slice(&number.to_be_bytes());
            assert!(challenges.ask(challenge, Asked::SignIn, NOW));
        }
        assert!(!challenges.ask([0xff; 32], Asked::SignIn, NOW));
        assert!(challenges.ask([0xff; 32], Asked::SignIn, NOW.plus(LIFETIME)));
    }
}
