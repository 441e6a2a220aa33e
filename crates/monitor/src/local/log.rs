//! The release log's files, as the fields origin serves them.

use nightsafe_core::log::{Checkpoint, Hash, MAX_BUNDLE, Tile, Tree, parse_bundle};
use nightsafe_core::manifest::VerifiedManifest;
use nightsafe_core::note::MAX_NOTE;
use nightsafe_core::release::{LOG_PREFIX, SiteRelease};
use nightsafe_core::release_log::Entry;
use nightsafe_serve::release::UNAVAILABLE;
use nightsafe_serve::release::folder::{Folder, read, read_text};

use super::name;
use crate::check::Job;
use crate::log::root_at;
use crate::verdict::{Finding, NOT_IN_LOG, Verdict};

/// Holds all entries against the checkpoint, what was seen of the log before against them, and what is served against both.
pub(super) fn look(
    job: &Job,
    folder: &Folder,
    release: &SiteRelease,
    manifest: Option<&VerifiedManifest>,
) -> Vec<Finding> {
    let Some(key) = &release.log else { return Vec::new() };
    let path = folder.of_fields(&[LOG_PREFIX, "checkpoint"].concat());
    let finding = |verdict, code, said: String| vec![Finding::new(verdict, code, name(&path), said)];
    let Ok(note) = read_text(&path, MAX_NOTE) else {
        return finding(Verdict::UnsignedChange, UNAVAILABLE, "cannot be read".to_owned());
    };
    let checkpoint = match Checkpoint::verify(&note, key) {
        Ok(checkpoint) => checkpoint,
        Err(error) => return finding(Verdict::UnsignedChange, error.code(), error.to_string()),
    };
    let known = job.log.as_ref().filter(|known| known.key == key.to_text()).map(|known| known.entries.as_slice());
    let before = u64::try_from(known.map_or(0, <[_]>::len)).unwrap_or(u64::MAX);
    if checkpoint.size < before {
        let said = format!("has {} entries, and {before} were seen before", checkpoint.size);
        return finding(Verdict::Rollback, "log_rollback", said);
    }
    let mut wanted = vec![("the release", Entry::of_release(release).encode())];
    wanted.extend(manifest.map(|manifest| ("the key manifest", Entry::of_manifest(manifest).encode())));
    let mut tree = Tree::new();
    let mut is_same = before == 0;
    for tile in (0..).map_while(|index| Tile::bundle_of_log(index, checkpoint.size)) {
        let file = folder.of_fields(&[LOG_PREFIX, &tile.path()].concat());
        let bytes = read(&file, MAX_BUNDLE).unwrap_or_default();
        let Ok(entries) = parse_bundle(&bytes, tile.width()) else {
            let said = "is not there, or is no such part of a log";
            return vec![Finding::new(Verdict::UnsignedChange, "log_damaged", name(&file), said)];
        };
        for entry in entries {
            wanted.retain(|(_, text)| text.as_bytes() != entry);
            let is_added = tree.append(Hash::of_leaf(entry)).is_ok();
            let seen = known.filter(|_| is_added && tree.size() == before);
            is_same |= seen.is_some_and(|known| root_at(known, before) == Some(tree.root()));
        }
    }
    if tree.root() != checkpoint.root {
        let said = "has entries beside it that are not those of its signed root".to_owned();
        return finding(Verdict::UnsignedChange, "log_damaged", said);
    }
    if !is_same {
        let said = format!("has another history than the one with {before} entries that was read before");
        return finding(Verdict::SplitView, "log_fork", said);
    }
    let missing = |(what, _)| {
        Finding::new(Verdict::SplitView, NOT_IN_LOG, name(&path), format!("does not have {what} that is served"))
    };
    wanted.into_iter().map(missing).collect()
}
