//! Noticing that a file has changed.

use std::path::Path;
use std::time::SystemTime;

/// Modification time and length of a file: when either differs, the file is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    modified: SystemTime,
    length: u64,
}

impl Stamp {
    /// Of the file as it is now; `None` when it is not there.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self { modified: metadata.modified().ok()?, length: metadata.len() })
    }

    /// Whether this file was written after `other` was.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.modified > other.modified
    }
}
