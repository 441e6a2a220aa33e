//! Skipping work whose inputs have not changed.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold results, never inputs.
const RESULTS: &[&str] = &["node_modules", "dist", "target", "test-results"];

/// A hash over names and contents of files, folders (recursively) and plain texts.
#[derive(Default)]
pub(crate) struct Inputs(Sha256);

impl Inputs {
    /// A file or a folder; a path that does not exist counts as such.
    pub(crate) fn path(mut self, path: &Path) -> Result<Self> {
        for file in files(path)? {
            let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            self.add(file.to_string_lossy().as_bytes());
            self.add(&content);
        }
        Ok(self)
    }

    /// Anything else that the result depends on, such as a compiler's version.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.add(text.as_bytes());
        self
    }

    /// The hash, in hex.
    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes.len().to_le_bytes());
        self.0.update(bytes);
    }
}

/// Does the work unless the stamp file holds the same hash and every result is still there.
pub(crate) fn unless_done(
    stamp: &Path,
    hash: &str,
    results: &[PathBuf],
    work: impl FnOnce() -> Result<()>,
) -> Result<bool> {
    if fs::read_to_string(stamp).is_ok_and(|old| old == hash) && results.iter().all(|result| result.exists()) {
        return Ok(false);
    }
    let _ = fs::remove_file(stamp); // half-done work must not look done
    work()?;
    if let Some(directory) = stamp.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(stamp, hash).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(true)
}

/// All files below, sorted, without folders of results.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(if path.is_file() { vec![path.to_path_buf()] } else { Vec::new() });
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        let entry = entry?;
        if !RESULTS.iter().any(|name| entry.file_name() == *name) {
            found.extend(files(&entry.path())?);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_once_per_input_and_again_when_a_result_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let (stamp, result) = (directory.path().join("stamp"), directory.path().join("result"));
        let build = || Ok(fs::write(&result, "made")?);
        let done = |hash: &str| unless_done(&stamp, hash, std::slice::from_ref(&result), build).unwrap();
        assert!(done("a"));
        assert!(!done("a"));
        assert!(done("b"));
        fs::remove_file(&result).unwrap();
        assert!(done("b"));
    }

    #[test]
    fn failed_work_is_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let stamp = directory.path().join("stamp");
        unless_done(&stamp, "a", &[], || Ok(())).unwrap();
        unless_done(&stamp, "b", &[], || anyhow::bail!("no")).unwrap_err();
        assert!(unless_done(&stamp, "a", &[], || Ok(())).unwrap());
    }

    #[test]
    fn the_hash_depends_on_names_and_contents() {
        let directory = tempfile::tempdir().unwrap();
        let hash = || Inputs::default().path(directory.path()).unwrap().finish();
        fs::write(directory.path().join("one"), "x").unwrap();
        let first = hash();
        fs::rename(directory.path().join("one"), directory.path().join("two")).unwrap();
        assert_ne!(first, hash());
        fs::write(directory.path().join("one"), "x").unwrap();
        fs::remove_file(directory.path().join("two")).unwrap();
        assert_eq!(first, hash());
    }
}
