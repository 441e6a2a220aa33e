//! What counts as chance.

use crate::score::{Score, Verdict};

/// Of the permutation test.
pub(crate) const SHUFFLES: usize = 149;
/// Below this the thief is better than chance.
const LEVEL: f64 = 0.01;
/// Standard deviations of a place that tells the time: a dozen places are tried.
const AGE_LEVEL: f64 = 4.0;

pub(crate) fn told(engine: &str, what: &str, settles: bool, score: Score) -> Verdict {
    let verdict = score.verdict();
    let settled = if settles { "settled" } else { "never settled" };
    eprintln!("{engine}, {settled}, {what}: {}", verdict.text);
    verdict
}

pub(crate) fn no_better_than_chance(verdict: &Verdict) {
    assert!(verdict.p_exact >= LEVEL && verdict.p_near >= LEVEL, "{}", verdict.text);
    assert!(verdict.z_age.abs() < AGE_LEVEL, "{}", verdict.text);
}

pub(crate) fn much_better_than_chance(verdict: &Verdict) {
    assert!(verdict.p_exact < 1e-9 || verdict.z_near > 8.0, "the thief is too weak: {}", verdict.text);
}
