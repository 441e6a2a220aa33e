//! A release's folder on a disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nightsafe_core::release::{ALL_PATHS, FilePath, NOTE_PATH, Place, SiteRelease};

use super::{Finding, unpack};
use crate::data_dir::ReleaseFolder;
use crate::site::describe::read_headers;
use crate::site::{offered, stage};

/// Whose files: of both origins, or of the one that this machine has.
pub(crate) struct Folder {
    folder: ReleaseFolder,
    /// Where document and note lie.
    described: PathBuf,
}

impl Folder {
    /// A folder with `fields`, `admin` or both in it, as `nightsafe site build` makes it.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let folder = ReleaseFolder::new(path.to_owned());
        let described = [folder.fields(), folder.admin()].into_iter().find(|site| site.is_dir());
        let described = described.with_context(|| {
            format!("{} has neither fields nor admin in it: name the folder that has them", path.display())
        })?;
        Ok(Self { folder, described })
    }

    /// Document and note as they are published.
    pub(crate) fn read_release(&self) -> Result<Option<(String, String)>> {
        let [document, note] = [nightsafe_core::release::DOCUMENT_PATH, NOTE_PATH]
            .map(|path| self.described.join(path.trim_start_matches('/')));
        if !document.exists() || !note.exists() {
            return Ok(None);
        }
        Ok(Some((crate::files::read_text(&document)?, crate::files::read_text(&note)?)))
    }

    /// All that differs, also in what describes the release.
    pub(crate) fn check(&self, release: &SiteRelease, document: &str, note: &str) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for (place, site, headers) in sites(&self.folder, release) {
            if !site.is_dir() {
                continue;
            }
            findings.extend(check(place, &site, &headers)?);
            let own =
                [offered::descriptions(release, document), vec![(NOTE_PATH.to_owned(), note.to_owned())]].concat();
            for (path, text) in own {
                let file = site.join(path.trim_start_matches('/'));
                if !std::fs::read(&file).is_ok_and(|bytes| bytes == text.as_bytes()) {
                    findings.push(Finding::new(
                        "no_manifest_match",
                        file.display().to_string(),
                        "is not what the release says of itself",
                    ));
                }
            }
        }
        Ok(findings)
    }
}

/// All that differs in the files of both origins and their headers, as they are before they are published.
pub(crate) fn folder(folder: &ReleaseFolder, release: &SiteRelease) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (place, site, headers) in sites(folder, release) {
        if !site.is_dir() {
            bail!("{} is not there: build the site again", site.display());
        }
        findings.extend(check(place, &site, &headers)?);
    }
    Ok(findings)
}

fn sites<'r>(folder: &ReleaseFolder, release: &'r SiteRelease) -> [(&'r Place, PathBuf, PathBuf); 2] {
    [
        (&release.fields, folder.fields(), folder.fields_headers()),
        (&release.admin, folder.admin(), folder.admin_headers()),
    ]
}

fn check(place: &Place, site: &Path, headers: &Path) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (path, file) in &place.files {
        let name = file_name(path);
        if path.as_str() == "/"
            && FilePath::parse("/index.html").and_then(|index| place.files.get(&index)) == Some(file)
        {
            continue; // The same file under its own name
        }
        let at = site.join(name);
        let Ok(bytes) = std::fs::read(&at) else {
            findings.push(Finding::new("file_missing", at.display().to_string(), "is not there"));
            continue;
        };
        if let Err(mismatch) = place.check_file(path.as_str(), &bytes) {
            findings.push(Finding::new(mismatch.code(), at.display().to_string(), mismatch));
        }
        // Most browsers get this one
        let sibling = site.join(format!("{name}.br"));
        if let Ok(packed) = std::fs::read(&sibling)
            && !unpack(&packed, file.bytes).is_ok_and(|plain| place.check_file(path.as_str(), &plain).is_ok())
        {
            let said = "is not a compressed copy of the file that was signed";
            findings.push(Finding::new("no_manifest_match", sibling.display().to_string(), said));
        }
    }
    let known: BTreeSet<&str> = place.files.keys().map(file_name).collect();
    for name in stage::names(site)?.iter().filter(|name| !known.contains(stage::plain(name))) {
        let said = nightsafe_core::release::Mismatch::MissingFromManifest;
        findings.push(Finding::new(said.code(), site.join(name).display().to_string(), said));
    }
    findings.extend(check_headers(place, headers)?);
    Ok(findings)
}

/// Of the file that is served at a path.
fn file_name(path: &FilePath) -> &str {
    match path.as_str() {
        "/" => "index.html",
        path => path.trim_start_matches('/'),
    }
}

/// The headers file, path by path.
fn check_headers(place: &Place, file: &Path) -> Result<Vec<Finding>> {
    let there = Place { headers: read_headers(file)?, ..place.clone() };
    let paths: BTreeSet<&str> =
        [place, &there].into_iter().flat_map(|place| place.headers.keys()).map(String::as_str).collect();
    let mut findings = Vec::new();
    for path in paths.into_iter().chain([ALL_PATHS]).collect::<BTreeSet<_>>() {
        let headers = there.headers_of(path);
        let answer: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let what = format!("{} {path}", file.display());
        findings.extend(place.check_headers(path, &answer).iter().map(|one| Finding::header(&what, one)));
    }
    Ok(findings)
}
