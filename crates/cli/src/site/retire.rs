//! Taking an old version of the checkout's files out of what is served.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, bail};
use nightsafe_core::time::{Day, UnixTime};

use super::release::{FieldsVersion, Release};
use crate::files;

/// Who asked for it within so many days is a shop that still pins it.
pub(crate) const LATELY_DAYS: u64 = 30;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The record without a version, and the version. The current one and the one before stay.
pub(crate) fn without(mut release: Release, name: &str) -> Result<(Release, FieldsVersion)> {
    let is_it = |version: &FieldsVersion| version.version.as_deref() == Some(name) || version.element.file == name;
    if is_it(&release.fields) {
        bail!("{name} is the current version: shops get it from `nightsafe snippet`");
    }
    match release.earlier.iter().position(is_it) {
        Some(0) => bail!("{name} is the version before the current one: shops that have not changed their tag need it"),
        Some(place) => {
            let version = release.earlier.remove(place);
            Ok((release, version))
        }
        None => bail!("there is no version {name}; earlier ones are {}", names(&release)),
    }
}

fn names(release: &Release) -> String {
    let name = |version: &FieldsVersion| version.version.clone().unwrap_or_else(|| version.element.file.clone());
    let all: Vec<String> = release.earlier.iter().skip(1).map(name).collect();
    if all.is_empty() { "none that could go".to_owned() } else { all.join(", ") }
}

/// The version's files that no other version has.
pub(crate) fn files_only_of(version: &FieldsVersion, release: &Release) -> BTreeSet<String> {
    let others: BTreeSet<&str> =
        release.versions().flat_map(FieldsVersion::files).map(|one| one.file.as_str()).collect();
    version.files().map(|one| one.file.clone()).filter(|file| !others.contains(file.as_str())).collect()
}

/// What access logs say of a version.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) requests: u64,
    /// The last day, where a line has one.
    pub(crate) last: Option<Day>,
}

impl Use {
    /// Reads a log in the combined format for requests of these files.
    pub(crate) fn read(&mut self, log: &Path, names: &BTreeSet<String>) -> Result<()> {
        if log.extension().is_some_and(|extension| extension == "gz") {
            bail!("{} is compressed: unpack it first", log.display());
        }
        for line in files::read_lossy(log)?.lines() {
            let Some((path, day)) = request(line) else { continue };
            if path.strip_prefix('/').is_some_and(|name| names.contains(name)) {
                self.requests = self.requests.saturating_add(1);
                self.last = self.last.max(day);
            }
        }
        Ok(())
    }

    pub(crate) fn is_late(&self, now: UnixTime) -> bool {
        self.requests > 0 && self.last.is_none_or(|last| last.start().plus_days(LATELY_DAYS) > now)
    }
}

/// Path and day of a line: `host - - [27/Nov/2026:16:50:11 +0000] "GET /path?query HTTP/1.1" 200 ...`
fn request(line: &str) -> Option<(&str, Option<Day>)> {
    let (_, rest) = line.split_once('[')?;
    let (time, rest) = rest.split_once(']')?;
    let mut words = rest.split_once('"')?.1.split(' ');
    let path = words.nth(1)?;
    Some((path.split('?').next().unwrap_or(path), day(time)))
}

fn day(time: &str) -> Option<Day> {
    let mut parts = time.split(['/', ':']);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| *name == month)?.checked_add(1)?;
    Day::parse(&format!("{year}-{month:02}-{day}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::release::tests::{admin, version};

    fn three() -> Release {
        let one = Release::succeed(None, version(1), admin());
        Release::succeed(Some(Release::succeed(Some(one), version(2), admin())), version(3), admin())
    }

    #[test]
    fn only_what_is_older_than_the_version_before_can_go() {
        let said = |name: &str| without(three(), name).unwrap_err().to_string();
        assert!(said("3").contains("the current version"));
        assert!(said("2").contains("the version before"));
        assert!(said("9").ends_with("earlier ones are 1"));
        let (left, gone) = without(three(), "1").unwrap();
        assert_eq!((left.earlier, gone), (vec![version(2)], version(1)));
        assert!(without(three(), "element-1.js").is_ok());
    }

    #[test]
    fn files_that_another_version_has_stay() {
        let mut release = three();
        release.fields.wasm = version(1).wasm;
        let (left, gone) = without(release, "1").unwrap();
        let files = files_only_of(&gone, &left);
        assert!(!files.contains("checkout-1.wasm"));
        assert_eq!(files.len(), 5);
    }

    #[test]
    fn logs_tell_who_still_asks() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("access.log");
        let text = "192.0.2.1 - - [01/Nov/2026:10:00:00 +0000] \"GET /element-1.js HTTP/1.1\" 200 12 \"-\" \"x\"\n\
             192.0.2.1 - - [20/Nov/2026:23:59:59 +0000] \"GET /element-1.js?x=1 HTTP/2.0\" 304 0 \"-\" \"x\"\n\
             192.0.2.1 - - [26/Nov/2026:10:00:00 +0000] \"GET /element-2.js HTTP/1.1\" 200 12 \"/element-1.js\" \"x\"\n\
             garbage \u{fffd} [x] \"\n";
        std::fs::write(&log, text).unwrap();
        let mut seen = Use::default();
        seen.read(&log, &BTreeSet::from(["element-1.js".to_owned()])).unwrap();
        assert_eq!(seen, Use { requests: 2, last: Some(Day::parse("2026-11-20").unwrap()) });
        assert!(seen.is_late(UnixTime::parse("2026-12-19T00:00:00Z").unwrap()));
        assert!(!seen.is_late(UnixTime::parse("2026-12-21T00:00:00Z").unwrap()));
        assert!(!Use::default().is_late(UnixTime::from_seconds(0)));
    }
}
