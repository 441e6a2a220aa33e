//! A copy's folder (`docs/spec/audit-entry.md`, "Copy on disk"): names, and reading.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nightsafe_core::audit::Commitment;
use nightsafe_core::log::{MAX_BUNDLE, Tile, parse_bundle};

/// The last checkpoint.
pub(super) const CHECKPOINT: &str = "checkpoint";
/// Public key of the log.
pub(super) const LOG_KEY: &str = "log.vkey";
/// Trust anchor of the site.
pub(super) const ANCHOR: &str = "anchor.txt";
/// The roster's entries, a file each.
pub(super) const ROSTER: &str = "roster";
/// What the recovery key opens of the audit keys, a file for each of both.
pub(super) const AUDIT_KEYS: &str = "audit-keys";

/// What stands in the place of one leaf.
pub(super) struct Place {
    pub(super) leaf: Commitment,
    /// Key id and sealed entry; empty when it was erased.
    pub(super) sealed: Vec<u8>,
}

/// Where the leaves of a bundle are.
pub(super) fn leaves(folder: &Path, bundle: Tile) -> PathBuf {
    folder.join(bundle.path())
}

/// Where their entries are.
pub(super) fn sealed(folder: &Path, bundle: Tile) -> PathBuf {
    let path = bundle.path();
    folder.join("sealed").join(path.strip_prefix("tile/entries/").unwrap_or(&path))
}

/// Both bundles. `None` when one is missing or is not a bundle of that width.
pub(super) fn read(folder: &Path, bundle: Tile) -> Result<Option<Vec<Place>>> {
    let (Some(leaves), Some(sealed)) = (bytes(&leaves(folder, bundle))?, bytes(&sealed(folder, bundle))?) else {
        return Ok(None);
    };
    let (Ok(leaves), Ok(sealed)) = (parse_bundle(&leaves, bundle.width()), parse_bundle(&sealed, bundle.width()))
    else {
        return Ok(None);
    };
    let places = leaves.iter().zip(sealed).map(|(leaf, sealed)| {
        let leaf = Commitment((*leaf).try_into().ok()?);
        Some(Place { leaf, sealed: sealed.to_vec() })
    });
    Ok(places.collect())
}

/// The roster's entries, in order; none when there is no roster.
pub(super) fn roster(folder: &Path) -> Result<Vec<String>> {
    let mut entries = Vec::new();
    for sequence in 0.. {
        match text(&folder.join(ROSTER).join(entry_name(sequence)))? {
            Some(note) => entries.push(note),
            None => break,
        }
    }
    Ok(entries)
}

pub(super) fn entry_name(sequence: u64) -> String {
    format!("{sequence}.note")
}

/// The texts of all audit keys' grants.
pub(super) fn audit_keys(folder: &Path) -> Result<Vec<String>> {
    let dir = folder.join(AUDIT_KEYS);
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let cannot = || format!("cannot read {}", dir.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(&dir).with_context(cannot)? {
        paths.push(entry.with_context(cannot)?.path());
    }
    paths.sort();
    paths.iter().map(|path| crate::files::read_text(path)).collect()
}

fn text(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn bytes(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Ok(data) if data.len() > MAX_BUNDLE as u64 => Ok(None),
        Ok(_) => fs::read(path).map(Some).with_context(|| format!("cannot read {}", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
