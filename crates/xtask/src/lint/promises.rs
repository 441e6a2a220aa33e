//! In the threat model, every cell that promises **nothing** names the test that shows it, and every test that is named there
//! is one.

use super::lengths::sources;
use crate::place;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;

const DOCUMENT: &str = "docs/THREAT-MODEL.md";
const PROMISE: &str = "**nothing**";

/// Refuses promises without tests, and names of tests that there are not.
pub(crate) fn check() -> Result<()> {
    let root = place::root();
    let text = fs::read_to_string(root.join(DOCUMENT)).context(DOCUMENT)?;
    let mut functions = BTreeSet::new();
    for file in sources()?.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        functions.extend(named_functions(&fs::read_to_string(&file)?));
    }
    let is_there = |name: &str| functions.contains(name) || name.contains('/') && root.join(name).is_file();
    let complaints = complaints(&text, is_there);
    if !complaints.is_empty() {
        bail!("{}", complaints.join("\n       "));
    }
    Ok(())
}

fn complaints(text: &str, is_there: impl Fn(&str) -> bool) -> Vec<String> {
    let rows = text.lines().enumerate().filter(|(_, line)| line.starts_with('|') && line.contains(PROMISE));
    let mut found = Vec::new();
    for (number, row) in rows {
        let at = format!("{DOCUMENT}:{}", number.saturating_add(1));
        for cell in row.split('|').filter(|cell| cell.contains(PROMISE)) {
            let tests: Vec<_> = quoted(cell).filter(|name| is_test_name(name)).collect();
            if tests.is_empty() {
                found.push(format!("{at}: a cell says {PROMISE} and names no test: {}", cell.trim()));
            }
            found.extend(
                tests.iter().filter(|name| !is_there(name)).map(|name| format!("{at}: there is no test {name}")),
            );
        }
    }
    found
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// A file of tests, or a function whose name is a sentence.
fn is_test_name(name: &str) -> bool {
    let is_file = name.ends_with(".rs") || name.ends_with(".spec.ts");
    is_file || name.matches('_').count() > 2 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn named_functions(text: &str) -> Vec<String> {
    let names = text.lines().filter_map(|line| line.split_once("fn ").map(|(_, rest)| rest));
    names.filter_map(|rest| rest.split(['(', '<']).next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_names_a_test_that_is_there() {
        let is_there = |name: &str| name == "nobody_gets_in_here" || name == "web/tests/e2e/log.spec.ts";
        let found = |text: &str| complaints(text, is_there).len();
        assert_eq!(
            found("| root | **nothing** (`nobody_gets_in_here`, `web/tests/e2e/log.spec.ts`) | everything |"),
            0
        );
        assert_eq!(found("| root | **nothing** | everything |"), 1);
        assert_eq!(found("| root | `keys/login.key`; **nothing** | **nothing** (`nobody_gets_in_here`) |"), 1);
        assert_eq!(found("| root | **nothing** (`nobody_gets_in_there`) |"), 1);
        assert_eq!(found("nothing, and **nothing** outside of a table"), 0);
        assert_eq!(
            named_functions("async fn nobody_gets_in_here() {\n    fn of<T>(t: T)"),
            ["nobody_gets_in_here", "of"]
        );
    }
}
