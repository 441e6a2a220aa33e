//! The lives of data keys as signed manifests tell them, and what is due: what people are told before it is late.

use core::fmt;

use crate::keys::KeyState;
use crate::manifest::{CLOCK_TOLERANCE, DataKey, KeyManifest};
use crate::scalar::KeyId;
use crate::time::UnixTime;
use crate::timestamp::MAX_AHEAD;

/// Days that a data key is the active one.
pub const EPOCH_DAYS: u64 = 90;
/// Days before the end of a manifest at which that is announced: the form stops when it expires.
pub const ANNOUNCED_DAYS: [u64; 4] = [1, 7, 30, 60];
/// Seconds after its successor's start until no timestamp note that made a key active is within its tolerance.
const RETIRED_AFTER: u64 = MAX_AHEAD.saturating_add(CLOCK_TOLERANCE);
const DAY: u64 = 86_400;

/// A data key and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// The key, with its start.
    pub key: DataKey,
    /// Its state. `Purged` is said of keys that were discarded before their start; that items were destroyed after their
    /// time is not in manifests.
    pub state: KeyState,
    /// When it goes into the next state by itself, where that is known; of a key that was discarded, when no deposit comes in
    /// any more.
    pub until: Option<UnixTime>,
}

impl Epoch {
    /// Whether no browser can be sealing to it any more, and none will: its items may be destroyed once nothing lies under it.
    pub fn is_over(&self) -> bool {
        match self.state {
            KeyState::Retired => true,
            KeyState::Purged => self.until.is_none(),
            KeyState::Pending | KeyState::Active | KeyState::Retiring => false,
        }
    }
}

/// Every data key that one of these manifests names, by ascending start. The newest manifest is the one in force.
pub fn epochs<'a>(manifests: impl IntoIterator<Item = &'a KeyManifest>, now: UnixTime) -> Vec<Epoch> {
    let mut newest_first: Vec<&KeyManifest> = manifests.into_iter().collect();
    newest_first.sort_by_key(|manifest| core::cmp::Reverse(manifest.sequence));
    let mut epochs: Vec<Epoch> = Vec::new();
    let mut successor: Option<&KeyManifest> = None;
    for manifest in newest_first {
        for (place, key) in manifest.data_keys.iter().enumerate() {
            if epochs.iter().all(|known| known.key.key_id() != key.key_id()) {
                let (state, until) = stands(manifest, place, key, successor, now);
                epochs.push(Epoch { key: key.clone(), state, until });
            }
        }
        successor = Some(manifest);
    }
    epochs.sort_by_key(|epoch| epoch.key.start);
    epochs
}

/// State of a key in the last manifest that names it, and until when.
fn stands(
    manifest: &KeyManifest,
    place: usize,
    key: &DataKey,
    successor: Option<&KeyManifest>,
    now: UnixTime,
) -> (KeyState, Option<UnixTime>) {
    let next = place.checked_add(1).and_then(|next| manifest.data_keys.get(next)).map(|next| next.start);
    let Some(successor) = successor else {
        return match next {
            // Within the clock's tolerance before the first start, the first key is used
            _ if key.start > now && place > 0 => (KeyState::Pending, Some(key.start)),
            Some(next) if next <= now => superseded(next, now),
            next => (KeyState::Active, next),
        };
    };
    if key.start > successor.not_before {
        // A clock that is ahead may have taken it as long as a note of before is within its tolerance
        let over = successor.not_before.plus(RETIRED_AFTER);
        return (KeyState::Purged, (now <= over).then_some(over));
    }
    superseded(next.map_or(successor.not_before, |next| next.min(successor.not_before)), now)
}

fn superseded(at: UnixTime, now: UnixTime) -> (KeyState, Option<UnixTime>) {
    let until = at.plus(RETIRED_AFTER);
    if now > until { (KeyState::Retired, None) } else { (KeyState::Retiring, Some(until)) }
}

/// Something that people have to do, with the time that there is for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// The manifest ends in at most so many days, one of [`ANNOUNCED_DAYS`].
    ManifestEnds {
        /// Its step.
        within_days: u64,
        /// When it ends.
        at: UnixTime,
    },
    /// The manifest has ended.
    ManifestEnded {
        /// When it did.
        at: UnixTime,
    },
    /// Somebody who has left opens what is sealed to the active data key, or to one that follows it.
    KeyKnownToLeaver {
        /// The first of them.
        key: KeyId,
    },
    /// The active data key is older than an epoch.
    KeyOverdue {
        /// Which.
        key: KeyId,
        /// Whole days since its start.
        days: u64,
    },
    /// No data key is signed ahead of the active one.
    NoNextKey {
        /// The active one.
        key: KeyId,
        /// When it will be overdue.
        overdue: UnixTime,
    },
}

/// What is due under the manifest in force. `known` are the data keys that were granted to somebody who has left.
pub fn due(manifest: &KeyManifest, known: &[KeyId], now: UnixTime) -> Vec<Due> {
    let mut due: Vec<Due> = manifest_due(manifest.not_after, now).into_iter().collect();
    let in_use = &manifest.data_keys.get(active_place(manifest, now)..).unwrap_or_default();
    due.extend(
        in_use.iter().map(DataKey::key_id).find(|key| known.contains(key)).map(|key| Due::KeyKnownToLeaver { key }),
    );
    let active = manifest.active_key(now).or(manifest.data_keys.first());
    if let Some(active) = active {
        let (key, overdue) = (active.key_id(), active.start.plus_days(EPOCH_DAYS));
        if now >= overdue {
            due.push(Due::KeyOverdue { key, days: age(active, now) / DAY });
        } else if manifest.data_keys.last().is_none_or(|last| last.start <= active.start) {
            due.push(Due::NoNextKey { key, overdue });
        }
    }
    due
}

/// Where the active key is in the list; what comes after it is pending.
fn active_place(manifest: &KeyManifest, now: UnixTime) -> usize {
    manifest.data_keys.iter().rposition(|key| key.start <= now).unwrap_or(0)
}

/// What is due because a manifest ends at `not_after`.
pub fn manifest_due(not_after: UnixTime, now: UnixTime) -> Option<Due> {
    let left = not_after.seconds().saturating_sub(now.seconds()).div_ceil(DAY);
    if left == 0 {
        return Some(Due::ManifestEnded { at: not_after });
    }
    let within_days = *ANNOUNCED_DAYS.iter().find(|days| left <= **days)?;
    Some(Due::ManifestEnds { within_days, at: not_after })
}

/// Seconds since a key's start.
pub fn age(key: &DataKey, now: UnixTime) -> u64 {
    now.seconds().saturating_sub(key.start.seconds())
}

impl Due {
    /// The stable code, snake case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ManifestEnds { .. } => "manifest_ends",
            Self::ManifestEnded { .. } => "manifest_ended",
            Self::KeyKnownToLeaver { .. } => "key_known_to_leaver",
            Self::KeyOverdue { .. } => "key_overdue",
            Self::NoNextKey { .. } => "no_next_key",
        }
    }

    /// What is announced once: the step with what it concerns. One word for each part, blanks between.
    pub fn step(&self) -> String {
        let code = self.code();
        match self {
            Self::ManifestEnds { within_days, at } => format!("{code} {} {within_days}", at.to_text()),
            Self::ManifestEnded { at } => format!("{code} {}", at.to_text()),
            Self::KeyKnownToLeaver { key } | Self::KeyOverdue { key, .. } | Self::NoNextKey { key, .. } => {
                format!("{code} {key}")
            }
        }
    }

    /// Whether it is said again every day until it is done: what should have been done already.
    pub const fn is_late(&self) -> bool {
        matches!(self, Self::ManifestEnded { .. } | Self::KeyKnownToLeaver { .. } | Self::KeyOverdue { .. })
    }
}

/// What there is, and what to do: for the log, a terminal, a mail.
impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DO: &str =
            "run `nightsafe keys propose`, have it signed with `nightsafe keys sign`, and `nightsafe keys publish` it";
        match self {
            Self::ManifestEnds { within_days, at } => {
                let s = if *within_days == 1 { "" } else { "s" };
                write!(
                    f,
                    "less than {within_days} day{s} until the key manifest ends at {}, when the form stops: {DO}",
                    at.to_text()
                )
            }
            Self::ManifestEnded { .. } => write!(f, "the key manifest has expired and the form has stopped: {DO} now"),
            Self::KeyKnownToLeaver { key } => write!(
                f,
                "somebody who has left, or who has lost keys of an admin to others, was granted data key {key}, which seals now or is to: {DO} now, which discards it"
            ),
            Self::KeyOverdue { key, days } => write!(
                f,
                "data key {key} has sealed for {days} days, and a data key should for {EPOCH_DAYS} at most: {DO}"
            ),
            Self::NoNextKey { key, overdue } => write!(
                f,
                "no data key is signed ahead to follow {key}, which is overdue from {} on: {DO}",
                overdue.to_text()
            ),
        }
    }
}

#[cfg(test)]
mod tests;
