//! For people.

use super::{Report, line};
use crate::visitor::VISITORS;

pub(super) fn write(report: &Report) -> String {
    let mut lines: Vec<String> = report.warning.iter().map(|warning| format!("WARNING: {warning}")).collect();
    lines.push(format!("{}  {}", report.severity().word(), report.summary()));
    if report.findings().len() > 1 {
        lines.extend(report.findings().iter().map(|told| format!("  {}", line(told))));
    }
    let who: Vec<&str> = VISITORS.iter().map(|visitor| visitor.name).collect();
    let mut looked = Vec::new();
    if !report.targets.is_empty() {
        looked.push(format!("{} as {}", report.targets.join(", "), who.join(", ")));
    }
    looked.extend(report.local.iter().map(|folder| format!("{folder} on this machine")));
    lines.push(format!("  looked at {}, in {:.1} s", looked.join(" and "), report.took.as_secs_f64()));
    for (what, days) in ["release", "key manifest"].into_iter().zip(report.days()) {
        lines.extend(days.map(|days| format!("  the {what} is good for {days} days more")));
    }
    let last = report.last_ok.map_or_else(|| "never".to_owned(), |at| at.to_text());
    lines.push(format!("  first seen {}, last good {last}", report.first_seen));
    lines.join("\n") + "\n"
}
