//! The table, or one line of JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::Size;
use crate::engine::Ours;
use crate::load::Outcome;
use crate::supply::Supply;

/// Everything that was measured.
pub(crate) struct Report {
    size: Size,
    lengths: (usize, usize),
    engines: Vec<(&'static str, Vec<(Ours, Outcome)>)>,
}

/// Medians over the rounds of one engine.
struct Summary {
    name: &'static str,
    rate: f64,
    p50: f64,
    p99: f64,
    /// MiB
    memory: f64,
    raw_rate: f64,
    raw_p50: f64,
    raw_p99: f64,
    ratio: f64,
    ratios: (f64, f64),
}

impl Report {
    pub(crate) fn new(size: Size, supply: &Supply) -> Self {
        Self { size, lengths: supply.lengths(), engines: Vec::new() }
    }

    pub(crate) fn add(&mut self, engine: &'static str, rounds: Vec<(Ours, Outcome)>) {
        self.engines.push((engine, rounds));
    }

    pub(crate) fn table(&self) -> String {
        let Size { connections, rounds, time, .. } = self.size;
        let (wire, stored) = self.lengths;
        let mut text = format!(
            "{connections} connections, deposits of 6 fields: {wire} bytes of JSON, {stored} stored; {rounds} rounds of {} s \
             each side, medians\n\n{:10}{:>12}{:>9}{:>9}{:>12}{:>12}{:>9}{:>9}{:>8}  {}\n",
            time.as_secs_f64(),
            "",
            "deposits/s",
            "p50 ms",
            "p99 ms",
            "peak MiB",
            "raw/s",
            "p50 ms",
            "p99 ms",
            "ratio",
            "min-max"
        );
        for one in self.summaries() {
            let _ = writeln!(
                text,
                "{:10}{:>12.0}{:>9.1}{:>9.1}{:>12.1}{:>12.0}{:>9.1}{:>9.1}{:>8.2}  {:.2}-{:.2}",
                one.name,
                one.rate,
                one.p50,
                one.p99,
                one.memory,
                one.raw_rate,
                one.raw_p50,
                one.raw_p99,
                one.ratio,
                one.ratios.0,
                one.ratios.1
            );
        }
        text
    }

    pub(crate) fn json(&self) -> String {
        let engines: Vec<Value> = self
            .summaries()
            .map(|one| {
                json!({
                    "engine": one.name, "deposits_per_second": one.rate, "p50_ms": one.p50, "p99_ms": one.p99,
                    "peak_memory_mib": one.memory, "raw_per_second": one.raw_rate, "raw_p50_ms": one.raw_p50,
                    "raw_p99_ms": one.raw_p99, "ratio_to_raw": one.ratio,
                    "ratio_min": one.ratios.0, "ratio_max": one.ratios.1,
                })
            })
            .collect();
        json!({
            "bench": "ingest", "connections": self.size.connections, "fields": 6, "rounds": self.size.rounds,
            "json_bytes": self.lengths.0, "stored_bytes": self.lengths.1, "engines": engines,
        })
        .to_string()
    }

    fn summaries(&self) -> impl Iterator<Item = Summary> {
        self.engines.iter().map(|(name, rounds)| {
            let of = |value: &dyn Fn(&(Ours, Outcome)) -> f64| {
                let mut values: Vec<f64> = rounds.iter().map(value).collect();
                values.sort_by(f64::total_cmp);
                values
            };
            let median = |value: &dyn Fn(&(Ours, Outcome)) -> f64| percentile(&of(value), 50);
            let ratios = of(&|(ours, raw)| ours.outcome.rate / raw.rate);
            Summary {
                name,
                rate: median(&|(ours, _)| ours.outcome.rate),
                p50: median(&|(ours, _)| percentile(&ours.outcome.latencies, 50)),
                p99: median(&|(ours, _)| percentile(&ours.outcome.latencies, 99)),
                memory: of(&|(ours, _)| ours.peak_memory as f64 / 1024.0).last().copied().unwrap_or(0.0),
                raw_rate: median(&|(_, raw)| raw.rate),
                raw_p50: median(&|(_, raw)| percentile(&raw.latencies, 50)),
                raw_p99: median(&|(_, raw)| percentile(&raw.latencies, 99)),
                ratio: percentile(&ratios, 50),
                ratios: (ratios[0], ratios[ratios.len() - 1]),
            }
        })
    }
}

/// Of ascending values.
fn percentile(values: &[f64], percent: usize) -> f64 {
    values.get(values.len() * percent / 100).or(values.last()).copied().unwrap_or(f64::NAN)
}
