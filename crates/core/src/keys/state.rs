//! The life of a data key.

use super::KeyError;

/// Where a data key stands. It moves forwards only: see [`KeyState::then`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyState {
    /// Granted and signed ahead; its start is still to come.
    Pending,
    /// Browsers seal to it.
    Active,
    /// The next one is active; deposits of browsers that have not noticed still come in.
    Retiring,
    /// No deposit comes in any more; what is there is opened with it.
    Retired,
    /// Its private items are destroyed.
    Purged,
}

/// What happens to a data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEvent {
    /// Its start has come.
    Start,
    /// Who could open with it was revoked before it started: nothing is to be sealed to it.
    Discard,
    /// The next key has started.
    Supersede,
    /// No browser has the old notes any more: validity and tolerance of the last timestamp that made it active are past.
    Retire,
    /// The last field under it has expired, or was sealed anew.
    Purge,
}

impl KeyState {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Active, Self::Retiring, Self::Retired, Self::Purged];

    /// The name in formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Retiring => "retiring",
            Self::Retired => "retired",
            Self::Purged => "purged",
        }
    }

    /// The state of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The state after an event.
    ///
    /// # Errors
    /// [`KeyError::State`] when that cannot happen in this state.
    pub const fn then(self, event: KeyEvent) -> Result<Self, KeyError> {
        match (self, event) {
            (Self::Pending, KeyEvent::Start) => Ok(Self::Active),
            (Self::Active, KeyEvent::Supersede) => Ok(Self::Retiring),
            (Self::Retiring, KeyEvent::Retire) => Ok(Self::Retired),
            (Self::Pending, KeyEvent::Discard) | (Self::Retired, KeyEvent::Purge) => Ok(Self::Purged),
            _ => Err(KeyError::State),
        }
    }

    /// Whether deposits that were sealed to it may still come in. A shopper's clock may be ahead of its start.
    pub const fn takes_deposits(self) -> bool {
        matches!(self, Self::Pending | Self::Active | Self::Retiring)
    }

    /// Whether its private items are kept, and granted to a new admin.
    pub const fn is_kept(self) -> bool {
        !matches!(self, Self::Purged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [KeyEvent; 5] =
        [KeyEvent::Start, KeyEvent::Discard, KeyEvent::Supersede, KeyEvent::Retire, KeyEvent::Purge];

    #[test]
    fn a_key_lives_once() {
        let life = [KeyEvent::Start, KeyEvent::Supersede, KeyEvent::Retire, KeyEvent::Purge];
        let mut states = vec![KeyState::Pending];
        for event in life {
            states.push(states[states.len() - 1].then(event).unwrap());
        }
        assert_eq!(states, KeyState::ALL);
        let allowed = KeyState::ALL.map(|state| EVENTS.iter().filter(|event| state.then(**event).is_ok()).count());
        assert_eq!(allowed, [2, 1, 1, 1, 0]);
        for state in KeyState::ALL {
            assert_eq!(KeyState::from_name(state.as_str()), Some(state));
            for event in EVENTS {
                assert!(state.then(event).map_or(true, |after| after > state));
            }
        }
        assert_eq!(KeyState::Pending.then(KeyEvent::Discard), Ok(KeyState::Purged));
        assert_eq!(KeyState::Active.then(KeyEvent::Discard), Err(KeyError::State));
        assert_eq!(KeyState::from_name("Active"), None);
    }

    #[test]
    fn what_is_kept_and_what_takes_deposits() {
        assert_eq!(KeyState::ALL.map(KeyState::takes_deposits), [true, true, true, false, false]);
        assert_eq!(KeyState::ALL.map(KeyState::is_kept), [true, true, true, true, false]);
    }
}
