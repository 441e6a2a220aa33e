//! A release's folder on a disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nightsafe_core::release::{ALL_PATHS, FilePath, Mismatch, NOTE_PATH, PROOF_PATH, Place, SiteRelease};
use nightsafe_serve::release::{Finding, NOT_IN_LOG, Packing, unpack, verify_proof};

use crate::data_dir::ReleaseFolder;
use crate::site::describe::read_headers;
use crate::site::publish::{BROTLI, GZIP};
use crate::site::{server_files, stage};

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
    pub(crate) fn check(&self, release: &SiteRelease, note: &str) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for (place, site, headers) in sites(&self.folder, release) {
            if !site.is_dir() {
                continue;
            }
            findings.extend(check(place, &site, &headers)?);
            let own = [release.descriptions(), vec![(NOTE_PATH.to_owned(), note.to_owned())]].concat();
            for (path, text) in &own {
                let file = site.join(path.trim_start_matches('/'));
                if !std::fs::read(&file).is_ok_and(|bytes| bytes == text.as_bytes()) {
                    findings.push(Finding::new(
                        "no_manifest_match",
                        file.display().to_string(),
                        "is not what the release says of itself",
                    ));
                }
            }
            if let Err(said) = check_proof(&site, release) {
                let file = site.join(PROOF_PATH.trim_start_matches('/'));
                findings.push(Finding::new(NOT_IN_LOG, file.display().to_string(), said));
            }
            for path in well_known(&site)?.iter().filter(|path| own.iter().all(|(own, _)| own != *path)) {
                let said = Mismatch::MissingFromManifest;
                findings.push(Finding::new(said.code(), format!("{}{path}", site.display()), said));
            }
        }
        findings.extend(self.check_server_files(release)?);
        Ok(findings)
    }

    /// Those that are there: not every machine has every kind of server.
    fn check_server_files(&self, release: &SiteRelease) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for (file, text) in server_files::of_release(&self.folder, release)? {
            if std::fs::read(&file).is_ok_and(|bytes| text.is_none_or(|text| bytes != text.as_bytes())) {
                let said = "is not what follows from the headers of the release";
                findings.push(Finding::new("no_manifest_match", file.display().to_string(), said));
            }
        }
        Ok(findings)
    }
}

/// That the release is in the log whose key it names.
fn check_proof(site: &Path, release: &SiteRelease) -> Result<(), String> {
    let Some(log) = &release.log else { return Ok(()) };
    let text = std::fs::read_to_string(site.join(PROOF_PATH.trim_start_matches('/')));
    let text = text.map_err(|_| "is not there, and the release names a log".to_owned())?;
    verify_proof(&text, release, log).map(drop)
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
        // Browsers get these
        for (end, packing) in [(BROTLI, Packing::Brotli), (GZIP, Packing::Gzip)] {
            let sibling = site.join(format!("{name}{end}"));
            let is_copy = |packed: &[u8]| {
                unpack(packing, packed, file.bytes).is_ok_and(|plain| place.check_file(path.as_str(), &plain).is_ok())
            };
            if std::fs::read(&sibling).is_ok_and(|packed| !is_copy(&packed)) {
                let said = "is not a compressed copy of the file that was signed";
                findings.push(Finding::new("no_manifest_match", sibling.display().to_string(), said));
            }
        }
    }
    let known: BTreeSet<&str> = place.files.keys().map(file_name).collect();
    for name in stage::names(site)?.iter().filter(|name| !known.contains(stage::plain(name))) {
        let said = Mismatch::MissingFromManifest;
        findings.push(Finding::new(said.code(), site.join(name).display().to_string(), said));
    }
    findings.extend(check_headers(place, headers)?);
    Ok(findings)
}

/// Paths of all files below the one folder whose name starts with a dot and that is served all the same.
fn well_known(site: &Path) -> Result<Vec<String>> {
    let (mut folders, mut paths) = (vec![".well-known".to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        let at = site.join(&folder);
        if !at.is_dir() {
            continue;
        }
        let cannot = || format!("cannot read {}", at.display());
        for entry in std::fs::read_dir(&at).with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // Not served: what a killed run was writing
            if name.starts_with('.') {
                continue;
            }
            let path = format!("{folder}/{name}");
            match entry.file_type().with_context(cannot)?.is_dir() {
                true => folders.push(path),
                false => paths.push(format!("/{path}")),
            }
        }
    }
    paths.sort();
    Ok(paths)
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
