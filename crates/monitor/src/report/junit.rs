//! For CI: a test case for each finding, or one that passed. What could not be looked at was not tested, so it is an error and
//! no failure.

use super::Report;
use crate::verdict::Severity;

pub(super) fn write(report: &Report) -> String {
    let of = |severity| report.findings().iter().filter(|told| told.finding.severity() == severity).count();
    let time = format!("{:.3}", report.took.as_secs_f64());
    let tests = report.findings().len().max(1);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"nightsafe-monitor {}\" tests=\"{tests}\" \
         failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"{time}\" timestamp=\"{}\">\n",
        escaped(&report.site),
        of(Severity::Critical),
        of(Severity::Unknown),
        report.at.to_text().trim_end_matches('Z'),
    );
    if report.findings().is_empty() {
        text += &case(&report.looked_at().join(" "), "OK", "");
    }
    for told in report.findings() {
        let finding = &told.finding;
        let (verdict, line) = (finding.verdict.word(), escaped(&super::line(told)));
        let element = match finding.severity() {
            Severity::Critical => Some("failure"),
            Severity::Unknown => Some("error"),
            Severity::Ok | Severity::Warning => None,
        };
        let body = match element {
            Some(element) => format!("<{element} type=\"{verdict}\" message=\"{line}\"/>"),
            None => format!("<system-out>{line}</system-out>"),
        };
        text += &case(&finding.what, verdict, &body);
    }
    text + "</testsuite>\n</testsuites>\n"
}

fn case(name: &str, class: &str, body: &str) -> String {
    format!("<testcase classname=\"{class}\" name=\"{}\">{body}</testcase>\n", escaped(name))
}

/// XML 1.0 has no place for most control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
