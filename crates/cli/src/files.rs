//! Writing files so that nothing is overwritten by accident and nothing is ever half written.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nightsafe_serve::files;

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
    files::replace(path, bytes, Access::Everyone.mode()).with_context(|| format!("cannot write {}", path.display()))
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

/// Reads a text that others wrote, whatever its bytes.
pub(crate) fn read_lossy(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Waits until a rename or a new name in `path`'s directory is on the disk.
pub(crate) fn sync_parent(path: &Path) -> Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    sync_dir(parent)
}

/// Waits until the names in a directory are on the disk.
pub(crate) fn sync_dir(path: &Path) -> Result<()> {
    File::open(path)
        .and_then(|directory| directory.sync_all())
        .with_context(|| format!("cannot sync {}", path.display()))
}

/// Removes what was made, newest first, unless told to keep it.
///
/// Only what this run created may be handed to it: it deletes whole directories.
#[derive(Default)]
pub(crate) struct Cleanup {
    made: Vec<Made>,
}

enum Made {
    File(PathBuf),
    Dir(PathBuf),
    ContentsOf(PathBuf),
}

impl Cleanup {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Deletes this file on failure.
    pub(crate) fn watch_file(&mut self, path: &Path) {
        self.made.push(Made::File(path.to_owned()));
    }

    /// Creates a private directory, or takes an empty one, and deletes what is in it by then on failure.
    pub(crate) fn create_empty_dir(&mut self, path: &Path) -> Result<()> {
        if create_private_dir(path)? {
            self.made.push(Made::Dir(path.to_owned()));
            return Ok(());
        }
        let mut entries = fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
        if entries.next().is_some() {
            bail!("{} is not empty and nothing is overwritten: choose another directory", path.display());
        }
        self.made.push(Made::ContentsOf(path.to_owned()));
        Ok(())
    }

    /// Creates a private directory unless it is there, and deletes it on failure when it was not.
    pub(crate) fn create_dir(&mut self, path: &Path) -> Result<()> {
        if create_private_dir(path)? {
            self.made.push(Made::Dir(path.to_owned()));
        }
        Ok(())
    }

    /// All went well: nothing is deleted.
    pub(crate) fn keep(mut self) {
        self.made.clear();
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        for made in self.made.drain(..).rev() {
            // Best effort: the failure that led here is the one to report
            let _ = match made {
                Made::File(path) => fs::remove_file(path),
                Made::Dir(path) => fs::remove_dir_all(path),
                Made::ContentsOf(path) => remove_contents(&path),
            };
        }
    }
}

fn remove_contents(dir: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            fs::remove_dir_all(path)?;
        } else {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Whether `path` is `dir` or lies below it, links resolved as far as the paths exist.
pub(crate) fn is_inside(path: &Path, dir: &Path) -> Result<bool> {
    Ok(resolve(path)?.starts_with(resolve(dir)?))
}

fn resolve(path: &Path) -> Result<PathBuf> {
    let absolute = std::path::absolute(path).with_context(|| format!("cannot resolve {}", path.display()))?;
    for ancestor in absolute.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            let rest = absolute.strip_prefix(ancestor).unwrap_or(Path::new(""));
            return Ok(real.join(rest));
        }
    }
    Ok(absolute)
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
        let (made, empty, other) = (dir.path().join("made"), dir.path().join("empty"), dir.path().join("other"));
        fs::create_dir(&empty).unwrap();
        fs::create_dir(&other).unwrap();
        fs::write(other.join("o"), b"o").unwrap();
        let mut guard = Cleanup::new();
        guard.create_empty_dir(&made).unwrap();
        guard.create_empty_dir(&empty).unwrap();
        guard.create_dir(&other).unwrap();
        assert!(guard.create_empty_dir(&other).is_err());
        fs::write(made.join("x"), b"x").unwrap();
        fs::create_dir(empty.join("y")).unwrap();
        drop(guard);
        assert!(!made.exists() && other.join("o").exists());
        assert_eq!(fs::read_dir(&empty).unwrap().count(), 0);
    }

    #[test]
    fn links_and_dots_do_not_hide_where_a_path_leads() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        fs::create_dir(&data).unwrap();
        std::os::unix::fs::symlink(&data, dir.path().join("link")).unwrap();
        assert!(is_inside(&data.join("a/b"), &data).unwrap());
        assert!(is_inside(&dir.path().join("link/a"), &data).unwrap());
        assert!(!is_inside(&dir.path().join("data-2"), &data).unwrap());
    }
}
