//! A report on one check, in the form that somebody asked for.

mod json;
mod junit;
mod nagios;
mod openmetrics;
mod text;

use std::time::Duration;

use nightsafe_core::release::VerifiedRelease;
use nightsafe_core::time::UnixTime;

use crate::check::{Outcome, Told, days_left};
use crate::verdict::Severity;

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// One line with performance data, for Nagios, Icinga and their kin
    Nagios,
    /// For Prometheus, by way of the node exporter's text files
    Openmetrics,
    /// For CI
    Junit,
}

/// What is told.
#[derive(Clone, Debug)]
pub struct Report {
    /// The site.
    pub site: String,
    /// When.
    pub at: UnixTime,
    /// How long it took.
    pub took: Duration,
    /// What was looked at, as it was named.
    pub targets: Vec<String>,
    /// The folder on this machine that was looked at.
    pub local: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// When the site was looked at for the first time.
    pub first_seen: UnixTime,
    /// When all of it was right for the last time, this time included.
    pub last_ok: Option<UnixTime>,
    /// Something that a person must know before believing the rest.
    pub warning: Option<String>,
}

impl Report {
    /// The report in a form, with a line end.
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Text => text::write(self),
            Format::Json => json::write(self),
            Format::Nagios => nagios::write(self),
            Format::Openmetrics => openmetrics::write(self),
            Format::Junit => junit::write(self),
        }
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.outcome.severity()
    }

    /// Addresses, and the folder.
    fn looked_at(&self) -> Vec<String> {
        self.targets.iter().chain(&self.local).cloned().collect()
    }

    fn findings(&self) -> &[Told] {
        &self.outcome.findings
    }

    /// Days until the release and the key manifest end.
    fn days(&self) -> [Option<u64>; 2] {
        let release = self.outcome.release.as_ref().map(|one| one.release().expires);
        let manifest = self.outcome.manifest.as_ref().map(|one| one.manifest().not_after);
        [release, manifest].map(|end| end.map(|end| days_left(end, self.at)))
    }

    fn files(&self) -> usize {
        self.outcome
            .release
            .as_ref()
            .map_or(0, |one| one.release().places().iter().map(|place| place.files.len()).sum())
    }

    /// One line.
    fn summary(&self) -> String {
        let Some(release) = self.outcome.release.as_ref().map(VerifiedRelease::release) else {
            return match self.findings().first() {
                Some(told) => format!("{}: {}", self.site, line(told)),
                None => format!("{}: there was nothing to look at", self.site),
            };
        };
        let of = format!("{} release {} (number {})", self.site, release.version, release.sequence);
        // The worst come first
        let is_ok = |told: &Told| told.finding.severity() == Severity::Ok;
        if self.findings().iter().all(is_ok) {
            let also: String = self.findings().iter().map(|told| format!("; {}", line(told))).collect();
            return format!("{of}: all is as it was signed{also}");
        }
        match self.findings() {
            [] => of,
            [told] => format!("{of}: {}", line(told)),
            [told, more @ ..] => format!("{of}: {}, and {} more", line(told), more.len()),
        }
    }
}

/// Verdict, address, what is wrong, and who saw it when that was not everybody. On one line, and without what a terminal would
/// obey: others may have chosen the address.
fn line(Told { finding, only }: &Told) -> String {
    let only = if only.is_empty() { String::new() } else { format!(" (only as {})", only.join(", ")) };
    let line = format!("{} {} {}{only}", finding.verdict.word(), finding.what, finding.said);
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
