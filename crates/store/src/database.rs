//! Where a database is.

use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A database to open: a SQLite file. `Debug` and every error keep passwords to themselves.
#[derive(Clone)]
pub struct Database(pub(crate) Engine);

/// What is behind a [`Database`].
#[derive(Clone)]
pub(crate) enum Engine {
    /// One file.
    Sqlite(PathBuf),
}

/// Why a text names no database. Holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// Neither of the two forms.
    #[error("a database is sqlite:PATH")]
    Form,
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(text: &str) -> Result<Self, DatabaseError> {
        match text.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(Self::from(Path::new(path))),
            _ => Err(DatabaseError::Form),
        }
    }
}

impl From<&Path> for Database {
    fn from(path: &Path) -> Self {
        Self(Engine::Sqlite(path.to_owned()))
    }
}

impl From<PathBuf> for Database {
    fn from(path: PathBuf) -> Self {
        Self(Engine::Sqlite(path))
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Engine::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}
