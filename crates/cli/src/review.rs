//! Words in which a signer is told what is new.

use nightsafe_core::time::UnixTime;

const DAY: u64 = 86_400;

/// A value, and what it was before.
pub(crate) fn changed(next: &str, before: &str) -> String {
    if next == before { format!("{next} (as before)") } else { format!("{next}   NEW; it was {before}") }
}

/// Each with its mark, then those that are gone.
pub(crate) fn list(name: &str, next: &[String], before: &[String]) -> Vec<String> {
    let mut lines = vec![name.to_owned()];
    for one in next {
        lines.push(format!("  {one}{}", if before.contains(one) { " (as before)" } else { "   NEW" }));
    }
    let gone = before.iter().filter(|one| !next.contains(one));
    lines.extend(gone.map(|one| format!("  {one}   NO LONGER")));
    lines
}

/// Whole days between two times.
pub(crate) fn days(from: UnixTime, to: UnixTime) -> u64 {
    to.seconds().saturating_sub(from.seconds()).checked_div(DAY).unwrap_or(0)
}
