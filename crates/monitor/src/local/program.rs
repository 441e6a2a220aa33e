//! Programs on this machine, held against hashes: those of the release, and those that somebody brought.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use nightsafe_serve::release::program::sha256_of;

use super::{Local, name, unreadable};
use crate::verdict::{Finding, Verdict};

/// Where programs are installed.
const FOLDERS: [&str; 4] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];

/// Each must be there, and have the SHA-256 that was brought.
pub(super) fn named(local: &Local) -> Vec<Finding> {
    let check = |(path, hash): &(PathBuf, [u8; 32])| compare(path, hash, "is not the program with that SHA-256");
    local.programs.iter().filter_map(check).collect()
}

/// Those of the release, wherever they lie. A machine has some of them; where it was said where they are, it has one at least.
pub(super) fn installed(local: &Local, wanted: &BTreeMap<String, [u8; 32]>) -> Vec<Finding> {
    let folders = match local.installed.as_slice() {
        [] => FOLDERS.map(PathBuf::from).to_vec(),
        named => named.to_vec(),
    };
    // On some systems one of them is a link to another
    let folders: BTreeSet<PathBuf> =
        folders.into_iter().map(|folder| folder.canonicalize().unwrap_or(folder)).collect();
    let (mut findings, mut is_there) = (Vec::new(), wanted.is_empty() || local.installed.is_empty());
    for folder in &folders {
        for (program, hash) in wanted {
            let path = folder.join(program);
            // Also a link that leads to nothing: that is for whoever reads it to find
            if path.symlink_metadata().is_ok() {
                is_there = true;
                findings.extend(compare(&path, hash, "is not the program that the release names"));
            }
        }
    }
    if !is_there {
        let said = "has none of the programs that the release names";
        findings.extend(folders.iter().map(|folder| unreadable(folder, said)));
    }
    findings
}

fn compare(path: &Path, wanted: &[u8; 32], said: &str) -> Option<Finding> {
    match sha256_of(path) {
        Ok(hash) if hash == *wanted => None,
        Ok(_) => Some(Finding::new(Verdict::UnsignedChange, "program_changed", name(path), said)),
        Err(error) => Some(unreadable(path, error)),
    }
}
