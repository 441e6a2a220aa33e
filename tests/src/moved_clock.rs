//! A clock that a test moves while programs run: libfaketime stands between them and the system's. Only the time of day is
//! moved; how long something took is measured by another clock, as when somebody sets a machine's.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Programs that are started under it take their time from a file.
#[derive(Clone, Debug)]
pub struct MovedClock {
    library: PathBuf,
    file: PathBuf,
}

impl MovedClock {
    /// So many seconds ahead, told by a file in a folder that every user can read. `None`, and a loud line, where libfaketime
    /// is not installed.
    pub fn ahead(folder: &Path, seconds: i64) -> Option<Self> {
        let Some(library) = library() else {
            eprintln!("LEFT OUT: libfaketime is not installed; cargo xtask test installs it");
            return None;
        };
        let clock = Self { library, file: folder.join("clock") };
        clock.set(seconds);
        Some(clock)
    }

    /// Sets it to so many seconds ahead of the system's. Programs know within a second.
    pub fn set(&self, seconds: i64) {
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{seconds:+}\n")).unwrap();
        fs::rename(new, &self.file).unwrap();
    }

    /// Starts a program under this clock, as that process: what changed the user before has not loaded the library, whose
    /// semaphore belongs to whoever did.
    pub fn command(&self, program: &Path) -> Vec<OsString> {
        let variable = |name: &str, value: &Path| {
            let mut variable = OsString::from(name);
            variable.push("=");
            variable.push(value);
            variable
        };
        vec![
            "env".into(),
            variable("LD_PRELOAD", &self.library),
            variable("FAKETIME_TIMESTAMP_FILE", &self.file),
            "FAKETIME_CACHE_DURATION=1".into(),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".into(),
            program.into(),
        ]
    }
}

/// Debian's: the one for programs of several threads.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|library| library.is_file())
}
