//! What the runners say of failed tests, kept to be said again at the end: stages run side by side, and where only the end
//! of a long output is kept, the reason would be gone.

use super::stage::Runner;

/// Of one stage: enough for some failed tests with their reasons.
const MOST: usize = 150;

/// The lines that tell of failures, collected from all lines of a runner.
#[derive(Default)]
pub(crate) struct Failures {
    within: bool,
    lines: Vec<String>,
}

impl Failures {
    pub(crate) fn read(&mut self, runner: &Runner, line: &str) {
        match runner {
            Runner::Cargo { .. } => match line {
                "failures:" => self.within = true,
                _ if line.starts_with("test result: ") => self.within = false,
                _ => {}
            },
            // Subtests are indented
            Runner::Tap => match line.trim_start() {
                line if line.starts_with("not ok ") => self.within = true,
                line if line.starts_with("ok ") || line.starts_with("1..") => self.within = false,
                _ => {}
            },
            Runner::Playwright => self.within |= is_numbered(line),
        }
        if self.within && self.lines.len() < MOST {
            self.lines.push(line.to_owned());
        }
    }

    /// As they came.
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl FromIterator<String> for Failures {
    fn from_iter<I: IntoIterator<Item = String>>(lines: I) -> Self {
        Self { within: false, lines: lines.into_iter().take(MOST).collect() }
    }
}

/// `  1) tests/e2e/pay.spec.ts:3:1 › …`: the first failed test in Playwright's list at the end, after which nothing but
/// failures and counts comes.
fn is_numbered(line: &str) -> bool {
    line.strip_prefix("  ")
        .and_then(|line| line.split_once(") "))
        .is_some_and(|(number, _)| number.parse::<usize>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(runner: &Runner, output: &[&str]) -> Vec<String> {
        let mut failures = Failures::default();
        output.iter().for_each(|line| failures.read(runner, line));
        failures.lines().to_vec()
    }

    #[test]
    fn of_cargo() {
        let output = [
            "test a ... FAILED",
            "successes:",
            "said",
            "failures:",
            "---- a stdout ----",
            "panicked",
            "test result: FAILED. 0 passed",
            "test b ... ok",
        ];
        assert_eq!(of(&Runner::Cargo { show: false }, &output), ["failures:", "---- a stdout ----", "panicked"]);
    }

    #[test]
    fn of_tap() {
        let output = [
            "ok 1 - a",
            "  ---",
            "    not ok 1 - b",
            "      error: 'no'",
            "    ok 2 - c",
            "      ---",
            "1..2",
            "# fail 1",
        ];
        assert_eq!(of(&Runner::Tap, &output), ["    not ok 1 - b", "      error: 'no'"]);
    }

    #[test]
    fn of_playwright() {
        let output = [
            "  ✓  1 tests/e2e/a.spec.ts:3:1 › b (2) c",
            "  1) tests/e2e/a.spec.ts:9:1 › d",
            "    Error: no",
            "  1 failed",
        ];
        assert_eq!(of(&Runner::Playwright, &output), output[1..]);
    }

    #[test]
    fn what_never_ends_is_cut() {
        let output = std::iter::once("failures:").chain(std::iter::repeat_n("again", MOST * 2));
        assert_eq!(of(&Runner::Cargo { show: true }, &output.collect::<Vec<_>>()).len(), MOST);
    }
}
