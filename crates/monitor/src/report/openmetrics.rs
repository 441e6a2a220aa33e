//! For Prometheus. Hashes stand in the labels of info series alone, and times are those of the report.

use std::fmt::Write;

use super::Report;
use crate::verdict::{Severity, Verdict};

pub(super) fn write(report: &Report) -> String {
    let site = format!("site=\"{}\"", escaped(&report.site));
    let mut out = String::new();
    let mut gauge = |name: &str, unit: &str, help: &str, samples: Vec<(String, String)>| {
        if samples.is_empty() {
            return;
        }
        // Writing to a text does not fail
        let _ = writeln!(out, "# TYPE {name} gauge");
        if !unit.is_empty() {
            let _ = writeln!(out, "# UNIT {name} {unit}");
        }
        let _ = writeln!(out, "# HELP {name} {help}");
        for (labels, value) in samples {
            let more = if labels.is_empty() { String::new() } else { format!(",{labels}") };
            let _ = writeln!(out, "{name}{{{site}{more}}} {value}");
        }
    };
    let one = |value: String| vec![(String::new(), value)];
    let is_known = report.severity() != Severity::Unknown;
    gauge("nightsafe_monitor_success", "", "Whether all could be looked at", one(u8::from(is_known).to_string()));
    let is_good = matches!(report.severity(), Severity::Ok | Severity::Warning);
    gauge("nightsafe_monitor_ok", "", "Whether all is as it was signed", one(u8::from(is_good).to_string()));
    let count = |verdict: Verdict| report.findings().iter().filter(|told| told.finding.verdict == verdict).count();
    let verdicts = Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Ok);
    let counts = verdicts.map(|verdict| (format!("verdict=\"{}\"", verdict.word()), count(verdict).to_string()));
    gauge("nightsafe_monitor_findings", "", "Findings by verdict", counts.collect());
    gauge(
        "nightsafe_monitor_duration_seconds",
        "seconds",
        "How long the check took",
        one(format!("{:.3}", report.took.as_secs_f64())),
    );
    gauge(
        "nightsafe_monitor_check_timestamp_seconds",
        "seconds",
        "When the check was made",
        one(report.at.seconds().to_string()),
    );
    let last = report.last_ok.map(|at| one(at.seconds().to_string())).unwrap_or_default();
    gauge("nightsafe_monitor_last_ok_timestamp_seconds", "seconds", "When all was as it was signed", last);
    if let Some(verified) = &report.outcome.release {
        let release = verified.release();
        gauge("nightsafe_monitor_release_sequence", "", "Number of the release", one(release.sequence.to_string()));
        let expires = one(release.expires.seconds().to_string());
        gauge("nightsafe_monitor_release_expires_timestamp_seconds", "seconds", "When the release ends", expires);
    }
    if let Some(verified) = &report.outcome.manifest {
        let manifest = verified.manifest();
        gauge(
            "nightsafe_monitor_manifest_sequence",
            "",
            "Number of the key manifest",
            one(manifest.sequence.to_string()),
        );
        let expires = one(manifest.not_after.seconds().to_string());
        gauge("nightsafe_monitor_manifest_expires_timestamp_seconds", "seconds", "When the key manifest ends", expires);
    }
    if let Some(verified) = &report.outcome.release {
        let (version, hash) = (escaped(&verified.release().version), verified.hash().to_hex());
        let _ = write!(
            out,
            "# TYPE nightsafe_monitor_release info\n# HELP nightsafe_monitor_release The release\n\
             nightsafe_monitor_release_info{{{site},version=\"{version}\",sha256=\"{hash}\"}} 1\n"
        );
    }
    out + "# EOF\n"
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
