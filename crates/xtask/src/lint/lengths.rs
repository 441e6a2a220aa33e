//! How long the files are: reported, not refused.

use crate::{place, say, stamp};
use anyhow::Result;
use std::fs;
use std::path::PathBuf;

const LONG: usize = 400;
const EXTENSIONS: &[&str] = &["rs", "ts", "css", "sql"];

/// Prints the median and every long file.
pub(crate) fn report() -> Result<()> {
    let mut lengths = Vec::new();
    for file in sources()? {
        lengths.push((fs::read_to_string(&file)?.lines().count(), file));
    }
    lengths.sort();
    let median = lengths.get(lengths.len() / 2).map_or(0, |(length, _)| *length);
    say::note(&format!("{} files, median {median} lines", lengths.len()));
    for (length, file) in lengths.iter().rev().take_while(|(length, _)| *length > LONG) {
        say::note(&format!("{length} lines: {}", file.strip_prefix(place::root()).unwrap_or(file).display()));
    }
    Ok(())
}

/// All source files of ours.
pub(crate) fn sources() -> Result<Vec<PathBuf>> {
    let root = place::root();
    let mut found = Vec::new();
    for folder in ["crates", "migrations", "tests", "web", "www"] {
        found.extend(stamp::files(&root.join(folder))?);
    }
    found.retain(|file| file.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known)));
    Ok(found)
}
