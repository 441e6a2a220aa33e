//! Counts, read from what the test runners print.

use std::ops::AddAssign;

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; …`, once per binary; and what a test that passed says it had to leave
/// out, because a program or a server is missing.
pub(crate) fn cargo(line: &str) -> Count {
    if ["SKIPPED: ", "LEFT OUT: "].iter().any(|mark| line.starts_with(mark)) {
        return Count { skipped: 1, ..Count::default() };
    }
    let Some(summary) = line.strip_prefix("test result: ") else { return Count::default() };
    let of = |word: &str| number_before(summary, word);
    Count { passed: of(" passed"), failed: of(" failed"), skipped: of(" ignored") }
}

/// `# pass 12`, `# fail 0`, `# skipped 1` at the end of TAP output.
pub(crate) fn tap(line: &str) -> Count {
    let of = |name: &str| line.strip_prefix(name).and_then(|rest| rest.trim().parse().ok()).unwrap_or(0);
    Count {
        passed: of("# pass "),
        failed: of("# fail ") + of("# cancelled "),
        skipped: of("# skipped ") + of("# todo "),
    }
}

/// `  12 passed (3.4s)`, `  1 failed`, `  2 skipped` at the end of Playwright's list.
pub(crate) fn playwright(line: &str) -> Count {
    let mut words = line.split_whitespace();
    let (Some(Ok(number)), Some(word)) = (words.next().map(str::parse), words.next()) else { return Count::default() };
    match word {
        "passed" => Count { passed: number, ..Count::default() },
        "failed" | "flaky" | "interrupted" => Count { failed: number, ..Count::default() },
        "skipped" | "did" => Count { skipped: number, ..Count::default() },
        _ => Count::default(),
    }
}

fn number_before(text: &str, word: &str) -> usize {
    let before = text.find(word).and_then(|end| text.get(..end)).unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_cargo() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.04s";
        assert_eq!(cargo(line), Count { passed: 12, failed: 3, skipped: 1 });
        assert_eq!(cargo("test a::b ... ok"), Count::default());
        for line in ["SKIPPED: no PostgreSQL", "LEFT OUT: nginx is not installed"] {
            assert_eq!(cargo(line), Count { skipped: 1, ..Count::default() });
        }
    }

    #[test]
    fn reads_tap() {
        assert_eq!(tap("# pass 7"), Count { passed: 7, ..Count::default() });
        assert_eq!(tap("# fail 2"), Count { failed: 2, ..Count::default() });
        assert_eq!(tap("# skipped 1"), Count { skipped: 1, ..Count::default() });
        assert_eq!(tap("ok 1 - passes 3"), Count::default());
    }

    #[test]
    fn reads_playwright() {
        assert_eq!(playwright("  12 passed (3.4s)"), Count { passed: 12, ..Count::default() });
        assert_eq!(playwright("  1 failed"), Count { failed: 1, ..Count::default() });
        assert_eq!(playwright("  3 did not run"), Count { skipped: 3, ..Count::default() });
        assert_eq!(playwright("  ✓  1 e2e/pay.spec.ts:3:1 › 12 passed"), Count::default());
    }
}
