//! What is served, held against what was signed.

use super::{FilePath, Headers, Place};
use crate::primitives::sha256;
use core::fmt;
use sha2::{Digest, Sha384};

/// Why a file is not the one of the release. The codes are WAICT's reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// There is no such file in the release.
    MissingFromManifest,
    /// The release has other bytes there.
    NoManifestMatch,
    /// The same, of a WASM module.
    WasmHashMismatch,
}

impl Mismatch {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingFromManifest => "missing_from_manifest",
            Self::NoManifestMatch => "no_manifest_match",
            Self::WasmHashMismatch => "wasm_hash_mismatch",
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingFromManifest => "is not in the release",
            Self::NoManifestMatch => "has other bytes than the release",
            Self::WasmHashMismatch => "is another WASM module than that of the release",
        })
    }
}

/// A header that is not as it was signed. Names of headers only: values are long, and the server's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderDifference {
    /// The header, as the release writes it.
    pub name: String,
    /// What is wrong with it.
    pub fault: HeaderFault,
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// It is not there.
    Missing,
    /// It has another value.
    Changed,
    /// It is there more than once.
    Doubled,
    /// It must not be there.
    Added,
}

impl HeaderFault {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "header_missing",
            Self::Changed => "header_changed",
            Self::Doubled => "header_doubled",
            Self::Added => "header_added",
        }
    }
}

/// Headers that weaken or steer a page, in lower case: an answer has one of these only when the release says so.
pub const SECURITY_HEADERS: &[&str] = &[
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "allow-csp-from",
    "clear-site-data",
    "connection-allowlist",
    "connection-allowlist-report-only",
    "content-security-policy",
    "content-security-policy-report-only",
    "cross-origin-embedder-policy",
    "cross-origin-embedder-policy-report-only",
    "cross-origin-opener-policy",
    "cross-origin-opener-policy-report-only",
    "cross-origin-resource-policy",
    "document-isolation-policy",
    "document-isolation-policy-report-only",
    "document-policy",
    "feature-policy",
    "integrity-policy",
    "integrity-policy-report-only",
    "integrity-policy-waict-v1",
    "link",
    "location",
    "nel",
    "origin-agent-cluster",
    "permissions-policy",
    "referrer-policy",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "set-cookie",
    "signature",
    "signature-input",
    "sourcemap",
    "speculation-rules",
    "strict-transport-security",
    "supports-loading-mode",
    "timing-allow-origin",
    "unencoded-digest",
    "x-content-type-options",
    "x-dns-prefetch-control",
    "x-frame-options",
    "x-sourcemap",
];

impl Place {
    /// Whether the bytes at a path are those of the release.
    ///
    /// # Errors
    /// The [`Mismatch`].
    pub fn check_file(&self, path: &str, bytes: &[u8]) -> Result<(), Mismatch> {
        let path = FilePath::parse(path).ok_or(Mismatch::MissingFromManifest)?;
        let file = self.files.get(&path).ok_or(Mismatch::MissingFromManifest)?;
        let sha384: [u8; 48] = Sha384::digest(bytes).into();
        if (sha256(&[bytes]), sha384) == (file.sha256, file.sha384) {
            return Ok(());
        }
        Err(if path.is_wasm() { Mismatch::WasmHashMismatch } else { Mismatch::NoManifestMatch })
    }

    /// How the headers of an answer for this path differ from those of the release, by name. `answer` has each header line
    /// once, also those of one name.
    pub fn check_headers(&self, path: &str, answer: &[(&str, &[u8])]) -> Vec<HeaderDifference> {
        let wanted = self.headers_of(path);
        let mut found: Vec<HeaderDifference> = wanted
            .iter()
            .filter_map(|(name, value)| {
                Some(HeaderDifference { name: name.clone(), fault: fault(name, value, answer)? })
            })
            .collect();
        let added = SECURITY_HEADERS.iter().filter(|name| !has(&wanted, name) && values(name, answer).next().is_some());
        found.extend(added.map(|name| HeaderDifference { name: (*name).into(), fault: HeaderFault::Added }));
        found
    }
}

fn fault(name: &str, value: &str, answer: &[(&str, &[u8])]) -> Option<HeaderFault> {
    let mut there = values(name, answer);
    match (there.next(), there.next()) {
        (None, _) => Some(HeaderFault::Missing),
        (Some(_), Some(_)) => Some(HeaderFault::Doubled),
        (Some(one), None) => (one != value.as_bytes()).then_some(HeaderFault::Changed),
    }
}

fn values<'a>(name: &str, answer: &[(&'a str, &'a [u8])]) -> impl Iterator<Item = &'a [u8]> {
    answer.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

fn has(headers: &Headers, name: &str) -> bool {
    headers.keys().any(|other| other.eq_ignore_ascii_case(name))
}
