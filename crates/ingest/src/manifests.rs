//! The current manifest and the one before it, kept up to date with the files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nightsafe_core::anchor::{TrustAnchor, TrustError};
use nightsafe_core::epoch::epochs;
use nightsafe_core::manifest::{VerifiedManifest, verify};
use nightsafe_core::note::{MAX_NOTE, Vkey};
use nightsafe_core::scalar::{KeyId, ManifestHash};
use nightsafe_core::time::UnixTime;
use nightsafe_serve::stamp::Stamp;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often unchanged manifests are verified again: they expire.
const VERIFY_EVERY: u64 = 60;

/// Where the manifests are.
#[derive(Debug)]
pub(crate) struct ManifestFiles {
    /// The published one.
    pub(crate) current: PathBuf,
    /// Folder of all, `*.note`.
    pub(crate) history: PathBuf,
}

/// The public keys of the signers that this process holds.
#[derive(Debug)]
pub(crate) struct OnlineKeys {
    pub(crate) receipt: Vkey,
    pub(crate) timestamp: Vkey,
}

/// What deposits may be sealed under.
#[derive(Debug)]
pub(crate) struct Published {
    /// The published manifest.
    pub(crate) current: VerifiedManifest,
    /// The one before: a form may have been loaded just before the change.
    pub(crate) predecessor: Option<VerifiedManifest>,
}

/// Why there is no manifest to work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// The file is missing, unreadable, too long or not UTF-8.
    #[error("there is no readable key-manifest in the fields folder: publish the site")]
    Unreadable,
    /// The manifest is refused.
    #[error("the published key-manifest is refused: {}", .0.code())]
    Refused(TrustError),
    /// The manifest names another receipt or timestamp key than this process holds.
    #[error("the published key-manifest names another receipt or timestamp key: restart with its keys")]
    OtherKeys,
}

impl Published {
    /// The manifest of this hash, when it is one of the two.
    pub(crate) fn find(&self, hash: ManifestHash) -> Option<&VerifiedManifest> {
        let both = std::iter::once(&self.current).chain(&self.predecessor);
        both.into_iter().find(|manifest| manifest.hash() == hash)
    }

    /// Whether no browser can be sealing to this key any more, as far as the two tell.
    pub(crate) fn is_over(&self, key: KeyId, now: UnixTime) -> bool {
        let both = std::iter::once(&self.current).chain(&self.predecessor);
        let epochs = epochs(both.map(VerifiedManifest::manifest), now);
        epochs.iter().any(|epoch| epoch.is_over() && epoch.key.key_id() == key)
    }
}

/// Loads manifests and notices changes.
#[derive(Debug)]
pub(crate) struct Manifests {
    files: ManifestFiles,
    anchor: TrustAnchor,
    keys: OnlineKeys,
    loaded: Mutex<Option<Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    looked: Instant,
    verified: UnixTime,
    stamps: Stamps,
    result: Result<Arc<Published>, ManifestFault>,
}

type Stamps = BTreeMap<PathBuf, Option<Stamp>>;

impl Manifests {
    pub(crate) fn new(files: ManifestFiles, anchor: TrustAnchor, keys: OnlineKeys) -> Self {
        Self { files, anchor, keys, loaded: Mutex::new(None) }
    }

    /// The manifests as they are at `now`. Looks at a few files, at most once a second.
    pub(crate) fn published(&self, now: UnixTime) -> Result<Arc<Published>, ManifestFault> {
        // What is inside is replaced as a whole, so a panic elsewhere leaves it whole
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = loaded.as_mut() {
            let is_verified = now >= before.verified && now < before.verified.plus(VERIFY_EVERY);
            if is_verified && before.looked.elapsed() < LOOK_EVERY {
                return before.result.clone();
            }
            let stamps = self.files.stamps();
            if is_verified && stamps == before.stamps {
                before.looked = Instant::now();
                return before.result.clone();
            }
        }
        let next = self.load(now);
        let known = loaded.as_ref().map(|before| &before.result);
        log_change(known, &next.result);
        loaded.insert(next).result.clone()
    }

    fn load(&self, now: UnixTime) -> Loaded {
        Loaded {
            looked: Instant::now(),
            verified: now,
            // Before the files are read: a change in between is then noticed next time
            stamps: self.files.stamps(),
            result: self.read(now).map(Arc::new),
        }
    }

    fn read(&self, now: UnixTime) -> Result<Published, ManifestFault> {
        let note = read_note(&self.files.current).ok_or(ManifestFault::Unreadable)?;
        let current = verify(&note, &self.anchor, now).map_err(ManifestFault::Refused)?;
        let named = current.manifest();
        if named.receipt_key != self.keys.receipt || named.timestamp_key != self.keys.timestamp {
            return Err(ManifestFault::OtherKeys);
        }
        let predecessor = self.predecessor(&current, now);
        Ok(Published { current, predecessor })
    }

    /// The valid manifest with the highest sequence number below the current one's.
    fn predecessor(&self, current: &VerifiedManifest, now: UnixTime) -> Option<VerifiedManifest> {
        let notes = self.files.history().into_iter();
        notes
            .filter_map(|path| verify(&read_note(&path)?, &self.anchor, now).ok())
            .filter(|old| old.manifest().sequence < current.manifest().sequence)
            .max_by_key(|old| old.manifest().sequence)
    }
}

impl ManifestFiles {
    fn stamps(&self) -> Stamps {
        let mut paths = self.history();
        paths.push(self.current.clone());
        let stamped = paths.into_iter().map(|path| {
            let stamp = Stamp::of(&path);
            (path, stamp)
        });
        stamped.collect()
    }

    fn history(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&self.history) else {
            return Vec::new();
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let is_note = |path: &PathBuf| path.extension().is_some_and(|end| end == "note");
        paths.filter(is_note).collect()
    }
}

fn read_note(path: &Path) -> Option<String> {
    let length = std::fs::metadata(path).ok()?.len();
    if length > MAX_NOTE as u64 {
        return None;
    }
    std::fs::read_to_string(path).ok()
}

fn log_change(before: Option<&Result<Arc<Published>, ManifestFault>>, after: &Result<Arc<Published>, ManifestFault>) {
    match (before, after) {
        (Some(Ok(before)), Ok(after)) if before.current.hash() == after.current.hash() => {}
        (Some(Err(before)), Err(after)) if before == after => {}
        (_, Ok(published)) => {
            let sequence = published.current.manifest().sequence;
            let manifest = published.current.hash();
            tracing::info!(sequence, %manifest, "a key manifest is in use");
        }
        (_, Err(fault)) => tracing::error!(%fault, "no deposit can be taken"),
    }
}
