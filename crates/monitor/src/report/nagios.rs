//! For Nagios, Icinga and their kin: one line, then performance data.

use super::Report;
use crate::verdict::Severity;

/// What a line has room for, everywhere.
const MAX_TEXT: usize = 800;

pub(super) fn write(report: &Report) -> String {
    let warning = report.warning.iter().map(|warning| format!("{warning}; "));
    let text: String = warning.chain([report.summary()]).collect();
    // A bar begins the performance data, and a line end the long text
    let text: String = text.chars().map(|c| if c == '|' || c.is_control() { ' ' } else { c }).take(MAX_TEXT).collect();
    let mut data = vec![format!("'time'={:.3}s;;;0", report.took.as_secs_f64())];
    let of = |severity| report.findings().iter().filter(|told| told.finding.severity() == severity).count();
    data.push(format!("'critical'={};;0;0", of(Severity::Critical)));
    data.push(format!("'warnings'={};0;;0", of(Severity::Warning)));
    data.push(format!("'unreachable'={};;;0", of(Severity::Unknown)));
    data.push(format!("'files'={};;;0", report.files()));
    for (label, days) in ["release_days", "manifest_days"].into_iter().zip(report.days()) {
        data.extend(days.map(|days| format!("'{label}'={days};;;0")));
    }
    format!("NIGHTSAFE {} - {text} | {}\n", report.severity().word(), data.join(" "))
}
