//! The same release on the disk of the machine that serves it: files, what servers are told of headers, keys, the release log, and
//! programs. Whoever owns the machine owns this look, too; it finds what a careless hand or a program changed, and what no request
//! shows: a key file, a file that is not served yet.

mod log;
mod program;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::manifest::{KeyManifest, VerifiedManifest};
use nightsafe_core::note::{MAX_NOTE, Vkey};
use nightsafe_core::release::{SiteRelease, VerifiedRelease};
use nightsafe_serve::online_key;
use nightsafe_serve::release::folder::{Folder, FolderError, read, read_text};
use nightsafe_serve::release::{UNAVAILABLE, UNREACHABLE};
use zeroize::Zeroizing;

use crate::anchor::is_same_trust;
use crate::check::Job;
use crate::keys::{Keys, MANIFEST_PATH};
use crate::site::Seen;
use crate::verdict::{Finding, Verdict};

/// Most bytes of an online key's file.
const MAX_KEY: usize = 1024;
/// Most bytes of a trust anchor.
const MAX_ANCHOR: usize = 1 << 16;

/// What to look at.
#[derive(Clone, Debug)]
pub struct Local {
    /// The data directory, or a folder with `fields`, `admin` or both in it.
    pub folder: PathBuf,
    /// Programs, and the SHA-256 that each must have, whatever the release says.
    pub programs: Vec<(PathBuf, [u8; 32])>,
    /// Folders in which programs of the release are; where none is named, those where systems have programs.
    pub installed: Vec<PathBuf>,
}

/// What is held against the keys and programs of a machine without files of the site: what its addresses showed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shown<'a> {
    pub(crate) release: Option<&'a VerifiedRelease>,
    pub(crate) manifest: Option<&'a VerifiedManifest>,
}

/// Looks at all of it, once.
pub(crate) fn look(job: &Job, local: &Local, shown: Shown<'_>) -> Seen {
    let mut seen = Seen::default();
    seen.findings.extend(program::named(local));
    let served = local.folder.join("site");
    let place = if served.is_dir() { served } else { local.folder.clone() };
    // A link that another release may get in the meantime
    let place = place.canonicalize().unwrap_or(place);
    match look_at_site(job, &place, &mut seen) {
        // A vault's machine, for one
        Err(FolderError::NoSite(_)) if shown.release.is_some() && local.folder.is_dir() => {}
        Err(error) => seen.findings.push(unreadable(&place, error)),
        Ok(()) => {}
    }
    for folder in [&local.folder, &place] {
        seen.findings.extend(anchor(job, &folder.join("anchor.txt")));
    }
    let manifest = seen.keys.manifest.as_ref().or(shown.manifest).map(|verified| verified.manifest());
    let release = seen.release.as_ref().or(shown.release).map(|verified| verified.release());
    let mut found = online_keys(&local.folder.join("keys"), manifest, release);
    found.extend(release.iter().flat_map(|release| program::installed(local, &release.programs)));
    seen.findings.extend(found);
    seen
}

fn look_at_site(job: &Job, place: &Path, seen: &mut Seen) -> Result<(), FolderError> {
    let folder = Folder::open(place)?;
    let Some((document, note)) = folder.read_release()? else {
        let said = "has no signed release";
        seen.findings.push(Finding::new(Verdict::UnsignedChange, UNAVAILABLE, name(place), said));
        return Ok(());
    };
    seen.verify(job, &document, &note, &name(&folder.note().unwrap_or_default()));
    let Some(verified) = seen.release.clone() else { return Ok(()) };
    let release = verified.release();
    seen.findings.extend(folder.check(release, &note)?.into_iter().map(Finding::of_difference));
    let manifest = folder.of_fields(MANIFEST_PATH);
    if manifest.is_file() {
        let mut keys = Keys::default();
        keys.verify(job, release, &read_text(&manifest, MAX_NOTE)?, &name(&manifest));
        seen.take_keys(keys);
    }
    if folder.of_fields("").is_dir() {
        let found = log::look(job, &folder, release, seen.keys.manifest.as_ref());
        seen.findings.extend(found);
    }
    Ok(())
}

/// The anchors that servers and scripts are given.
fn anchor(job: &Job, path: &Path) -> Option<Finding> {
    if !path.exists() {
        return None;
    }
    match read_text(path, MAX_ANCHOR) {
        Err(error) => Some(unreadable(path, error)),
        Ok(text) => match TrustAnchor::parse(&text) {
            Ok(anchor) if is_same_trust(&anchor, &job.anchor) => None,
            Ok(_) => Some(Finding::new(Verdict::KeySwapped, "other_anchor", name(path), "trusts other site keys")),
            Err(error) => Some(Finding::new(Verdict::KeySwapped, "other_anchor", name(path), error)),
        },
    }
}

/// The keys that servers sign with are those that the site keys signed.
fn online_keys(folder: &Path, manifest: Option<&KeyManifest>, release: Option<&SiteRelease>) -> Vec<Finding> {
    let wanted = [
        ("receipt.key", manifest.map(|manifest| &manifest.receipt_key), "the key manifest"),
        ("timestamp.key", manifest.map(|manifest| &manifest.timestamp_key), "the key manifest"),
        ("release-log.key", release.and_then(|release| release.log.as_ref()), "the release"),
    ];
    let of_notes = wanted.into_iter().filter_map(|(file, key, by)| {
        let key = key?;
        online_key(&folder.join(file), |there| there == key, by)
    });
    // Where the site is built: it signs scripts and modules. The one to follow may be newer than what is published
    let files = release.iter().flat_map(|release| release.fields.files.values());
    let listed: BTreeSet<[u8; 32]> = files.flat_map(|file| file.keys.iter().copied()).collect();
    let is_listed = |there: &Vkey| listed.is_empty() || listed.contains(there.public_key());
    of_notes.chain(online_key(&folder.join("integrity.key"), is_listed, "the release")).collect()
}

fn online_key(path: &Path, is_wanted: impl Fn(&Vkey) -> bool, by: &str) -> Option<Finding> {
    if !path.exists() {
        return None;
    }
    let text = match read(path, MAX_KEY) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) => return Some(unreadable(path, error)),
    };
    let signer = std::str::from_utf8(&text).ok().and_then(online_key::parse);
    match signer {
        Some(signer) if is_wanted(signer.vkey()) => None,
        Some(_) => {
            let said = format!("is another key than the one that {by} names");
            Some(Finding::new(Verdict::KeySwapped, "other_key", name(path), said))
        }
        None => Some(Finding::new(Verdict::KeySwapped, "other_key", name(path), "holds no key")),
    }
}

/// Nobody knows; the machine's own disk is no network, but it has permissions.
fn unreadable(path: &Path, error: impl ToString) -> Finding {
    Finding::new(Verdict::Unreachable, UNREACHABLE, name(path), error)
}

fn name(path: &Path) -> String {
    path.display().to_string()
}
