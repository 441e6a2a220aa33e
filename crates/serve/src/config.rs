//! Configuration files: TOML, in which every key must be known, and no secret.
//!
//! A server's own configuration is a struct with `#[serde(deny_unknown_fields)]`, made of its own keys and of the
//! sections here. [`read`] loads it. What must stay secret lies in files of its own: [`Secret`].

mod arguments;
mod ceiling;
mod database;
mod path;
mod secret;
mod sections;

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

pub use arguments::Arguments;
pub use ceiling::Ceiling;
pub use database::{DatabaseSource, DatabaseSourceError, DatabaseUrl};
pub use path::AbsolutePath;
pub use secret::{Secret, SecretError};
pub use sections::{Limits, Listen, Log};

/// Longest configuration file, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Why a configuration is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A key is unknown or missing, a value is not of its form, or the file is no TOML.
    #[error("{}:{line}: {message}", .path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong, with the name of the key.
        message: String,
    },
}

/// Reads a configuration.
///
/// # Errors
/// [`ConfigError`], with the line and the name of the key.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MAX_FILE {
        return Err(unreadable(std::io::ErrorKind::FileTooLarge.into()));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    parse(&text).map_err(|(line, message)| ConfigError::Invalid { path: path.to_owned(), line, message })
}

/// The number of the line that is wrong, and what is wrong with it.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, (usize, String)> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        (before.matches('\n').count().saturating_add(1), error.message().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        #[expect(dead_code, reason = "read by the test's texts only")]
        site: String,
        listen: Inner,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        address: SocketAddr,
    }

    fn fault(text: &str) -> (usize, String) {
        parse::<Example>(text).unwrap_err()
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let good = "site = \"a\"\n[listen]\naddress = \"127.0.0.1:1\"\n";
        assert_eq!(parse::<Example>(good).unwrap().listen.address.port(), 1);

        let (line, message) = fault("site = \"a\"\n[listen]\naddress = \"127.0.0.1:1\"\nadress = 1\n");
        assert_eq!(line, 4);
        assert!(message.contains("unknown field `adress`") && message.contains("`address`"), "{message}");

        let (line, message) = fault("# a\nsite = \"a\"\n\n[lisen]\naddress = \"127.0.0.1:1\"\n");
        assert_eq!(line, 4);
        assert!(message.contains("unknown field `lisen`"), "{message}");

        let (line, message) = fault("site = \"a\"\n[listen]\naddress = \"localhost\"\n");
        assert_eq!(line, 3);
        assert!(message.contains("socket address"), "{message}");

        let (_, message) = fault("site = \"a\"\n");
        assert!(message.contains("missing field `listen`"), "{message}");

        let (line, _) = fault("site = \"a\"\nsite = \"b\"\n");
        assert_eq!(line, 2);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = read::<Example>(Path::new("/nowhere/ingest.toml")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read /nowhere/ingest.toml: "), "{error}");
    }
}
