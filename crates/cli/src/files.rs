//! Writing files so that nothing is overwritten by accident and nothing is ever half written.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Who may read a new file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Mode 0600: keys, wrapped or not.
    Owner,
    /// Mode 0644: what is published anyway.
    Everyone,
}

impl Access {
    fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Everyone => 0o644,
        }
    }
}

/// Creates a file that must not exist yet, and waits until it is on the disk.
pub(crate) fn create_new(path: &Path, access: Access, bytes: &[u8]) -> Result<()> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(access.mode()).open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists already and is never overwritten: move it away or choose another name", path.display())
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot create {}", path.display()));
        }
    };
    file.write_all(bytes).and_then(|()| file.sync_all()).with_context(|| format!("cannot write {}", path.display()))
}

/// Puts a published file in place in one step: readers see the old bytes or the new ones.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_name().with_context(|| format!("{} has no file name", path.display()))?;
    let mut temporary_name = std::ffi::OsString::from(".");
    temporary_name.push(name);
    temporary_name.push(format!(".{}", std::process::id()));
    let temporary = path.with_file_name(temporary_name);
    let guard = Cleanup::new();
    guard.watch_file(&temporary);
    create_new(&temporary, Access::Everyone, bytes)?;
    fs::rename(&temporary, path).with_context(|| format!("cannot write {}", path.display()))?;
    guard.keep();
    sync_parent(path)
}

/// Writes a content-addressed file, which is left alone when it is there with the same bytes.
pub(crate) fn place(path: &Path, bytes: &[u8]) -> Result<()> {
    match fs::read(path) {
        Ok(present) if present == bytes => Ok(()),
        _ => replace(path, bytes),
    }
}

/// Creates a directory that only its owner may enter; true when it was not there before.
pub(crate) fn create_private_dir(path: &Path) -> Result<bool> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(false),
        Err(error) => Err(error).with_context(|| {
            format!("cannot create the directory {}: its parent must exist and be writable", path.display())
        }),
    }
}

/// Creates a directory, and those above it, for what is published.
pub(crate) fn create_public_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("cannot create the directory {}", path.display()))
}

/// Reads a small text file.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Waits until a rename or a new name in `path`'s directory is on the disk.
pub(crate) fn sync_parent(path: &Path) -> Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent)
        .and_then(|directory| directory.sync_all())
        .with_context(|| format!("cannot sync {}", parent.display()))
}

/// Removes what was made, newest first, unless told to keep it.
///
/// Only what this run created may be handed to it: it deletes whole directories.
#[derive(Default)]
pub(crate) struct Cleanup {
    made: std::sync::Mutex<Vec<PathBuf>>,
}

impl Cleanup {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Deletes this directory and what is in it on failure.
    pub(crate) fn watch_dir(&self, path: &Path) {
        self.watch(path);
    }

    /// Deletes this file on failure.
    pub(crate) fn watch_file(&self, path: &Path) {
        self.watch(path);
    }

    /// All went well: nothing is deleted.
    pub(crate) fn keep(&self) {
        if let Ok(mut made) = self.made.lock() {
            made.clear();
        }
    }

    fn watch(&self, path: &Path) {
        if let Ok(mut made) = self.made.lock() {
            made.push(path.to_owned());
        }
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        let Ok(made) = self.made.get_mut() else {
            return;
        };
        for path in made.drain(..).rev() {
            // Best effort: the failure that led here is the one to report.
            let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_file_is_private_and_created_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("receipt.key");
        create_new(&path, Access::Owner, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let error = create_new(&path, Access::Owner, b"two").unwrap_err();
        assert!(error.to_string().contains("never overwritten"));
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }

    #[test]
    fn replacing_leaves_no_temporary_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key-manifest");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn cleanup_removes_what_was_made_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let (made, other) = (dir.path().join("made"), dir.path().join("other"));
        fs::create_dir(&made).unwrap();
        fs::write(made.join("x"), b"x").unwrap();
        fs::write(&other, b"o").unwrap();
        let guard = Cleanup::new();
        guard.watch_dir(&made);
        drop(guard);
        assert!(!made.exists() && other.exists());
    }
}
