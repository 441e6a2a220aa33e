//! The roster of admins, whose head the timestamp note names. It has names of people in it: it is never served.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::roster::{self, Remembered, RosterError};
use nightsafe_core::scalar::RosterHead;
use nightsafe_serve::files;
use nightsafe_serve::stamp::Stamp;

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Longer than the text of any place.
const MAX_SEEN: u64 = 128;
/// Only this process has to read what it has seen.
const SEEN_MODE: u32 = 0o600;

/// Where the roster is.
#[derive(Debug, Clone)]
pub struct RosterFiles {
    /// The whole list, as the vault writes it; it may come later.
    pub roster: PathBuf,
    /// Where this process keeps which place of the list it has seen last, so that an older list is not taken after a
    /// restart either.
    pub seen: PathBuf,
}

/// Why a roster is not taken. The one before stays in the note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum RosterFault {
    /// Missing, too long or not UTF-8.
    #[error("there is no readable roster any more")]
    Unreadable,
    /// Not the form of `docs/spec/roster.md`.
    #[error("the file is not a list of signed notes")]
    Malformed,
    /// Refused from the trust anchor down, or another one than was seen before.
    #[error("{0}")]
    Refused(#[from] RosterError),
    /// What was seen cannot be read.
    #[error("site.roster_seen holds something else than a place in a roster: find out why before you delete it")]
    Seen,
    /// What was seen cannot be kept.
    #[error("site.roster_seen cannot be written")]
    NotKept,
}

/// Notices changes, and takes those that are good.
#[derive(Debug)]
pub(crate) struct RosterWatch {
    files: RosterFiles,
    anchor: TrustAnchor,
    refused: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the file was last looked at, and how it was then.
    looked: Option<(Instant, Option<Stamp>)>,
    /// The last good roster.
    seen: Option<Remembered>,
    /// Nothing is taken, as it is not known what was seen.
    is_blind: bool,
}

impl RosterWatch {
    /// Reads what was seen before.
    pub(crate) fn new(files: RosterFiles, anchor: TrustAnchor) -> Self {
        let mut state = State::default();
        match read_seen(&files.seen) {
            Ok(seen) => state.seen = seen,
            Err(fault) => {
                log(fault);
                state.is_blind = true;
            }
        }
        Self { files, anchor, refused: AtomicU64::new(0), state: Mutex::new(state) }
    }

    /// The head of the last good roster. Looks at one file, at most once a second.
    pub(crate) fn head(&self) -> Option<RosterHead> {
        self.seen().map(|seen| seen.head)
    }

    /// The last good roster's place.
    pub(crate) fn seen(&self) -> Option<Remembered> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.is_some_and(|(at, _)| at.elapsed() < LOOK_EVERY) {
            return state.seen;
        }
        // Before the file is read: a change in between is then noticed next time
        let stamp = Stamp::of(&self.files.roster);
        let before = state.looked.replace((Instant::now(), stamp));
        let is_first = before.is_none();
        if !state.is_blind && before.map(|(_, stamp)| stamp) != Some(stamp) && (stamp.is_some() || !is_first) {
            match self.take(state.seen) {
                Ok(seen) if state.seen == Some(seen) => {}
                Ok(seen) => {
                    tracing::info!(sequence = seen.sequence, head = %seen.head, "a roster of admins is in use");
                    state.seen = Some(seen);
                }
                Err(fault) => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    log(fault);
                    if fault == RosterFault::NotKept {
                        // Tried again with the next look, whether or not the file changes
                        state.looked = Some((Instant::now(), None));
                    }
                }
            }
        }
        state.seen
    }

    /// How many rosters were refused since the start.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Verifies the file from the trust anchor down, and that it goes on from what was seen, which it then keeps.
    fn take(&self, seen: Option<Remembered>) -> Result<Remembered, RosterFault> {
        let text = read(&self.files.roster, roster::MAX_FILE as u64).ok_or(RosterFault::Unreadable)?;
        let entries = roster::from_file(&text).ok_or(RosterFault::Malformed)?;
        let roster = roster::verify_at_any_time(&entries, &self.anchor)?;
        roster.check_follows(seen)?;
        let place = roster.remember();
        if seen != Some(place) {
            let text = place.to_text() + "\n";
            files::replace(&self.files.seen, text.as_bytes(), SEEN_MODE).map_err(|_| RosterFault::NotKept)?;
        }
        Ok(place)
    }
}

/// What was refused is for an operator to look at: nobody comes to it by accident.
fn log(fault: RosterFault) {
    tracing::error!(%fault, "the roster of admins is not taken; the timestamp note names the one before, if there was one");
}

fn read_seen(path: &Path) -> Result<Option<Remembered>, RosterFault> {
    if !path.exists() {
        return Ok(None);
    }
    let text = read(path, MAX_SEEN).ok_or(RosterFault::Seen)?;
    let place = text.strip_suffix('\n').and_then(Remembered::parse);
    place.map(Some).ok_or(RosterFault::Seen)
}

fn read(path: &Path, most: u64) -> Option<String> {
    let length = std::fs::metadata(path).ok()?.len();
    if length > most {
        return None;
    }
    std::fs::read_to_string(path).ok()
}
