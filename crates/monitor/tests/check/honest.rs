//! An honest site through a long time, with all that goes wrong by itself: nobody is woken for it.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use nightsafe_core::time::UnixTime;
use nightsafe_monitor::check::check;
use nightsafe_monitor::verdict::{Severity, Verdict};
use nightsafe_monitor::visitor::Patience;

use crate::rig::{Rig, now};
use crate::serving::{Answer, Way};

/// Checks, five minutes apart by the clock of the test; `cargo xtask test --long` makes more.
const CHECKS: u64 = 300;
const CHECKS_LONG: u64 = 10_000;
const BETWEEN: u64 = 300;
const RELEASES: u64 = 3;

/// The same numbers each time.
struct Dice(Mutex<u64>);

impl Dice {
    /// Once in so many times.
    fn one_in(&self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }

    /// xorshift64*
    fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    }
}

/// Otherwise each time.
fn compress(answer: &mut Answer, quality: u64) {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 4096, u32::try_from(quality).unwrap(), 22);
    writer.write_all(&answer.body).unwrap();
    drop(writer);
    answer.body = packed;
    answer.set("content-encoding", "br");
}

#[tokio::test]
async fn an_honest_site_is_never_red_whatever_goes_wrong_by_itself() {
    let checks = if std::env::var_os("NIGHTSAFE_LONG").is_some() { CHECKS_LONG } else { CHECKS };
    let mut rig = Rig::new();
    rig.patience =
        Patience { exchange: Duration::from_millis(150), check: Duration::from_secs(20), again: (1, Duration::ZERO) };
    let dice = Dice(Mutex::new(0x9e37_79b9_7f4a_7c15));
    let restart = std::sync::Arc::new(Mutex::new(0_u32));
    let down = restart.clone();
    rig.twist(move |asked, answer| {
        let mut left = down.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            answer.way = Way::Gone;
        } else if dice.one_in(2000) {
            answer.way = Way::Hangs;
        } else if dice.one_in(300) {
            answer.way = Way::Gone;
        } else if dice.one_in(500) {
            answer.way = Way::Slow;
        } else if dice.one_in(500) {
            answer.way = Way::Half;
        } else if dice.one_in(500) {
            *answer = Answer { status: 500, ..Answer::new([], "Internal Server Error") };
        } else if asked.header("accept-encoding").contains("br") && answer.status == 200 && dice.one_in(3) {
            compress(answer, 1 + dice.next() % 5);
        }
    });
    let mut seen: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut new = 0;
    let mut at = now();
    for number in 1..=checks {
        if number.is_multiple_of(checks / (RELEASES + 1)) && rig.release.sequence < 3 + RELEASES {
            rig.release.sequence += 1;
            rig.publish();
            rig.put_page(); // the shop takes the new snippet
        }
        rig.stamp(at.plus_days(1), Some([7; 32]));
        if number.is_multiple_of(20) {
            // It is away for a part of the check, or for all of it
            *restart.lock().unwrap() = [3, 30, 100_000][usize::try_from(number / 20 % 3).unwrap()];
        }
        let mut job = rig.job();
        job.now = at;
        let outcome = check(job.clone()).await;
        *restart.lock().unwrap() = 0;
        rig.known = Some(outcome.remember(&job));
        for told in &outcome.findings {
            let verdict = told.finding.verdict;
            assert!(matches!(verdict, Verdict::Unreachable | Verdict::SignedNew), "check {number}: {told:?}");
            new += u64::from(verdict == Verdict::SignedNew);
        }
        assert_ne!(outcome.severity(), Severity::Critical);
        *seen.entry(outcome.severity().word()).or_default() += 1;
        at = UnixTime::from_seconds(at.seconds() + BETWEEN);
    }
    eprintln!("{checks} checks of an honest site: {seen:?}, {new} new releases told");
    assert_eq!(new, RELEASES);
    // Both happened: it was away, and it was looked at
    assert!(seen["UNKNOWN"] >= checks / 60 && seen["OK"] > 0, "{seen:?}");
}
