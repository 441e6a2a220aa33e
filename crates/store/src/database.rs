//! Where a database is.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

/// A database to open: a SQLite file, or a database of a PostgreSQL server.
///
/// Parsed from `sqlite:PATH` or `postgres://USER@HOST:PORT/NAME` (a Unix socket's folder goes into `?host=`). `Debug` and
/// every error keep passwords to themselves.
#[derive(Clone)]
pub struct Database(pub(crate) Engine);

/// What is behind a [`Database`].
#[derive(Clone)]
pub(crate) enum Engine {
    /// One file.
    Sqlite(PathBuf),
    /// One database of a server.
    Postgres(Box<PgConnectOptions>),
}

/// Why a text names no database. Holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// Neither of the two forms.
    #[error("a database is sqlite:PATH or postgres://USER@HOST/NAME")]
    Form,
    /// A PostgreSQL URL without the name of a database.
    #[error("the PostgreSQL URL names no database: postgres://USER@HOST/NAME")]
    Name,
    /// A PostgreSQL URL with something in it that cannot be understood.
    #[error(
        "the PostgreSQL URL is not valid: postgres://USER@HOST:PORT/NAME?sslmode=..., \
         with every character that means something to a URL percent-encoded"
    )]
    Url,
}

impl Database {
    /// The same database with this password, which may come from a file of its own. SQLite has none.
    #[must_use]
    pub fn with_password(self, password: &str) -> Self {
        match self.0 {
            Engine::Postgres(options) => Self(Engine::Postgres(Box::new(options.password(password)))),
            Engine::Sqlite(_) => self,
        }
    }

    /// Whether it is on a PostgreSQL server.
    pub fn is_postgres(&self) -> bool {
        matches!(self.0, Engine::Postgres(_))
    }

    /// Whether a text that [`Database`] can be parsed from holds a password.
    pub fn text_holds_password(text: &str) -> bool {
        let Some((_, rest)) = text.split_once("://") else { return false };
        let (authority, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let user = authority.split('/').next().and_then(|authority| authority.rsplit_once('@')).map(|(user, _)| user);
        user.is_some_and(|user| user.contains(':'))
            || parameters.split('&').any(|parameter| parameter.starts_with("password="))
    }
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(text: &str) -> Result<Self, DatabaseError> {
        if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            return Ok(Self::from(Path::new(path)));
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(DatabaseError::Form);
        }
        let options = PgConnectOptions::from_str(text).map_err(|_| DatabaseError::Url)?;
        // The driver would take the user's name, which is never what somebody meant
        if options.get_database().is_none_or(str::is_empty) {
            return Err(DatabaseError::Name);
        }
        Ok(Self(Engine::Postgres(Box::new(options))))
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

/// The place alone: no password, and none of the URL's parameters.
impl std::fmt::Display for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Engine::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Engine::Postgres(options) => {
                let (user, name) = (options.get_username(), options.get_database().unwrap_or_default());
                match options.get_socket() {
                    Some(folder) => write!(f, "postgres://{user}@/{name}?host={}", folder.display()),
                    None => write!(f, "postgres://{user}@{}:{}/{name}", options.get_host(), options.get_port()),
                }
            }
        }
    }
}

/// As `Display`.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_are_named_by_a_text() {
        let parse = |text: &str| text.parse::<Database>().map(|database| database.to_string());
        assert_eq!(parse("sqlite:a/b.db").unwrap(), "sqlite:a/b.db");
        assert_eq!(parse("postgres://u@db.example:5433/shop").unwrap(), "postgres://u@db.example:5433/shop");
        assert_eq!(parse("postgresql://u@x/shop?host=/run/pg").unwrap(), "postgres://u@/shop?host=/run/pg");
        for (text, error) in [
            ("", DatabaseError::Form),
            ("sqlite:", DatabaseError::Form),
            ("mysql://u@h/d", DatabaseError::Form),
            ("postgres://u@h", DatabaseError::Name),
            ("postgres://u@h:port/d", DatabaseError::Url),
        ] {
            assert_eq!(parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        for text in ["postgres://u:hunter2@h/d", "postgres://u@h/d?password=hunter2"] {
            let database: Database = text.parse().unwrap();
            assert!(!format!("{database} {database:?}").contains("hunter2"));
            assert!(Database::text_holds_password(text));
        }
        let database = "postgres://u@h/d".parse::<Database>().unwrap().with_password("hunter2");
        assert!(!format!("{database} {database:?}").contains("hunter2"));
        assert!(!Database::text_holds_password("postgres://u@h/d?sslmode=require"));
        assert!(!Database::text_holds_password("sqlite:a:b@c"));
        let error = "postgres://u:hunter2@h:port/d".parse::<Database>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
