//! In the threat model, every cell that promises **nothing** names the test that shows it. That it is there, `named_tests` sees
//! to.

use crate::place;
use anyhow::{Context, Result, bail};
use std::fs;

const DOCUMENT: &str = "docs/THREAT-MODEL.md";
const PROMISE: &str = "**nothing**";

/// Refuses promises without tests.
pub(crate) fn check() -> Result<()> {
    let text = fs::read_to_string(place::root().join(DOCUMENT)).context(DOCUMENT)?;
    let complaints = complaints(&text);
    if !complaints.is_empty() {
        bail!("{}", complaints.join("\n       "));
    }
    Ok(())
}

fn complaints(text: &str) -> Vec<String> {
    let rows = text.lines().enumerate().filter(|(_, line)| line.starts_with('|') && line.contains(PROMISE));
    let mut found = Vec::new();
    for (number, row) in rows {
        let at = format!("{DOCUMENT}:{}", number.saturating_add(1));
        for cell in row.split('|').filter(|cell| cell.contains(PROMISE)) {
            if !quoted(cell).any(is_test_name) {
                found.push(format!("{at}: a cell says {PROMISE} and names no test: {}", cell.trim()));
            }
        }
    }
    found
}

/// What stands between backticks.
pub(super) fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// A file of tests, or a function whose name is a sentence.
pub(super) fn is_test_name(name: &str) -> bool {
    let is_file = name.ends_with(".rs") || name.ends_with(".spec.ts");
    is_file || name.matches('_').count() > 2 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_names_a_test() {
        let found = |text: &str| complaints(text).len();
        assert_eq!(
            found("| root | **nothing** (`nobody_gets_in_here`, `web/tests/e2e/log.spec.ts`) | everything |"),
            0
        );
        assert_eq!(found("| root | **nothing** | everything |"), 1);
        assert_eq!(found("| root | `keys/login.key`; **nothing** | **nothing** (`nobody_gets_in_here`) |"), 1);
        assert_eq!(found("nothing, and **nothing** outside of a table"), 0);
    }
}
