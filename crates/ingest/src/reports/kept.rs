//! A bounded memory of what was reported. Who floods it pushes out what came least lately, and no more.

use std::collections::HashMap;

use nightsafe_core::time::UnixTime;
use nightsafe_proto::report::{ReportSample, ReportSamples};

use super::sample::Sample;

/// Of each kind, so that a flood of one leaves the others.
const OF_A_KIND: usize = 64;
/// Lines in the log for what is new, in an hour: strangers can make all of it up.
const SAID: u32 = 20;
const HOUR: u64 = 3600;

#[derive(Debug, Default)]
pub(super) struct Kept {
    samples: HashMap<Sample, Seen>,
    said: (u64, u32),
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    count: u64,
    first: UnixTime,
    last: UnixTime,
}

/// Whether it is worth a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remembered {
    ToBeSaid,
    Quietly,
}

impl Kept {
    pub(super) fn remember(&mut self, sample: Sample, now: UnixTime) -> Remembered {
        if let Some(seen) = self.samples.get_mut(&sample) {
            seen.count = seen.count.saturating_add(1);
            seen.last = now;
            return Remembered::Quietly;
        }
        let kind = sample.kind;
        if self.samples.keys().filter(|other| other.kind == kind).count() >= OF_A_KIND {
            let oldest = self.samples.iter().filter(|(other, _)| other.kind == kind).min_by_key(|(_, seen)| seen.last);
            if let Some(oldest) = oldest.map(|(oldest, _)| oldest.clone()) {
                self.samples.remove(&oldest);
            }
        }
        self.samples.insert(sample, Seen { count: 1, first: now, last: now });
        // That a script was loaded is no event
        if kind == "csp-hash" { Remembered::Quietly } else { self.say(now) }
    }

    /// The last one seen first.
    pub(super) fn samples(&self) -> ReportSamples {
        let mut all: Vec<_> = self.samples.iter().collect();
        all.sort_by(|(a, x), (b, y)| (y.last, &a.page, &a.source, &a.rule).cmp(&(x.last, &b.page, &b.source, &b.rule)));
        let one = |(sample, seen): (&Sample, &Seen)| ReportSample {
            kind: sample.kind,
            page: sample.page.clone(),
            rule: sample.rule.clone(),
            source: sample.source.clone(),
            hash: sample.hash.clone(),
            report_only: sample.report_only,
            count: seen.count,
            first: seen.first.to_text(),
            last: seen.last.to_text(),
        };
        ReportSamples { samples: all.into_iter().map(one).collect() }
    }

    fn say(&mut self, now: UnixTime) -> Remembered {
        let hour = now.seconds() / HOUR;
        if self.said.0 != hour {
            self.said = (hour, 0);
        }
        self.said.1 = self.said.1.saturating_add(1);
        if self.said.1 <= SAID { Remembered::ToBeSaid } else { Remembered::Quietly }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_796_000_000);

    fn sample(kind: &'static str, number: usize) -> Sample {
        Sample {
            kind,
            page: "https://fields.example/".into(),
            rule: "connect-src".into(),
            source: format!("https://evil{number}.example"),
            hash: String::new(),
            report_only: false,
        }
    }

    #[test]
    fn the_same_is_counted_and_said_once() {
        let mut kept = Kept::default();
        assert_eq!(kept.remember(sample("csp-violation", 1), NOW), Remembered::ToBeSaid);
        assert_eq!(kept.remember(sample("csp-violation", 1), NOW.plus(5)), Remembered::Quietly);
        assert_eq!(kept.remember(sample("csp-hash", 1), NOW.plus(6)), Remembered::Quietly);
        let samples = kept.samples().samples;
        assert_eq!(
            samples.iter().map(|one| (one.kind, one.count)).collect::<Vec<_>>(),
            [("csp-hash", 1), ("csp-violation", 2)]
        );
        assert_eq!((samples[1].first.clone(), samples[1].last.clone()), (NOW.to_text(), NOW.plus(5).to_text()));
    }

    #[test]
    fn a_flood_is_bounded_in_memory_and_in_the_log() {
        let mut kept = Kept::default();
        kept.remember(sample("integrity-violation", 0), NOW);
        let flood = (0..10_000).map(|number| kept.remember(sample("csp-violation", number), NOW.plus(1)));
        assert_eq!(flood.filter(|said| *said == Remembered::ToBeSaid).count(), 19);
        assert_eq!(kept.samples().samples.len(), OF_A_KIND + 1);
        assert_eq!(kept.remember(sample("csp-violation", 20_000), NOW.plus(HOUR)), Remembered::ToBeSaid);
    }
}
