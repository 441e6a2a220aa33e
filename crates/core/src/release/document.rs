//! Reading and writing the document. It is parsed into what it means, and refused unless that is written as the same bytes:
//! so duplicate names, other orders, blanks and whatever is derived and wrong need no check of their own.

use super::place::is_words;
use super::{
    File, FilePath, KeyManifestId, MAX_DOCUMENT, MAX_FILES, MAX_PROGRAMS, MAX_VALID_DAYS, MadeWith, Place, SiteRelease,
    wire,
};
use crate::anchor::Origin;
use crate::encoding::{b64, b64_decode, b64u, b64u_decode};
use crate::label::Label;
use crate::note::Vkey;
use crate::release_log;
use crate::scalar::{ManifestHash, Site};
use crate::time::UnixTime;
use std::collections::{BTreeMap, BTreeSet};

/// The largest number of the signed texts: ten digits.
const MAX_NUMBER: u64 = 9_999_999_999;

pub(super) fn parse(text: &str) -> Option<SiteRelease> {
    if text.len() > MAX_DOCUMENT {
        return None;
    }
    let mut wire: wire::Document = serde_json::from_str(text).ok()?;
    let release = SiteRelease {
        site: Site::parse(&wire.site).ok()?,
        sequence: wire.sequence,
        created: UnixTime::parse(&wire.created).ok()?,
        expires: UnixTime::parse(&wire.expires).ok()?,
        key_manifest: KeyManifestId {
            sequence: wire.key_manifest.sequence,
            hash: ManifestHash::from_hex(&wire.key_manifest.hash).ok()?,
        },
        log: log(wire.release_log.as_deref(), &wire.site)?,
        element: element(&wire)?,
        programs: hashes(std::mem::take(&mut wire.programs))?,
        fields: place(&mut wire, |origins| &origins.fields)?,
        admin: place(&mut wire, |origins| &origins.admin)?,
        version: wire.version,
        made_with: made_with(wire.nightsafe)?,
    };
    (is_good(&release) && encode(&release) == text).then_some(release)
}

pub(super) fn encode(release: &SiteRelease) -> String {
    let mut wire = wire::Document {
        created: release.created.to_text(),
        element: release.element.as_ref().map(|path| release.fields.url(path.as_str())),
        expires: release.expires.to_text(),
        files: BTreeMap::new(),
        format: Label::SiteReleaseDocument.as_str().into(),
        hashes: BTreeMap::new(),
        headers: BTreeMap::new(),
        integrity_keys: BTreeMap::new(),
        key_manifest: wire::KeyManifest {
            hash: release.key_manifest.hash.to_hex(),
            sequence: release.key_manifest.sequence,
        },
        nightsafe: wire::Nightsafe {
            modules: to_texts(&release.made_with.modules),
            source_commit: release.made_with.source_commit.clone(),
            toolchain: release.made_with.toolchain.clone(),
            version: release.made_with.version.clone(),
        },
        origins: wire::Origins {
            admin: release.admin.origin.as_str().into(),
            fields: release.fields.origin.as_str().into(),
        },
        programs: to_texts(&release.programs),
        release_log: release.log.as_ref().map(Vkey::to_text),
        scripts: BTreeMap::new(),
        sequence: release.sequence,
        site: release.site.as_str().into(),
        version: release.version.clone(),
        wasm_hashes: wasm_hashes(release).iter().map(|hash| b64u(hash)).collect(),
    };
    // Of bytes the order is that of their text but for the alphabet's
    wire.wasm_hashes.sort();
    for place in release.places() {
        wire.headers.insert(place.origin.as_str().into(), place.headers.clone());
        for (path, file) in &place.files {
            let url = place.url(path.as_str());
            wire.files.insert(url.clone(), wire::File { bytes: file.bytes, integrity: file.integrity() });
            wire.hashes.insert(url.clone(), b64u(&file.sha256));
            if !file.keys.is_empty() {
                wire.integrity_keys.insert(url.clone(), file.keys.iter().map(|key| b64(key)).collect());
            }
            if let Some(script) = &file.script {
                let super::Script { owner, purpose, justification } = script.clone();
                wire.scripts.insert(url, wire::Script { justification, owner, purpose });
            }
        }
    }
    wire::to_json(&wire)
}

/// Takes out what belongs to one origin.
fn place(wire: &mut wire::Document, which: impl Fn(&wire::Origins) -> &String) -> Option<Place> {
    let origin = Origin::parse(which(&wire.origins))?;
    let headers = wire.headers.remove(origin.as_str())?;
    let mut files = BTreeMap::new();
    for (url, file) in &wire.files {
        let Some(path) = url.strip_prefix(origin.as_str()).filter(|path| path.starts_with('/')) else { continue };
        let script = wire.scripts.get(url).map(|script| super::Script {
            owner: script.owner.clone(),
            purpose: script.purpose.clone(),
            justification: script.justification.clone(),
        });
        let sha384 = b64_decode(file.integrity.strip_prefix("sha384-")?)?;
        let keys = wire.integrity_keys.get(url).into_iter().flatten().map(|key| b64_decode(key)?.try_into().ok());
        let file = File {
            bytes: file.bytes,
            sha256: hash(wire.hashes.get(url)?)?,
            sha384: sha384.try_into().ok()?,
            script,
            keys: keys.collect::<Option<_>>()?,
        };
        files.insert(FilePath::parse(path)?, file);
    }
    Some(Place { origin, files, headers })
}

/// Of the fields origin.
fn element(wire: &wire::Document) -> Option<Option<FilePath>> {
    let Some(url) = &wire.element else { return Some(None) };
    Some(Some(FilePath::parse(url.strip_prefix(wire.origins.fields.as_str())?)?))
}

/// The key of a log that is the site's own.
fn log(wire: Option<&str>, site: &str) -> Option<Option<Vkey>> {
    let Some(text) = wire else { return Some(None) };
    let key = Vkey::parse(text).ok()?;
    (key.name() == release_log::origin(site)).then_some(Some(key))
}

fn made_with(wire: wire::Nightsafe) -> Option<MadeWith> {
    Some(MadeWith {
        version: wire.version,
        source_commit: wire.source_commit,
        toolchain: wire.toolchain,
        modules: hashes(wire.modules)?,
    })
}

fn hashes(texts: BTreeMap<String, String>) -> Option<BTreeMap<String, [u8; 32]>> {
    texts.into_iter().map(|(name, text)| Some((name, hash(&text)?))).collect()
}

fn to_texts(hashes: &BTreeMap<String, [u8; 32]>) -> BTreeMap<String, String> {
    hashes.iter().map(|(name, hash)| (name.clone(), b64u(hash))).collect()
}

/// What the types do not say.
fn is_good(release: &SiteRelease) -> bool {
    let SiteRelease { created, expires, made_with, .. } = release;
    let numbers = [release.sequence, release.key_manifest.sequence].iter().all(|number| *number <= MAX_NUMBER);
    let times = created < expires && *expires <= created.plus_days(MAX_VALID_DAYS);
    let count = release.fields.files.len().saturating_add(release.admin.files.len());
    let wasm = wasm_hashes(release);
    let modules = !made_with.modules.is_empty()
        && made_with.modules.iter().all(|(name, hash)| is_name(name) && wasm.contains(hash));
    numbers
        && times
        && count <= MAX_FILES
        && release.fields.origin != release.admin.origin
        && release.log.as_ref().is_none_or(|key| key.name() == release_log::origin(release.site.as_str()))
        && is_name(&release.version)
        && is_name(&made_with.version)
        && is_commit(&made_with.source_commit)
        && is_words(&made_with.toolchain)
        && modules
        && release.element.as_ref().is_none_or(|path| path.is_code() && release.fields.files.contains_key(path))
        && release.programs.len() <= MAX_PROGRAMS
        && release.programs.keys().all(|name| is_program_name(name))
        && release.places().into_iter().all(Place::is_good)
}

fn wasm_hashes(release: &SiteRelease) -> BTreeSet<[u8; 32]> {
    let files = release.places().into_iter().flat_map(|place| &place.files);
    files.filter(|(path, _)| path.is_wasm()).map(|(_, file)| file.sha256).collect()
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte))
}

/// Whether a release can name a program by that file name. It is looked for in folders, so it leads nowhere else.
pub fn is_program_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
}

fn is_commit(text: &str) -> bool {
    let commit = text.strip_suffix("+modified").unwrap_or(text);
    let is_hex = commit.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    text == "unknown" || [40, 64].contains(&commit.len()) && is_hex
}

fn hash(text: &str) -> Option<[u8; 32]> {
    b64u_decode(text)?.try_into().ok()
}
