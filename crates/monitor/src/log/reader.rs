//! Reads a log to its end, and knows its root at every size.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use nightsafe_core::log::{
    Checkpoint, Hash, MAX_BUNDLE, Plan, TILE_WIDTH, Tile, TileHashes, Tree, parse_bundle, verify_consistency,
};
use nightsafe_core::note::{MAX_NOTE, Vkey};
use nightsafe_core::release::{LOG_PREFIX, SiteRelease};
use nightsafe_core::release_log::{Entry, MAX_ENTRY};
use nightsafe_serve::release::{Failed, UNREACHABLE, differing_headers};
use nightsafe_store::monitor::ReadLog;

use super::Shown;
use crate::check::Job;
use crate::verdict::{Finding, Verdict};
use crate::visitor::VISITORS;

/// Most entries that are read at once: with one a day, those of 179 years.
pub const MAX_NEW: u64 = 65_536;

const WIDTH: u64 = TILE_WIDTH as u64;

/// A log that is read.
pub(super) struct Reader<'j> {
    job: &'j Job,
    release: &'j SiteRelease,
    key: &'j Vkey,
    entries: Vec<Vec<u8>>,
    /// Of all entries.
    checkpoint: Option<String>,
    /// Those that were asked for: several visitors ask for the same.
    roots: BTreeMap<u64, Option<Hash>>,
    /// What is wrong with the headers of its files, which no signature covers.
    headers: Mutex<Vec<Finding>>,
}

/// The root of a log that begins with these entries, at a size; `None` when there are fewer.
pub fn root_at(entries: &[Vec<u8>], size: u64) -> Option<Hash> {
    let mut tree = Tree::new();
    for entry in entries.get(..usize::try_from(size).ok()?)? {
        tree.append(Hash::of_leaf(entry)).ok()?;
    }
    Some(tree.root())
}

impl<'j> Reader<'j> {
    pub(super) fn new(job: &'j Job, release: &'j SiteRelease, key: &'j Vkey) -> Self {
        let known = job.log.as_ref();
        let entries = known.map(|known| known.entries.clone()).unwrap_or_default();
        Self {
            job,
            release,
            key,
            entries,
            checkpoint: known.map(|known| known.checkpoint.clone()),
            roots: BTreeMap::new(),
            headers: Mutex::default(),
        }
    }

    /// What to remember.
    pub(super) fn into_read(self) -> Option<ReadLog> {
        Some(ReadLog { key: self.key.to_text(), checkpoint: self.checkpoint?, entries: self.entries })
    }

    /// Told once.
    pub(super) fn take_headers(&self) -> Vec<Finding> {
        self.headers.lock().map(|mut found| std::mem::take(&mut *found)).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// All that are entries of this site.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.entries.iter().filter_map(|bytes| Entry::parse(bytes)).filter(|entry| entry.site == self.release.site)
    }

    /// Those that were not known before.
    pub(super) fn new_entries(&self, job: &Job) -> Vec<Entry> {
        let known = job.log.as_ref().map_or(0, |known| known.entries.len());
        self.entries.iter().skip(known).filter_map(|bytes| Entry::parse(bytes)).collect()
    }

    pub(super) fn url(&self) -> String {
        self.release.fields.url(LOG_PREFIX)
    }

    /// Holds a checkpoint against what was read; reads on when it is longer.
    pub(super) async fn take(&mut self, shown: &Shown) -> Result<(), Finding> {
        let Checkpoint { size, root, .. } = &shown.checkpoint;
        let known = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        if *size > known {
            return self.read_on(shown, known).await;
        }
        if *self.roots.entry(*size).or_insert_with(|| root_at(&self.entries, *size)) != Some(*root) {
            return Err(self.fork(shown, known));
        }
        let before = self.job.log.as_ref().map_or(0, |log| log.entries.len());
        if shown.is_last && usize::try_from(*size).is_ok_and(|size| size < before) {
            let said = format!("has {size} entries, and {before} were seen before");
            return Err(Finding::new(Verdict::Rollback, "log_rollback", &shown.url, said));
        }
        if *size == known && self.checkpoint.is_none() {
            self.checkpoint = Some(shown.note.clone());
        }
        Ok(())
    }

    /// The log's checkpoint as the first visitor is shown it now, when that is longer.
    pub(super) async fn look_again(&self) -> Option<Shown> {
        let [first, ..] = VISITORS;
        let path = [LOG_PREFIX, "checkpoint"].concat();
        let manner = Arc::new(first.manner(&self.job.patience, None, None));
        let note = self.job.net.server(&self.release.fields.origin, &manner).text(&path, MAX_NOTE).await.ok()?;
        let checkpoint = Checkpoint::verify(&note, self.key).ok()?;
        let (url, key) = (self.release.fields.url(&path), self.key.clone());
        let is_longer = usize::try_from(checkpoint.size).is_ok_and(|size| size > self.entries.len());
        is_longer.then_some(Shown { visitor: first.name, url, key, note, checkpoint, is_last: true })
    }

    async fn read_on(&mut self, shown: &Shown, known: u64) -> Result<(), Finding> {
        let size = shown.checkpoint.size;
        if size.saturating_sub(known) > MAX_NEW {
            let said = format!("has {size} entries, {known} of which were read: at most {MAX_NEW} are read at once");
            return Err(Finding::new(Verdict::Unreachable, "log_too_long", self.url(), said));
        }
        let mut entries = self.entries.clone();
        for index in known / WIDTH..size.div_ceil(WIDTH) {
            let Some(tile) = Tile::bundle_of_log(index, size) else { break };
            let width = usize::from(tile.width());
            let bytes =
                self.fetch(shown, tile, width.saturating_mul(MAX_ENTRY.saturating_add(2)).min(MAX_BUNDLE)).await?;
            let bundle = parse_bundle(&bytes, tile.width()).map_err(|_| self.damaged(tile))?;
            let held = usize::try_from(known.saturating_sub(index.saturating_mul(WIDTH))).unwrap_or(usize::MAX);
            entries.extend(bundle.into_iter().skip(held).map(<[u8]>::to_vec));
        }
        if root_at(&entries, size) != Some(shown.checkpoint.root) {
            return Err(self.not_reached(shown, known).await);
        }
        // Of what was read before, they stay what they were
        self.roots.insert(size, Some(shown.checkpoint.root));
        (self.entries, self.checkpoint) = (entries, Some(shown.note.clone()));
        Ok(())
    }

    /// The entries do not lead to the root that was signed. Either the log is another one, or only these files are.
    async fn not_reached(&self, shown: &Shown, known: u64) -> Finding {
        match self.is_consistent(shown, known).await {
            Ok(false) => self.fork(shown, known),
            Ok(true) => {
                let said = "has entries that are not those of its signed root";
                Finding::new(Verdict::UnsignedChange, "log_damaged", self.url(), said)
            }
            Err(finding) => finding,
        }
    }

    /// By a proof from the tiles of hashes, a few of them however long the log is.
    async fn is_consistent(&self, shown: &Shown, known: u64) -> Result<bool, Finding> {
        let Checkpoint { size, root, .. } = &shown.checkpoint;
        let (Ok(plan), Some(old)) = (Plan::for_consistency(known, *size), root_at(&self.entries, known)) else {
            return Ok(false);
        };
        let nodes: Vec<_> = plan.nodes().collect();
        let mut hashes = TileHashes::default();
        for tile in TileHashes::tiles_of(&nodes, *size).unwrap_or_default() {
            let bytes = self.fetch(shown, tile, usize::from(TILE_WIDTH).saturating_mul(Hash::LEN)).await?;
            hashes.store(tile, &bytes).map_err(|_| self.damaged(tile))?;
        }
        let proof = plan.read_proof(&hashes);
        Ok(proof.is_ok_and(|proof| verify_consistency(known, &old, *size, root, &proof).is_ok()))
    }

    async fn fetch(&self, shown: &Shown, tile: Tile, limit: usize) -> Result<Vec<u8>, Finding> {
        let [first, ..] = &VISITORS;
        let visitor = VISITORS.iter().find(|visitor| visitor.name == shown.visitor).unwrap_or(first);
        let manner = Arc::new(visitor.manner(&self.job.patience, None, None));
        let path = [LOG_PREFIX, &tile.path()].concat();
        let mut asker = self.job.net.asker(&self.release.fields.origin, &manner);
        match asker.ask(&path, limit, "identity").await {
            Ok(answer) if answer.status.is_success() => {
                let found = differing_headers(&self.release.fields, &path, &answer);
                if let Ok(mut headers) = self.headers.lock() {
                    headers.extend(found.into_iter().map(Finding::of_difference));
                }
                Ok(answer.body)
            }
            Err(Failed::Unreachable(said)) => {
                Err(Finding::new(Verdict::Unreachable, UNREACHABLE, self.release.fields.url(&path), said))
            }
            Ok(_) | Err(Failed::TooLarge) => Err(self.damaged(tile)),
        }
    }

    fn damaged(&self, tile: Tile) -> Finding {
        let url = [self.url(), tile.path()].concat();
        Finding::new(Verdict::UnsignedChange, "log_damaged", url, "is not there, or is no such part of a log")
    }

    fn fork(&self, shown: &Shown, known: u64) -> Finding {
        let size = shown.checkpoint.size;
        let said =
            format!("has another history with its {size} entries than the one with {known} that was read before");
        Finding::new(Verdict::SplitView, "log_fork", &shown.url, said)
    }
}
