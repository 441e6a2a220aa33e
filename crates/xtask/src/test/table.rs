//! The end of a test run.

use super::count::Count;
use super::stage::Results;
use crate::say;
use std::time::Duration;

/// What failed, once more; counts and times of all stages, of which some run side by side; the totals alone on the last
/// line.
#[expect(clippy::print_stdout, reason = "the counts are this command's result")]
pub(crate) fn print(results: &[Results], all: Duration) {
    for Results { name, failures, .. } in results.iter().filter(|result| !result.failures.lines().is_empty()) {
        println!("\n==> {name}: what failed\n{}", failures.lines().join("\n"));
    }
    let mut total = Count::default();
    println!("\n{:<24} {:>8} {:>8} {:>8} {:>14}", "", "passed", "failed", "skipped", "time");
    for Results { name, count, taken, .. } in results {
        println!("{}", row(name, *count, *taken));
        total += *count;
    }
    println!("{}\n", row("all", total, all));
    println!("{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
}

fn row(name: &str, Count { passed, failed, skipped }: Count, taken: Duration) -> String {
    format!("{name:<24} {passed:>8} {failed:>8} {skipped:>8} {:>14}", say::duration(taken))
}
