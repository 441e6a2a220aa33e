//! One of the two origins: its files and the headers of its answers.

use super::MAX_FILE;
use crate::anchor::Origin;
use crate::primitives::sha256;
use sha2::{Digest, Sha384};
use std::collections::BTreeMap;

/// Stands for every path where headers are named, also for those at which there is no file.
pub const ALL_PATHS: &str = "*";
/// The header that every file must have: with another type, browsers make something else of the same bytes.
pub const CONTENT_TYPE: &str = "Content-Type";
const MAX_PATH: usize = 200;
const MAX_HEADER: usize = 8192;
const MAX_WORDS: usize = 500;
/// Most keys of a file: that of now, and the one that follows.
pub const MAX_KEYS: usize = 2;

/// Header names to values; no two names differ in case alone.
pub type Headers = BTreeMap<String, String>;

/// An origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The origin.
    pub origin: Origin,
    /// Its files.
    pub files: BTreeMap<FilePath, File>,
    /// The headers of every answer under [`ALL_PATHS`], errors included; those of a file under its path, where they win by
    /// name.
    pub headers: BTreeMap<String, Headers>,
}

/// Path of a file: `/`, or `/` and names of `[A-Za-z0-9._-]` that start with no dot, at most 200 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePath(String);

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its length.
    pub bytes: u64,
    /// Hashes of its bytes.
    pub sha256: [u8; 32],
    /// Hashes of its bytes.
    pub sha384: [u8; 48],
    /// Why it may run; for code and nothing else.
    pub script: Option<Script>,
    /// Ed25519 keys, at most [`MAX_KEYS`], one of which must have signed it where its [`File::pin`] is used; for code alone.
    pub keys: Vec<[u8; 32]>,
}

/// An entry of the inventory of scripts (PCI DSS 6.4.3): texts of 1 to 500 bytes without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Who answers for it.
    pub owner: String,
    /// What it does.
    pub purpose: String,
    /// Why that is needed.
    pub justification: String,
}

impl FilePath {
    /// Reads a path.
    pub fn parse(text: &str) -> Option<Self> {
        let relative = text.strip_prefix('/')?;
        let is_name = |name: &str| {
            name.starts_with(|c: char| c != '.')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        let good = text.len() <= MAX_PATH && (relative.is_empty() || relative.split('/').all(is_name));
        // What describes the release is not in it, nor is the log that it is in
        let own = [super::DOCUMENT_PATH, super::NOTE_PATH, super::PROOF_PATH].contains(&text)
            || text.starts_with(super::LOG_PREFIX);
        (good && !own).then(|| Self(text.into()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether browsers run what is there.
    pub fn is_code(&self) -> bool {
        [".js", ".mjs"].iter().any(|end| self.0.ends_with(end)) || self.is_wasm()
    }

    /// Whether it is a WASM module.
    pub fn is_wasm(&self) -> bool {
        self.0.ends_with(".wasm")
    }
}

impl File {
    /// Of these bytes.
    pub fn of(bytes: &[u8], script: Option<Script>) -> Self {
        Self {
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            sha256: sha256(&[bytes]),
            sha384: Sha384::digest(bytes).into(),
            script,
            keys: Vec::new(),
        }
    }

    /// What a page pins it by: its hash, and the keys where it has some.
    pub fn pin(&self) -> String {
        let keys = self.keys.iter().map(|key| [" ed25519-", &crate::encoding::b64(key)].concat());
        std::iter::once(self.integrity()).chain(keys).collect()
    }

    /// `sha384-` and base64, as `integrity` attributes have it.
    pub fn integrity(&self) -> String {
        ["sha384-", &crate::encoding::b64(&self.sha384)].concat()
    }
}

impl Script {
    fn is_good(&self) -> bool {
        [&self.owner, &self.purpose, &self.justification].into_iter().all(|text| is_words(text))
    }
}

impl Place {
    /// The headers that an answer for this path must have.
    pub fn headers_of(&self, path: &str) -> Headers {
        let none = Headers::new();
        let own = self.headers.get(path).filter(|_| path != ALL_PATHS);
        with_own(self.headers.get(ALL_PATHS).unwrap_or(&none), own.unwrap_or(&none))
    }

    /// Address of a file.
    pub fn url(&self, path: &str) -> String {
        [self.origin.as_str(), path].concat()
    }

    /// What the types do not say.
    pub(super) fn is_good(&self) -> bool {
        let files = self.files.iter().all(|(path, file)| {
            file.bytes <= MAX_FILE
                && self.headers.get(path.as_str()).is_some_and(|own| own.contains_key(CONTENT_TYPE))
                && file.script.is_some() == path.is_code()
                && file.script.as_ref().is_none_or(Script::is_good)
                && (file.keys.is_empty() || path.is_code() && file.keys.len() <= MAX_KEYS)
        });
        let headers = self.headers.iter().all(|(path, headers)| {
            let known = path == ALL_PATHS || FilePath::parse(path).is_some_and(|path| self.files.contains_key(&path));
            known && is_headers(headers)
        });
        files && headers && self.headers.contains_key(ALL_PATHS)
    }
}

/// The headers of every answer, replaced by name by those of one path.
pub fn with_own(all: &Headers, own: &Headers) -> Headers {
    let replaced = |name: &str| own.keys().any(|other| other.eq_ignore_ascii_case(name));
    let mut headers = all.clone();
    headers.retain(|name, _| !replaced(name));
    headers.extend(own.clone());
    headers
}

fn is_headers(headers: &Headers) -> bool {
    let is_name = |name: &str| {
        (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_value = |value: &str| {
        (1..=MAX_HEADER).contains(&value.len())
            && value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
            && value.trim() == value
    };
    let twice = |name: &str| headers.keys().filter(|other| other.eq_ignore_ascii_case(name)).count() > 1;
    headers.iter().all(|(name, value)| is_name(name) && is_value(value) && !twice(name))
}

/// Text for people.
pub(super) fn is_words(text: &str) -> bool {
    (1..=MAX_WORDS).contains(&text.len()) && !text.chars().any(char::is_control)
}
