//! The headers of a release for other servers than ours: for nginx, for Caddy, and for hosts that read a file `_headers`. They
//! are made from the headers files that were signed, so that there is one place from which headers come.

mod caddy;
mod hosted;
mod nginx;

use std::collections::BTreeMap;

use nightsafe_core::release::{ALL_PATHS, CONTENT_TYPE, Headers, NOTE_PATH, PROOF_PATH, SiteRelease, with_own};
use thiserror::Error;

use super::typed;
use crate::static_files::OF_BYTES;

/// `"*"` or a path to its headers, as a headers file has it.
pub type SiteHeaders = BTreeMap<String, Headers>;

/// Why headers cannot be written for other servers.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ServerFileError {
    /// `"*"` is missing.
    #[error("a headers file says nothing of every answer")]
    NoCommon,
    /// Not a path that needs no escape.
    #[error("a headers file names {0:?}, which is no path")]
    Path(String),
    /// Not a name or a value that needs no escape.
    #[error("the header {0:?} cannot be written for other servers")]
    Header(String),
}

/// A file of one kind of server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFile {
    /// `nginx`, `caddy`, `cloudflare` or `netlify`.
    pub kind: &'static str,
    /// Nothing where such a server could not send these headers.
    pub text: Option<String>,
}

/// The two parts of a log.
const LOG_CHECKPOINT: &str = "/log/checkpoint";
const LOG_TILES: &str = "/log/tile/";

/// What one origin answers; whatever is not in it is not found.
struct Answers {
    /// The headers of every answer, errors included.
    all: Headers,
    /// Those of a path alone, its type among them.
    own: BTreeMap<String, Headers>,
    /// Type of the files below a folder, whose names nobody knows beforehand: the tiles of the log.
    below: Option<(&'static str, &'static str)>,
}

impl Answers {
    /// `described` are the paths of what describes the release.
    fn new(mut headers: SiteHeaders, described: &[String]) -> Result<Self, ServerFileError> {
        let Some(all) = headers.remove(ALL_PATHS) else { return Err(ServerFileError::NoCommon) };
        for path in described {
            headers.insert(path.clone(), typed(path));
        }
        let answers = Self { all, own: headers, below: None };
        answers.check()?;
        Ok(answers)
    }

    /// The same, with the files of a log.
    fn with_log(mut self) -> Self {
        self.own.insert(LOG_CHECKPOINT.to_owned(), typed(LOG_CHECKPOINT));
        self.below = Some((LOG_TILES, "application/octet-stream"));
        self
    }

    /// All headers of a path, and the type.
    fn of(&self, own: &Headers) -> (Headers, String) {
        let mut headers = with_own(&self.all, own);
        let media_type = headers.remove(CONTENT_TYPE).unwrap_or_default();
        (headers, media_type)
    }

    /// The files that are written use no escapes, so that nothing can be read in two ways: what would need one is refused.
    fn check(&self) -> Result<(), ServerFileError> {
        let is_path = |path: &str| path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
        let is_name = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_value =
            |value: &str| value.bytes().all(|byte| (b' '..=b'~').contains(&byte) && !b"\\$`{}".contains(&byte));
        if let Some(path) = self.own.keys().find(|path| !path.starts_with('/') || !is_path(path)) {
            return Err(ServerFileError::Path(path.clone()));
        }
        let headers = self.own.values().chain([&self.all]).flatten();
        match headers.filter(|(name, value)| !is_name(name) || !is_value(value)).map(|(name, _)| name).next() {
            Some(name) => Err(ServerFileError::Header(name.clone())),
            None => Ok(()),
        }
    }
}

/// Whether a header says something of a file's very bytes: then it is not for an error in its place.
fn is_of_bytes(name: &str) -> bool {
    OF_BYTES.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// The files for `fields` or `admin`, whose headers these are; `signed` is the release that is described beside them.
///
/// # Errors
/// [`ServerFileError`] when something could be read in two ways.
pub fn server_files(
    site: &str,
    headers: SiteHeaders,
    signed: Option<&SiteRelease>,
) -> Result<Vec<ServerFile>, ServerFileError> {
    let described = signed.into_iter().flat_map(SiteRelease::descriptions).map(|(path, _)| path);
    let note = signed.map(|_| NOTE_PATH.to_owned());
    let is_logged = signed.is_some_and(|signed| signed.log.is_some());
    let proof = is_logged.then(|| PROOF_PATH.to_owned());
    let answers = Answers::new(headers, &described.chain(note).chain(proof).collect::<Vec<_>>())?;
    let answers = if is_logged && site == "fields" { answers.with_log() } else { answers };
    Ok(vec![
        ServerFile { kind: "nginx", text: Some(nginx::text(&answers)) },
        ServerFile { kind: "caddy", text: Some(caddy::text(&answers)) },
        ServerFile { kind: "cloudflare", text: hosted::cloudflare(&answers) },
        ServerFile { kind: "netlify", text: Some(hosted::netlify(&answers)) },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn set(lines: &[(&str, &str)]) -> Headers {
        lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    pub(super) fn answers() -> Answers {
        let headers = SiteHeaders::from([
            ("*".to_owned(), set(&[("Cache-Control", "no-store"), ("X-Frame-Options", "DENY")])),
            ("/".to_owned(), set(&[("Content-Type", "text/html; charset=utf-8")])),
            ("/a.js".to_owned(), set(&[("Cache-Control", "no-cache"), ("Content-Type", "text/javascript")])),
        ]);
        Answers::new(headers, &["/site-release".to_owned()]).unwrap()
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let with = |path: &str, name: &str, value: &str| {
            let headers = SiteHeaders::from([("*".to_owned(), set(&[])), (path.to_owned(), set(&[(name, value)]))]);
            Answers::new(headers, &[])
        };
        assert!(with("/a.js", "X-A", "a \"b\" 'c'; #d").is_ok());
        for value in ["$host", "{http.request.host}", "`", "\\", "a\nb", "\u{e9}"] {
            assert!(with("/a.js", "X-A", value).is_err(), "{value}");
        }
        assert!(with("/a.js", "-X-A", "a").is_err() && with("/a.js", "X A", "a").is_err());
        for path in ["/a b", "/a;b", "/{a}", "/a*", "a"] {
            assert!(with(path, "X-A", "a").is_err(), "{path}");
        }
        assert!(Answers::new(SiteHeaders::new(), &[]).is_err());
    }
}
