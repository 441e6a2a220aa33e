//! A site release: every file that a site's two static origins serve, with its hashes and headers, signed by k of n site keys.
//!
//! Two files. The *document* is JSON and says what is served; it is also an integrity manifest as WAICT has it. The *note* is
//! a short signed text that names the document by its hash: signatures stay outside of what they sign.
//! `docs/spec/site-release.md` is normative.

mod check;
mod document;
mod error;
mod note;
mod place;
mod wire;

pub use check::{HeaderDifference, HeaderFault, Mismatch, SECURITY_HEADERS};
pub use document::is_program_name;
pub use error::ReleaseError;
pub use note::{Remembered, VerifiedRelease, sign, text, verify, verify_at_any_time};
pub use place::{ALL_PATHS, CONTENT_TYPE, File, FilePath, Headers, MAX_KEYS, Place, Script, with_own};

use crate::note::Vkey;
use crate::scalar::{ManifestHash, ReleaseHash, Site};
use crate::time::UnixTime;
use std::collections::BTreeMap;

/// Most bytes of a document.
pub const MAX_DOCUMENT: usize = 1 << 20;
/// Most files of both origins together.
pub const MAX_FILES: usize = 4096;
/// Most programs that a release names.
pub const MAX_PROGRAMS: usize = 64;
/// Most bytes of a file: more than anything that a browser loads from a site, and what a comparing program may have to hold.
pub const MAX_FILE: u64 = 1 << 26;
/// Longest validity, in days.
pub const MAX_VALID_DAYS: u64 = crate::manifest::MAX_VALID_DAYS;
/// Where both origins serve the document.
pub const DOCUMENT_PATH: &str = "/site-release.json";
/// Where both origins serve the note.
pub const NOTE_PATH: &str = "/site-release";
/// Where both origins serve the proof that the release is in the release log.
pub const PROOF_PATH: &str = "/site-release.tlog-proof";
/// Below this, the fields origin serves the release log.
pub const LOG_PREFIX: &str = "/log/";

/// What a site serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRelease {
    /// The site.
    pub site: Site,
    /// The release's name for people, 1 to 64 of `[A-Za-z0-9.+-]`.
    pub version: String,
    /// Goes up with every release.
    pub sequence: u64,
    /// When it was made.
    pub created: UnixTime,
    /// Until when it is good, at most 400 days later.
    pub expires: UnixTime,
    /// What it was made with.
    pub made_with: MadeWith,
    /// The key manifest that is published with it.
    pub key_manifest: KeyManifestId,
    /// Key of the release log; its name is the log's origin. Releases of before there was a log name none.
    pub log: Option<Vkey>,
    /// The script of the fields origin that shops' pages load now; they may still load those of before. Releases of before it
    /// was named name none.
    pub element: Option<FilePath>,
    /// SHA-256 of programs that the site's servers run, by their files' names: 1 to 64 of `[A-Za-z0-9._+-]`, the first of them
    /// a letter or a digit. Releases of before they could name some name none.
    pub programs: BTreeMap<String, [u8; 32]>,
    /// The origin of the frame.
    pub fields: Place,
    /// The origin of the admin site.
    pub admin: Place,
}

/// The Nightsafe that a release was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeWith {
    /// Its version.
    pub version: String,
    /// The commit that it was built from: 40 or 64 hex digits, with `+modified` behind them when files were changed, or
    /// `unknown`.
    pub source_commit: String,
    /// The compiler and the tools of the WASM modules.
    pub toolchain: String,
    /// SHA-256 of its WASM modules by their names, as the project publishes them: the same for every site.
    pub modules: BTreeMap<String, [u8; 32]>,
}

/// Which key manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyManifestId {
    /// Its sequence number.
    pub sequence: u64,
    /// SHA-256 of its text.
    pub hash: ManifestHash,
}

impl SiteRelease {
    /// Reads a document. Nothing is verified; see [`verify`].
    ///
    /// # Errors
    /// [`ReleaseError::InvalidManifest`] for any text that [`SiteRelease::encode`] does not write.
    pub fn parse(document: &str) -> Result<Self, ReleaseError> {
        document::parse(document).ok_or(ReleaseError::InvalidManifest)
    }

    /// The document: canonical JSON (RFC 8785), on one line.
    pub fn encode(&self) -> String {
        document::encode(self)
    }

    /// Both origins.
    pub const fn places(&self) -> [&Place; 2] {
        [&self.fields, &self.admin]
    }

    /// The origin of that name.
    pub fn place(&self, origin: &str) -> Option<&Place> {
        self.places().into_iter().find(|place| place.origin.as_str() == origin)
    }

    /// Where and what a browser with WAICT would ask for: a path, whose name is made of the content, and the file. The
    /// line for a proof that it is in a log is empty: that proof is a file of its own.
    pub fn waict(&self) -> (String, String) {
        let file = [&self.encode(), "\n\n"].concat();
        let hash = crate::encoding::b64u(&crate::primitives::sha256(&[file.as_bytes()]));
        (["/.well-known/waict/manifests/", hash.get(..22).unwrap_or_default()].concat(), file)
    }

    /// Where and what WEBCAT would ask the admin site for. It is not enrolled, so the signatures are for its operator to add.
    pub fn webcat(&self) -> (&'static str, String) {
        ("/.well-known/webcat/manifest.json", wire::webcat(self))
    }

    /// Path and text of what both origins serve of a release, besides the note.
    pub fn descriptions(&self) -> Vec<(String, String)> {
        let (webcat, text) = self.webcat();
        vec![(DOCUMENT_PATH.into(), self.encode()), self.waict(), (webcat.into(), text)]
    }
}

/// SHA-256 of a document.
pub fn hash(document: &str) -> ReleaseHash {
    ReleaseHash(crate::primitives::sha256(&[document.as_bytes()]))
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
