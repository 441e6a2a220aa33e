//! The headers of a release for other servers than ours: for nginx, for Caddy, and for hosts that read a file `_headers`. They
//! are made from the headers files that were signed, so that there is one place from which headers come.

mod caddy;
mod hosted;
mod nginx;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, bail};
use nightsafe_core::release::{ALL_PATHS, CONTENT_TYPE, NOTE_PATH, PROOF_PATH, Place, SiteRelease, with_own};
use nightsafe_serve::release::typed;

use super::describe::read_headers;
use super::headers::{HeaderSet, SiteHeaders};
use crate::data_dir::ReleaseFolder;
use crate::files;

/// The two parts of a log.
const LOG_CHECKPOINT: &str = "/log/checkpoint";
const LOG_TILES: &str = "/log/tile/";

/// What one origin answers; whatever is not in it is not found.
struct Answers {
    /// The headers of every answer, errors included.
    all: HeaderSet,
    /// Those of a path alone, its type among them.
    own: BTreeMap<String, HeaderSet>,
    /// Type of the files below a folder, whose names nobody knows beforehand: the tiles of the log.
    below: Option<(&'static str, &'static str)>,
}

impl Answers {
    /// `described` are the paths of what describes the release.
    fn new(mut headers: SiteHeaders, described: &[String]) -> Result<Self> {
        let Some(all) = headers.remove(ALL_PATHS) else { bail!("a headers file says nothing of every answer") };
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
    fn of(&self, own: &HeaderSet) -> (HeaderSet, String) {
        let mut headers = with_own(&self.all, own);
        let media_type = headers.remove(CONTENT_TYPE).unwrap_or_default();
        (headers, media_type)
    }

    /// The files that are written use no escapes, so that nothing can be read in two ways: what would need one is refused.
    fn check(&self) -> Result<()> {
        let is_path = |path: &str| path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
        let is_name = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_value =
            |value: &str| value.bytes().all(|byte| (b' '..=b'~').contains(&byte) && !b"\\$`{}".contains(&byte));
        if let Some(path) = self.own.keys().find(|path| !path.starts_with('/') || !is_path(path)) {
            bail!("a headers file names {path:?}, which is no path");
        }
        let headers = self.own.values().chain([&self.all]).flatten();
        match headers.filter(|(name, value)| !is_name(name) || !is_value(value)).map(|(name, _)| name).next() {
            Some(name) => bail!("the header {name:?} cannot be written for other servers"),
            None => Ok(()),
        }
    }
}

/// Writes the files of both origins, as its headers files say; `signed` is the release that is described beside them.
pub(crate) fn write(folder: &ReleaseFolder, signed: Option<&SiteRelease>) -> Result<()> {
    for (site, headers) in [("fields", folder.fields_headers()), ("admin", folder.admin_headers())] {
        for (path, text) in files_of(folder, site, read_headers(&headers)?, signed)? {
            match text {
                Some(text) => files::place(&path, text.as_bytes())?,
                None if path.exists() => std::fs::remove_file(&path)?,
                None => {}
            }
        }
    }
    Ok(())
}

/// Where each of them is, and what must be in it when the release is served.
pub(crate) fn of_release(folder: &ReleaseFolder, release: &SiteRelease) -> Result<Vec<(PathBuf, Option<String>)>> {
    let of = |site: &str, place: &Place| files_of(folder, site, place.headers.clone(), Some(release));
    Ok([of("fields", &release.fields)?, of("admin", &release.admin)?].concat())
}

/// A path has no text where such a server could not send these headers.
fn files_of(
    folder: &ReleaseFolder,
    site: &str,
    headers: SiteHeaders,
    signed: Option<&SiteRelease>,
) -> Result<Vec<(PathBuf, Option<String>)>> {
    let described = signed.into_iter().flat_map(SiteRelease::descriptions).map(|(path, _)| path);
    let note = signed.map(|_| NOTE_PATH.to_owned());
    let is_logged = signed.is_some_and(|signed| signed.log.is_some());
    let proof = is_logged.then(|| PROOF_PATH.to_owned());
    let answers = Answers::new(headers, &described.chain(note).chain(proof).collect::<Vec<_>>())?;
    let answers = if is_logged && site == "fields" { answers.with_log() } else { answers };
    Ok(vec![
        (folder.server_file(site, "nginx"), Some(nginx::text(&answers))),
        (folder.server_file(site, "caddy"), Some(caddy::text(&answers))),
        (folder.server_file(site, "cloudflare"), hosted::cloudflare(&answers)),
        (folder.server_file(site, "netlify"), Some(hosted::netlify(&answers))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn set(lines: &[(&str, &str)]) -> HeaderSet {
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
