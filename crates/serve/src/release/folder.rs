//! A release's folder on a disk: a folder for each origin, and beside them its headers, for our server and for others.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use nightsafe_core::log::MAX_LOGGED;
use nightsafe_core::note::MAX_NOTE;
use nightsafe_core::release::{
    ALL_PATHS, DOCUMENT_PATH, FilePath, LOG_PREFIX, MAX_DOCUMENT, Mismatch, NOTE_PATH, PROOF_PATH, Place, SiteRelease,
};
use thiserror::Error;

use super::server_files::{ServerFileError, SiteHeaders, server_files};
use super::{Finding, INVALID_PROOF, Packing, unpack, verify_proof};

/// Most bytes of a headers file, and of a file for another server.
const MAX_SERVER_FILE: usize = 1 << 24;
/// What the names of compressed copies end with.
pub const BROTLI: &str = ".br";
/// The same, of gzip.
pub const GZIP: &str = ".gz";

/// Why a folder cannot be looked at.
#[derive(Debug, Error)]
pub enum FolderError {
    /// Neither `fields` nor `admin`.
    #[error("{0} has neither fields nor admin in it: name the folder that has them")]
    NoSite(PathBuf),
    /// One of both is missing.
    #[error("{0} is not there: build the site again")]
    Missing(PathBuf),
    /// The system's word.
    #[error("cannot read {0}: {1}")]
    Read(PathBuf, io::Error),
    /// Not JSON of headers.
    #[error("{0} is no headers file: build the site again")]
    Headers(PathBuf),
    /// Headers that no other server could be told.
    #[error(transparent)]
    ServerFile(#[from] ServerFileError),
}

/// The folder: with the files of both origins, or of the one that this machine has.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A folder with `fields`, `admin` or both in it, as `nightsafe site build` makes it.
    ///
    /// # Errors
    /// [`FolderError::NoSite`]
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let folder = Self(path.to_owned());
        match folder.described() {
            Some(_) => Ok(folder),
            None => Err(FolderError::NoSite(path.to_owned())),
        }
    }

    /// Where document and note lie.
    fn described(&self) -> Option<PathBuf> {
        ["fields", "admin"].map(|site| self.0.join(site)).into_iter().find(|site| site.is_dir())
    }

    /// The note, as it is published.
    pub fn note(&self) -> Option<PathBuf> {
        Some(self.described()?.join(NOTE_PATH.trim_start_matches('/')))
    }

    /// A file that the fields origin serves, or would.
    pub fn of_fields(&self, path: &str) -> PathBuf {
        self.0.join("fields").join(path.trim_start_matches('/'))
    }

    /// The headers of `fields` or `admin` for another kind of server.
    pub fn server_file(&self, site: &str, kind: &str) -> PathBuf {
        self.0.join(format!("{site}-headers.{kind}"))
    }

    /// Document and note as they are published.
    ///
    /// # Errors
    /// [`FolderError::Read`]
    pub fn read_release(&self) -> Result<Option<(String, String)>, FolderError> {
        let Some(site) = self.described() else { return Ok(None) };
        let [document, note] = [DOCUMENT_PATH, NOTE_PATH].map(|path| site.join(path.trim_start_matches('/')));
        if !document.exists() || !note.exists() {
            return Ok(None);
        }
        Ok(Some((read_text(&document, MAX_DOCUMENT)?, read_text(&note, MAX_NOTE)?)))
    }

    /// All that differs, also in what describes the release.
    ///
    /// # Errors
    /// [`FolderError`] when something could not be looked at.
    pub fn check(&self, release: &SiteRelease, note: &str) -> Result<Vec<Finding>, FolderError> {
        let mut findings = Vec::new();
        for (place, name) in sites(release) {
            let site = self.0.join(name);
            if !site.is_dir() {
                continue;
            }
            findings.extend(check(place, &site, &self.headers(name))?);
            let own = [release.descriptions(), vec![(NOTE_PATH.to_owned(), note.to_owned())]].concat();
            for (path, text) in &own {
                let file = site.join(path.trim_start_matches('/'));
                if !read(&file, text.len()).is_ok_and(|bytes| bytes == text.as_bytes()) {
                    findings.push(Finding::new(
                        "no_manifest_match",
                        file.display().to_string(),
                        "is not what the release says of itself",
                    ));
                }
            }
            if let Err(said) = check_proof(&site, release) {
                let file = site.join(PROOF_PATH.trim_start_matches('/'));
                findings.push(Finding::new(INVALID_PROOF, file.display().to_string(), said));
            }
            for path in well_known(&site)?.iter().filter(|path| own.iter().all(|(own, _)| own != *path)) {
                let said = Mismatch::MissingFromManifest;
                findings.push(Finding::new(said.code(), format!("{}{path}", site.display()), said));
            }
            findings.extend(self.check_server_files(release, place, name)?);
        }
        Ok(findings)
    }

    /// All that differs in the files of both origins and their headers, as they are before they are published.
    ///
    /// # Errors
    /// [`FolderError`], also when one of both is not there.
    pub fn check_unpublished(&self, release: &SiteRelease) -> Result<Vec<Finding>, FolderError> {
        let mut findings = Vec::new();
        for (place, name) in sites(release) {
            let site = self.0.join(name);
            if !site.is_dir() {
                return Err(FolderError::Missing(site));
            }
            findings.extend(check(place, &site, &self.headers(name))?);
        }
        Ok(findings)
    }

    fn headers(&self, site: &str) -> PathBuf {
        self.0.join(format!("{site}-headers.json"))
    }

    /// Those that are there: not every machine has every kind of server.
    fn check_server_files(
        &self,
        release: &SiteRelease,
        place: &Place,
        site: &str,
    ) -> Result<Vec<Finding>, FolderError> {
        let mut findings = Vec::new();
        for wanted in server_files(site, place.headers.clone(), Some(release))? {
            let file = self.server_file(site, wanted.kind);
            if !file.exists() {
                continue;
            }
            let text = wanted.text.unwrap_or_default();
            let there = read(&file, MAX_SERVER_FILE).unwrap_or_default();
            if there != text.as_bytes() {
                let line = first_difference(&String::from_utf8_lossy(&there), &text);
                let said = format!("is not what follows from the headers of the release, from line {line} on");
                findings.push(Finding::new("no_manifest_match", file.display().to_string(), said));
            }
        }
        Ok(findings)
    }
}

/// The number of the first line that is another one.
fn first_difference(one: &str, other: &str) -> usize {
    let same = one.split('\n').zip(other.split('\n')).take_while(|(one, other)| one == other).count();
    same.saturating_add(1)
}

/// The headers of a headers file.
///
/// # Errors
/// [`FolderError`]
pub fn read_headers(path: &Path) -> Result<SiteHeaders, FolderError> {
    let text = read_text(path, MAX_SERVER_FILE)?;
    serde_json::from_str(&text).map_err(|_| FolderError::Headers(path.to_owned()))
}

/// Names of the files in a served folder, sorted, without what describes a release, and the log that it is in.
///
/// # Errors
/// [`FolderError::Read`]
pub fn names(folder: &Path) -> Result<Vec<String>, FolderError> {
    let cannot = |error| FolderError::Read(folder.to_owned(), error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let name = entry.map_err(cannot)?.file_name().to_string_lossy().into_owned();
        let own = [DOCUMENT_PATH, NOTE_PATH, PROOF_PATH, LOG_PREFIX];
        let own = own.iter().any(|path| path.trim_matches('/') == plain(&name));
        if !name.starts_with('.') && !own {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The name of the file that this is, or is a compressed sibling of.
pub fn plain(name: &str) -> &str {
    [BROTLI, GZIP].into_iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

/// A file of at most so many bytes, and no other thing of that name.
///
/// # Errors
/// The system's word; `InvalidData` when there is more, or something else.
pub fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    // A pipe would hold us for ever
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "is no file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "is longer than it may be"));
    }
    Ok(bytes)
}

/// The same, of a text.
///
/// # Errors
/// [`FolderError::Read`]
pub fn read_text(path: &Path, most: usize) -> Result<String, FolderError> {
    let text = read(path, most).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "is not text"))
    });
    text.map_err(|error| FolderError::Read(path.to_owned(), error))
}

fn sites(release: &SiteRelease) -> [(&Place, &'static str); 2] {
    [(&release.fields, "fields"), (&release.admin, "admin")]
}

/// That the release is in the log whose key it names.
fn check_proof(site: &Path, release: &SiteRelease) -> Result<(), String> {
    let Some(log) = &release.log else { return Ok(()) };
    let text = read_text(&site.join(PROOF_PATH.trim_start_matches('/')), MAX_LOGGED);
    let text = text.map_err(|_| "is not there, and the release names a log".to_owned())?;
    verify_proof(&text, release, log).map(drop)
}

fn check(place: &Place, site: &Path, headers: &Path) -> Result<Vec<Finding>, FolderError> {
    let mut findings = Vec::new();
    for (path, file) in &place.files {
        let name = file_name(path);
        if path.as_str() == "/"
            && FilePath::parse("/index.html").and_then(|index| place.files.get(&index)) == Some(file)
        {
            continue; // The same file under its own name
        }
        let at = site.join(name);
        let Ok(bytes) = read(&at, usize::try_from(file.bytes).unwrap_or(usize::MAX)) else {
            let there = if at.is_file() { "is longer than the file, or cannot be read" } else { "is not there" };
            let code = if at.is_file() { "no_manifest_match" } else { "file_missing" };
            findings.push(Finding::new(code, at.display().to_string(), there));
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
            // What is compressed may be a little longer than what is not
            let most = usize::try_from(file.bytes).unwrap_or(usize::MAX).saturating_add(1024);
            if sibling.exists() && !read(&sibling, most).is_ok_and(|packed| is_copy(&packed)) {
                let said = "is not a compressed copy of the file that was signed";
                findings.push(Finding::new("no_manifest_match", sibling.display().to_string(), said));
            }
        }
    }
    let known: BTreeSet<&str> = place.files.keys().map(file_name).collect();
    for name in names(site)?.iter().filter(|name| !known.contains(plain(name))) {
        let said = Mismatch::MissingFromManifest;
        findings.push(Finding::new(said.code(), site.join(name).display().to_string(), said));
    }
    findings.extend(check_headers(place, headers)?);
    Ok(findings)
}

/// Paths of all files below the one folder whose name starts with a dot and that is served all the same.
fn well_known(site: &Path) -> Result<Vec<String>, FolderError> {
    let (mut folders, mut paths) = (vec![".well-known".to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        let at = site.join(&folder);
        if !at.is_dir() {
            continue;
        }
        let cannot = |error| FolderError::Read(at.clone(), error);
        for entry in fs::read_dir(&at).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // Not served: what a killed run was writing
            if name.starts_with('.') {
                continue;
            }
            let path = format!("{folder}/{name}");
            match entry.file_type().map_err(cannot)?.is_dir() {
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
fn check_headers(place: &Place, file: &Path) -> Result<Vec<Finding>, FolderError> {
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
