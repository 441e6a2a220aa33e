//! For programs: one object on one line, so that a file of them is a log of runs.

use serde::Serialize;

use super::Report;
use crate::verdict::Finding;
use crate::visitor::VISITORS;

#[derive(Serialize)]
struct Json<'a> {
    status: &'a str,
    site: &'a str,
    at: String,
    seconds: f64,
    targets: Vec<String>,
    visitors: Vec<&'a str>,
    release: Option<Signed<'a>>,
    key_manifest: Option<Signed<'a>>,
    findings: Vec<Found<'a>>,
    first_seen: String,
    last_ok: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'a str>,
}

#[derive(Serialize)]
struct Signed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    sequence: u64,
    sha256: String,
    expires: String,
}

#[derive(Serialize)]
struct Found<'a> {
    verdict: &'a str,
    severity: &'a str,
    code: &'a str,
    what: &'a str,
    said: &'a str,
    /// Who saw it; everybody when it is empty
    only: &'a [&'static str],
}

pub(super) fn write(report: &Report) -> String {
    let release = report.outcome.release.as_ref().map(|verified| Signed {
        version: Some(&verified.release().version),
        sequence: verified.release().sequence,
        sha256: verified.hash().to_hex(),
        expires: verified.release().expires.to_text(),
    });
    let key_manifest = report.outcome.manifest.as_ref().map(|verified| Signed {
        version: None,
        sequence: verified.manifest().sequence,
        sha256: verified.hash().to_hex(),
        expires: verified.manifest().not_after.to_text(),
    });
    let findings = report.findings().iter().map(|told| {
        let Finding { verdict, code, what, said, .. } = &told.finding;
        Found { verdict: verdict.word(), severity: told.finding.severity().word(), code, what, said, only: &told.only }
    });
    let json = Json {
        status: report.severity().word(),
        site: &report.site,
        at: report.at.to_text(),
        seconds: report.took.as_secs_f64(),
        targets: report.looked_at(),
        visitors: VISITORS.iter().map(|visitor| visitor.name).collect(),
        release,
        key_manifest,
        findings: findings.collect(),
        first_seen: report.first_seen.to_text(),
        last_ok: report.last_ok.map(|at| at.to_text()),
        warning: report.warning.as_deref(),
    };
    // Texts, numbers and lists of them all have a JSON form
    serde_json::to_string(&json).unwrap_or_default() + "\n"
}
