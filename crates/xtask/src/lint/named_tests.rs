//! Every test that a document names is there: functions, files, and titles of tests in the browser.

use super::lengths::sources;
use super::promises::{is_test_name, quoted};
use crate::place;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;

/// All that they name.
const DOCUMENTS: [&str; 2] = ["docs/INTEGRITY.md", "docs/THREAT-MODEL.md"];
/// The head of a table whose last column has nothing but tests between its backticks.
const HEAD: &str = " test ";
/// What a title that is put together has of its own, at least: fewer letters fit anything.
const OWN: usize = 8;

/// Refuses names of tests that there are not, and rows that name none.
pub(crate) fn check() -> Result<()> {
    let tests = Tests::read()?;
    let mut found = Vec::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(place::root().join(document)).context(document)?;
        found.extend(complaints(&text, |name| tests.has(name)).into_iter().map(|said| format!("{document}:{said}")));
    }
    if !found.is_empty() {
        bail!("{}", found.join("\n       "));
    }
    Ok(())
}

/// Tests of this repository, by name.
pub(super) struct Tests {
    functions: BTreeSet<String>,
    titles: Vec<String>,
}

impl Tests {
    pub(super) fn read() -> Result<Self> {
        let mut tests = Self { functions: BTreeSet::new(), titles: Vec::new() };
        for file in sources()? {
            let text = || fs::read_to_string(&file);
            if file.extension().is_some_and(|extension| extension == "rs") {
                tests.functions.extend(functions(&text()?));
            } else if file.to_string_lossy().ends_with(".spec.ts") {
                tests.titles.extend(titles(&text()?));
            }
        }
        Ok(tests)
    }

    /// A test's whole name; its beginning, with `...`; or the path of a file of tests.
    pub(super) fn has(&self, name: &str) -> bool {
        let is_title = |title: &String| match name.strip_suffix("...") {
            Some(beginning) => beginning.len() >= OWN && title.starts_with(beginning),
            None => is_of(title, name),
        };
        let is_file = || name.contains('/') && place::root().join(name).is_file();
        self.functions.contains(name) || self.titles.iter().any(is_title) || is_file()
    }
}

fn complaints(text: &str, is_there: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_table = false;
    for (number, line) in text.lines().enumerate() {
        let cells: Vec<&str> = line.trim_end().trim_end_matches('|').split('|').collect();
        let last = if line.starts_with('|') { cells.last().copied().unwrap_or_default() } else { "" };
        let is_row = is_table && line.starts_with('|') && !last.starts_with("---");
        is_table = line.starts_with('|') && (is_table || last == HEAD);
        let in_cell: Vec<&str> = if is_row { quoted(last).collect() } else { Vec::new() };
        let names = quoted(line).filter(|name| is_test_name(name) || in_cell.contains(name)).collect::<BTreeSet<_>>();
        let at = number.saturating_add(1);
        if is_row && in_cell.is_empty() {
            found.push(format!("{at}: a row names no test:{last}"));
        }
        found.extend(
            names.into_iter().filter(|name| !is_there(name)).map(|name| format!("{at}: there is no test {name}")),
        );
    }
    found
}

/// Functions that are marked as tests.
fn functions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_marked = false;
    for line in text.lines().map(str::trim) {
        is_marked |= line.starts_with("#[") && line.contains("test");
        let Some((_, rest)) = line.split_once("fn ") else { continue };
        if is_marked {
            found.extend(rest.split(['(', '<']).next().map(str::to_owned));
        }
        is_marked = false;
    }
    found
}

/// What is given to `test`, or to a list of cases as what each is, as it stands there.
fn titles(text: &str) -> Vec<String> {
    ["test(", "what: "].iter().flat_map(|mark| text.split(mark).skip(1)).filter_map(title).collect()
}

fn title(rest: &str) -> Option<String> {
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|first| ['"', '`'].contains(first))?;
    rest.get(1..)?.split_once(quote).map(|(title, _)| title.to_owned())
}

/// Whether a title, with anything for each `${...}`, is this name.
fn is_of(title: &str, name: &str) -> bool {
    let mut parts = title.split("${").enumerate().map(|(index, part)| match part.split_once('}') {
        Some((_, own)) if index > 0 => own,
        _ => part,
    });
    let first = parts.next().unwrap_or_default();
    let others: Vec<&str> = parts.collect();
    let Some((last, between)) = others.split_last() else { return first == name };
    let own: usize = first.len().saturating_add(others.iter().map(|part| part.len()).sum());
    let Some(rest) = name.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else { return false };
    let rest = between.iter().try_fold(rest, |rest, part| rest.split_once(part).map(|(_, after)| after));
    own >= OWN && rest.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "| attack | test |\n|---|---|\n| a | `somebody_does_it_at_all` |\n| b | `WASM: one bit`; `code: ...` |\n";

    #[test]
    fn names_of_tests_are_names_of_tests_that_are_there() {
        let is_there = |name: &str| ["somebody_does_it_at_all", "WASM: one bit", "code: ..."].contains(&name);
        assert_eq!(complaints(TEXT, is_there), Vec::<String>::new());
        assert_eq!(complaints(TEXT, |_| false).len(), 3);
        assert_eq!(complaints("| attack | test |\n|---|---|\n| a | the same |", is_there).len(), 1);
        assert_eq!(complaints("`nobody_does_it_at_all` and `integrity`, `a.spec.ts`", is_there).len(), 2);
    }

    #[test]
    fn the_documents_name_tests_that_are_there() {
        check().unwrap();
    }

    #[test]
    fn only_marked_functions_are_tests() {
        let text = "#[test]\nfn one() {}\nfn two() {}\n#[tokio::test(flavor = \"multi_thread\")]\n#[ignore]\nasync fn three() {}";
        assert_eq!(functions(text), ["one", "three"]);
    }

    #[test]
    fn titles_are_those_of_tests_and_cases() {
        let text = "test(\"a\", x);\n{ what: \"b\" }\ntest(what, x);\ntest(\n  `c ${d}: e f g h`,";
        let tests = Tests { functions: BTreeSet::new(), titles: titles(text) };
        assert_eq!(tests.titles, ["a", "c ${d}: e f g h", "b"]);
        assert!(tests.has("a") && tests.has("b") && tests.has("c anything: e f g h"));
        assert!(!tests.has("d") && !tests.has("c anything: e f g") && !tests.has("what"));
        let tests = Tests {
            functions: BTreeSet::new(),
            titles: vec!["injected code: ${name}".to_owned(), "${what}".to_owned()],
        };
        assert!(tests.has("injected code: ...") && tests.has("injected code: a ping"));
        assert!(!tests.has("injected code, which is not there") && !tests.has("..."));
    }
}
