//! Two who have seen the same log, or not: the checkpoint that one of them remembers, held against all entries that the other has
//! read. Nobody is asked, so no server can tell each of them what he wants to hear.

use nightsafe_core::log::{Checkpoint, CheckpointError};
use nightsafe_core::note::Vkey;
use nightsafe_store::monitor::ReadLog;

use crate::log::root_at;
use crate::verdict::Severity;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The other one has seen the beginning of this log, or all of it: so many entries.
    Same(u64),
    /// The other one has seen more.
    Longer(u64),
    /// The log's key signed two histories.
    Split(u64),
    /// It is no checkpoint of this log.
    Refused(CheckpointError),
    /// What is remembered cannot be read.
    Damaged,
}

/// Holds the checkpoint that somebody else was shown against a log that was read.
pub fn compare(read: &ReadLog, other: &str) -> Compared {
    let Ok(key) = Vkey::parse(&read.key) else { return Compared::Damaged };
    let Checkpoint { size, root, .. } = match Checkpoint::verify(other, &key) {
        Ok(checkpoint) => checkpoint,
        Err(error) => return Compared::Refused(error),
    };
    match root_at(&read.entries, size) {
        None => Compared::Longer(size),
        Some(own) if own == root => Compared::Same(size),
        Some(_) => Compared::Split(size),
    }
}

impl Compared {
    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Same(_) => Severity::Ok,
            Self::Split(_) => Severity::Critical,
            Self::Longer(_) | Self::Refused(_) | Self::Damaged => Severity::Unknown,
        }
    }

    /// For people, with both checkpoints when they are the evidence.
    pub fn told(self, read: &ReadLog, other: &str) -> String {
        let own = read.entries.len();
        let said = match self {
            Self::Same(size) => {
                format!("both have seen the same log, which had {size} entries there and has {own} here")
            }
            Self::Longer(size) => format!(
                "UNREACHABLE there it has {size} entries, and here {own}: run `nightsafe-monitor check`, then compare again. If \
                 it stays so, one of the two is kept from seeing the rest: compare there, too"
            ),
            Self::Split(size) => format!(
                "SPLIT-VIEW the log's key signed two histories of {size} entries. This is the proof; keep it, and publish it:\n\
                 \n{}\n{other}",
                read.checkpoint
            ),
            Self::Refused(error) => format!("UNREACHABLE that is no checkpoint of this log: {error}"),
            Self::Damaged => "UNREACHABLE what is remembered of the log is damaged".to_owned(),
        };
        format!("{}  {said}\n", self.severity().word())
    }
}
