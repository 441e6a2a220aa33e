//! Sign-ins between their first and their second request.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use nightsafe_core::time::UnixTime;
use nightsafe_login::ServerLogin;

/// Seconds until a sign-in must be finished: several times what Argon2id takes on a slow phone.
const LIFETIME: u64 = 120;

/// How many may wait. The limiter lets fewer begin in [`LIFETIME`] unless its limits were raised.
const CAPACITY: usize = 512;

/// Names a sign-in between its two requests.
pub(crate) type LoginId = [u8; 16];

/// Kept in memory only: a restart of the vault ends them.
#[derive(Default)]
pub(crate) struct PendingLogins(Mutex<Logins>);

#[derive(Default)]
struct Logins {
    waiting: HashMap<LoginId, Pending>,
    /// Names of those that nobody finished in time, and when they ended.
    ended: Vec<(String, UnixTime)>,
}

/// What is shown at the end of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    Passphrase,
    /// The code of a recovery kit.
    Code,
}

pub(crate) struct Pending {
    pub(crate) user: String,
    pub(crate) shows: Shows,
    /// What passphrase or code is held against: whoever is removed, or gets new keys, meanwhile has not signed in by it.
    pub(crate) record: Option<Vec<u8>>,
    pub(crate) state: ServerLogin,
    pub(crate) started: UnixTime,
}

impl PendingLogins {
    /// Keeps a sign-in; false when too many wait.
    pub(crate) fn insert(&self, id: LoginId, pending: Pending) -> bool {
        let now = pending.started;
        let mut logins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logins.end(now);
        if logins.waiting.len() >= CAPACITY {
            return false;
        }
        logins.waiting.insert(id, pending);
        true
    }

    /// Takes a sign-in out: it can be finished once.
    pub(crate) fn take(&self, id: &LoginId, now: UnixTime) -> Option<Pending> {
        let mut logins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logins.end(now);
        logins.waiting.remove(id)
    }

    /// Names of sign-ins that were begun and not finished, and when each ended, since this was last asked: the browser of somebody who has
    /// the wrong passphrase sees so itself, and sends no second request.
    pub(crate) fn ended(&self, now: UnixTime) -> Vec<(String, UnixTime)> {
        let mut logins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logins.end(now);
        let mut ended = std::mem::take(&mut logins.ended);
        ended.sort_unstable_by_key(|(_, at)| *at);
        ended
    }
}

impl Logins {
    /// Takes those out whose time is over.
    fn end(&mut self, now: UnixTime) {
        let over = self.waiting.extract_if(|_, pending| !is_alive(pending, now));
        self.ended.extend(over.map(|(_, pending)| (pending.user, pending.started.plus(LIFETIME))));
    }
}

fn is_alive(pending: &Pending, now: UnixTime) -> bool {
    now < pending.started.plus(LIFETIME)
}

impl fmt::Debug for PendingLogins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PendingLogins(..)")
    }
}

#[cfg(test)]
mod tests {
    use nightsafe_login::{ClientLogin, ServerSetup};

    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_000_000);

    fn pending(started: UnixTime) -> Pending {
        let setup = ServerSetup::generate().unwrap();
        let (_, request) = ClientLogin::start(b"x").unwrap();
        let (state, _) = ServerLogin::start(&setup, "admin", None, &request).unwrap();
        Pending { user: "admin".into(), shows: Shows::Passphrase, record: None, state, started }
    }

    #[test]
    fn a_login_is_there_once_and_not_for_long() {
        let logins = PendingLogins::default();
        logins.insert([1; 16], pending(NOW));
        assert!(logins.take(&[1; 16], NOW).is_some());
        assert!(logins.take(&[1; 16], NOW).is_none());
        logins.insert([2; 16], pending(NOW));
        assert!(logins.take(&[2; 16], NOW.plus(LIFETIME)).is_none());
    }

    #[test]
    fn those_that_nobody_finished_are_told_once() {
        let logins = PendingLogins::default();
        for (id, started) in [([1; 16], NOW.plus(9)), ([2; 16], NOW), ([3; 16], NOW)] {
            assert!(logins.insert(id, pending(started)));
        }
        assert!(logins.take(&[3; 16], NOW).is_some());
        assert_eq!(logins.ended(NOW.plus(LIFETIME - 1)), []);
        // Too late is not finished
        assert!(logins.take(&[2; 16], NOW.plus(LIFETIME)).is_none());
        let at = |time: u64| [("admin".to_owned(), NOW.plus(time))];
        assert_eq!(logins.ended(NOW.plus(LIFETIME)), at(LIFETIME));
        assert_eq!(logins.ended(NOW.plus(1000)), at(LIFETIME + 9));
        assert_eq!(logins.ended(NOW.plus(1000)), []);
    }

    #[test]
    fn the_number_is_bounded_and_old_ones_make_room() {
        let logins = PendingLogins::default();
        for number in 0..CAPACITY {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_be_bytes());
            assert!(logins.insert(id, pending(NOW)));
        }
        assert!(!logins.insert([0xff; 16], pending(NOW)));
        assert!(logins.insert([0xff; 16], pending(NOW.plus(LIFETIME))));
        assert_eq!(logins.0.lock().unwrap().waiting.len(), 1);
        let ended = logins.ended(NOW.plus(LIFETIME));
        assert_eq!(ended, vec![("admin".to_owned(), NOW.plus(LIFETIME)); CAPACITY]);
    }
}
