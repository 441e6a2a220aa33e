//! The headers file of a served folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::stamp::Stamp;

/// Why a headers file was refused.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The file is not there or not readable.
    #[error("cannot read the headers file {path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// Not `{"*": {name: value}, "/path": {name: value}}`.
    #[error("the headers file {path} must be a JSON object of paths (or \"*\") to objects of header names and values")]
    Malformed {
        /// Which file.
        path: PathBuf,
    },
}

/// Headers for every path, and for single paths.
#[derive(Debug, Default)]
pub(super) struct Rules {
    everywhere: HeaderMap,
    paths: BTreeMap<String, HeaderMap>,
}

impl Rules {
    /// Sets the headers for `path`; those of the path win over those for all.
    pub(super) fn apply(&self, path: &str, headers: &mut HeaderMap) {
        let own = self.paths.get(path).into_iter().flatten();
        for (name, value) in self.everywhere.iter().chain(own) {
            headers.insert(name, value.clone());
        }
    }

    fn read(path: &Path) -> Result<Self, RulesError> {
        let text = std::fs::read(path).map_err(|source| RulesError::Read { path: path.to_owned(), source })?;
        Self::parse(&text).ok_or_else(|| RulesError::Malformed { path: path.to_owned() })
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let entries: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_slice(text).ok()?;
        let mut rules = Self::default();
        for (path, headers) in entries {
            let headers = header_map(&headers)?;
            if path == "*" {
                rules.everywhere = headers;
            } else if path.starts_with('/') {
                rules.paths.insert(path, headers);
            } else {
                return None;
            }
        }
        Some(rules)
    }
}

fn header_map(headers: &BTreeMap<String, String>) -> Option<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let is_new = map.insert(name, HeaderValue::from_str(value).ok()?).is_none();
        // Two spellings of one name: which one is meant cannot be known
        if !is_new {
            return None;
        }
    }
    Some(map)
}

/// The file, read again when it changes.
#[derive(Debug)]
pub(super) struct RulesFile {
    path: PathBuf,
    loaded: Mutex<(Option<Stamp>, Arc<Rules>)>,
}

impl RulesFile {
    pub(super) fn open(path: PathBuf) -> Result<Self, RulesError> {
        let stamp = Stamp::of(&path);
        let rules = Arc::new(Rules::read(&path)?);
        Ok(Self { path, loaded: Mutex::new((stamp, rules)) })
    }

    /// The rules as they are now, or the last good ones.
    pub(super) fn current(&self) -> Arc<Rules> {
        // What is inside is replaced as a whole, so a panic elsewhere leaves it whole
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&self.path);
        if stamp != loaded.0 {
            match Rules::read(&self.path) {
                Ok(rules) => *loaded = (stamp, Arc::new(rules)),
                Err(error) => {
                    tracing::error!(%error, "the old headers stay in use");
                    loaded.0 = stamp;
                }
            }
        }
        Arc::clone(&loaded.1)
    }
}
