use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

use super::{Secret, SecretError};

/// A database and, for PostgreSQL, the secret with the password:
///
/// ```toml
/// database = "postgres://nightsafe_ingest@db.example/nightsafe"
/// password = "credential:database-password"   # not with sqlite:PATH, nor with a socket that knows its users
/// ```
///
/// A section has the two keys and makes this of them.
#[derive(Debug, Clone)]
pub struct DatabaseSource {
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`, without a password.
    pub database: DatabaseUrl,
    /// The password.
    pub password: Option<Secret>,
}

/// A database URL that holds no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// Why there is no way to a database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseSourceError {
    /// The file with the password.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A password for a file, or for a URL without a user.
    #[error("`password` goes with a database of the form postgres://USER@HOST/NAME only")]
    NoUser,
}

impl DatabaseSource {
    /// The URL to connect with, password included.
    ///
    /// # Errors
    /// [`DatabaseSourceError`]
    pub fn url(&self) -> Result<Zeroizing<String>, DatabaseSourceError> {
        let url = &self.database.0;
        let Some(password) = &self.password else { return Ok(Zeroizing::new(url.clone())) };
        let (scheme, rest) = url.split_once("://").ok_or(DatabaseSourceError::NoUser)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let (user, _) = authority.split_once('@').ok_or(DatabaseSourceError::NoUser)?;
        let rest = rest.get(user.len()..).unwrap_or_default();
        let password = encoded(&password.read_text()?);
        Ok(Zeroizing::new([scheme, "://", user, ":", &password, rest].concat()))
    }
}

/// Percent-encoding of all that RFC 3986 does not call unreserved.
fn encoded(text: &str) -> Zeroizing<String> {
    // Room for all of it at once: a buffer that grows leaves copies behind
    let mut out = Zeroizing::new(String::with_capacity(text.len().saturating_mul(3)));
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.extend(char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    out
}

impl DatabaseUrl {
    fn parse(text: String) -> Result<Self, &'static str> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let is_full = path.starts_with('/');
            return if is_full { Ok(Self(text)) } else { Err("write the path in full: sqlite:/...") };
        }
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
        let rest = rest.ok_or("a database is sqlite:PATH or postgres://USER@HOST/NAME")?;
        let (authority, query) = (rest.split(['/', '?']).next(), rest.split_once('?').map(|(_, query)| query));
        let user = authority.and_then(|authority| authority.rsplit_once('@')).map_or("", |(user, _)| user);
        if user.contains(':') || query.is_some_and(|query| query.contains("password=")) {
            return Err(
                "a password does not belong in the configuration: put it into a file and name that under `password`",
            );
        }
        Ok(Self(text))
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn source(url: &str, password: Option<Secret>) -> DatabaseSource {
        DatabaseSource { database: DatabaseUrl::parse(url.to_owned()).unwrap(), password }
    }

    #[test]
    fn the_password_comes_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "p@ss/w:rd é\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let secret = Secret::parse(path.to_str().unwrap()).unwrap();
        let with = |url| source(url, Some(secret.clone())).url();
        assert_eq!(
            *with("postgres://ingest@db.example:5432/nightsafe?sslmode=verify-full").unwrap(),
            "postgres://ingest:p%40ss%2Fw%3Ard%20%C3%A9@db.example:5432/nightsafe?sslmode=verify-full"
        );
        assert!(matches!(with("sqlite:/var/lib/outbox.db"), Err(DatabaseSourceError::NoUser)));
        assert!(matches!(with("postgres://db.example/a@b"), Err(DatabaseSourceError::NoUser)));
        let socket = "postgres:///nightsafe?host=/run/postgresql&user=ingest";
        assert_eq!(*source(socket, None).url().unwrap(), socket);
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_not_repeated() {
        for bad in ["postgres://a:hunter2@db/n", "postgres:///n?user=a&password=hunter2", "mysql://hunter2", "sqlite:a"]
        {
            let message = DatabaseUrl::parse(bad.to_owned()).unwrap_err();
            assert!(!message.contains("hunter2"));
        }
    }
}
