//! Deposits per second that ingest acknowledges over HTTP, beside the same database's raw rate for the same bytes.
//!
//! `cargo bench -p nightsafe-tests --bench ingest [-- --json]`, or `cargo xtask bench ingest`, which also sees to
//! PostgreSQL. The server is a process of its own on a site of its own; 64 connections are kept alive and each sends its
//! next deposit when the last one is acknowledged. Both sides start from an empty database each time and alternate, so that
//! a drift of the machine's speed meets both. `cargo test` runs it too, briefly, so that it does not rot: there it must work,
//! and nobody judges its times. `cargo xtask test --long` runs it whole, and fails when a ratio is below the bar.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench on inputs of its own"
)]

mod engine;
mod load;
mod raw;
mod report;
mod supply;

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use engine::Engine;
use nightsafe_tests::binaries::Binaries;
use nightsafe_tests::cluster::Cluster;
use nightsafe_tests::site::RealSite;
use report::Report;
use supply::Supply;

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    /// Connections, each with one request under way.
    connections: usize,
    /// Rounds of one measurement each side.
    rounds: usize,
    /// Not counted, at the beginning of each measurement.
    warm_up: Duration,
    /// Counted.
    time: Duration,
}

impl Size {
    /// More than either side stores in one measurement.
    fn most(&self) -> usize {
        ((self.warm_up + self.time).as_secs_f64() * 30_000.0) as usize
    }
}

const MEASURE: Size =
    Size { connections: 64, rounds: 5, warm_up: Duration::from_millis(1000), time: Duration::from_secs(4) };
const TRY: Size =
    Size { connections: 8, rounds: 1, warm_up: Duration::from_millis(50), time: Duration::from_millis(300) };

fn main() {
    let has = |name: &str| std::env::args().any(|argument| argument == name);
    let is_bench = has("--bench"); // cargo bench says so, cargo test does not
    let size = if is_bench { MEASURE } else { TRY };
    // Measured on the disk that the checkout is on: a temporary folder may be memory. Tried where PostgreSQL's own user gets
    let folder = if is_bench { tempfile::tempdir_in(Binaries::get().path("")) } else { tempfile::tempdir() }.unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let site = RealSite::make(&folder.path().join("site"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut engines = Vec::new();
    if !has("--only-postgres") {
        engines.push(Engine::Sqlite(folder.path().to_owned()));
    }
    if !has("--only-sqlite") {
        let cluster = Cluster::start(&folder.path().join("pg"));
        let cluster = cluster.expect("PostgreSQL is not installed: cargo xtask test and bench install it");
        runtime.block_on(cluster.migrate("postgres"));
        engines.push(Engine::Postgres(cluster));
    }
    let supply = Arc::new(Supply::new(&site.published(), size.most()));
    let mut report = Report::new(size, &supply);
    for engine in engines {
        let name = engine.name();
        let mut results = Vec::new();
        for round in 1..=size.rounds {
            let ours = runtime.block_on(engine.ours(&site, &supply, size));
            let raw = runtime.block_on(engine.raw(&supply, size));
            let (rate, raw_rate) = (ours.outcome.rate, raw.rate);
            assert!(rate > 0.0 && raw_rate > 0.0, "nothing was stored");
            eprintln!("{name} {round}/{}: {rate:.0} deposits/s, raw {raw_rate:.0}", size.rounds);
            results.push((ours, raw));
        }
        report.add(name, results);
    }
    println!("{}", if has("--json") { report.json() } else { report.table() });
}
