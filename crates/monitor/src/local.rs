//! The same release on the disk of the machine that serves it: files, what servers are told of headers, keys, the release log, and
//! programs. Whoever owns the machine owns this look, too; it finds what a careless hand or a program changed, and what no request
//! shows: a key file, a file that is not served yet.

mod log;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::manifest::KeyManifest;
use nightsafe_core::note::{MAX_NOTE, Vkey};
use nightsafe_core::release::SiteRelease;
use nightsafe_serve::online_key;
use nightsafe_serve::release::folder::{Folder, FolderError, read, read_text};
use nightsafe_serve::release::{UNAVAILABLE, UNREACHABLE};
use sha2::{Digest, Sha256};
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
    /// Programs, and the SHA-256 that each must have. A release names none: they are not part of the site.
    pub programs: Vec<(PathBuf, [u8; 32])>,
}

/// Looks at all of it, once.
pub(crate) fn look(job: &Job, local: &Local) -> Seen {
    let mut seen = Seen::default();
    seen.findings.extend(local.programs.iter().filter_map(|(path, hash)| program(path, hash)));
    let served = local.folder.join("site");
    let place = if served.is_dir() { served } else { local.folder.clone() };
    // A link that another release may get in the meantime
    let place = place.canonicalize().unwrap_or(place);
    if let Err(error) = look_at_site(job, &place, &mut seen) {
        seen.findings.push(unreadable(&place, error));
    }
    for folder in [&local.folder, &place] {
        seen.findings.extend(anchor(job, &folder.join("anchor.txt")));
    }
    let manifest = seen.keys.manifest.as_ref().map(|verified| verified.manifest());
    let release = seen.release.as_ref().map(|verified| verified.release());
    let found = online_keys(&local.folder.join("keys"), manifest, release);
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
    wanted.into_iter().filter_map(|(file, key, by)| online_key(&folder.join(file), key?, by)).collect()
}

fn online_key(path: &Path, wanted: &Vkey, by: &str) -> Option<Finding> {
    if !path.exists() {
        return None;
    }
    let text = match read(path, MAX_KEY) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) => return Some(unreadable(path, error)),
    };
    let signer = std::str::from_utf8(&text).ok().and_then(online_key::parse);
    match signer {
        Some(signer) if signer.vkey() == wanted => None,
        Some(_) => {
            let said = format!("is another key than the one that {by} names");
            Some(Finding::new(Verdict::KeySwapped, "other_key", name(path), said))
        }
        None => Some(Finding::new(Verdict::KeySwapped, "other_key", name(path), "holds no key")),
    }
}

fn program(path: &Path, wanted: &[u8; 32]) -> Option<Finding> {
    let hash = || -> io::Result<[u8; 32]> {
        let (mut hasher, mut file) = (Sha256::new(), std::fs::File::open(path)?);
        let mut part = vec![0; 1 << 16];
        loop {
            let length = file.read(&mut part)?;
            match part.get(..length) {
                Some(read) if length > 0 => hasher.update(read),
                _ => return Ok(hasher.finalize().into()),
            }
        }
    };
    match hash() {
        Ok(hash) if hash == *wanted => None,
        Ok(_) => {
            let said = "is not the program with that SHA-256";
            Some(Finding::new(Verdict::UnsignedChange, "program_changed", name(path), said))
        }
        Err(error) => Some(unreadable(path, error)),
    }
}

/// Nobody knows; the machine's own disk is no network, but it has permissions.
fn unreadable(path: &Path, error: impl ToString) -> Finding {
    Finding::new(Verdict::Unreachable, UNREACHABLE, name(path), error)
}

fn name(path: &Path) -> String {
    path.display().to_string()
}
