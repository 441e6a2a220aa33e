//! How long `nightsafe-monitor check` takes for the demo's site, beside a plain fetch of the same files.
//!
//! Both go to the same servers in turn, A B A B, so that a drift of the machine's speed meets both. A check is a process of
//! its own that has seen nothing before: it starts, makes its database, comes as all its visitors, and verifies.

use crate::demo::{self, Measured};
use crate::{place, say};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Beside those of a demo, and of the browser tests.
const PORT_BASE: u16 = 4820;
/// A plain fetch is over sooner than a clock is exact.
const FETCHES: u32 = 5;

/// What can be chosen.
#[derive(Args)]
pub(super) struct Options {
    /// Print one line of JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Checks
    #[arg(long, value_name = "N", default_value_t = 21, value_parser = clap::value_parser!(u8).range(1..=200))]
    runs: u8,
    /// Look at the demo that runs with this data directory (used by tests)
    #[arg(long, value_name = "DIR", hide = true)]
    running: Option<PathBuf>,
}

/// What was measured of one round.
struct Round {
    check: Duration,
    fetch: Duration,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let folder = place::target().join("bench-check");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let (data, port_base) = match &options.running {
        Some(data) => (data.clone(), None),
        None => (folder.join("data"), Some(PORT_BASE)),
    };
    demo::measured(&data, port_base, |site| measure(site, options, &folder))?;
    fs::remove_dir_all(&folder)?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result of this command")]
fn measure(site: &Measured, options: &Options, folder: &Path) -> Result<()> {
    let files = files(site)?;
    let mut rounds = Vec::new();
    // The first round finds empty caches, and is not counted
    for round in 0..=u32::from(options.runs) {
        let (check, visitors) = check(site, &folder.join(format!("{round}.db")))?;
        let start = Instant::now();
        for _ in 0..FETCHES {
            files.iter().try_for_each(|url| fetch(url).map(drop))?;
        }
        let fetch = start.elapsed() / FETCHES;
        say::note(&format!("{round}/{}: {check:.2?} as {visitors} visitors, plain {fetch:.2?}", options.runs));
        if round > 0 {
            rounds.push(Round { check, fetch });
        }
    }
    println!("{}", if options.json { json(&rounds, files.len()) } else { table(&rounds, files.len()) });
    Ok(())
}

/// One check of a monitor that knows nothing yet; how long it took, and how many visitors it came as. It must say OK.
fn check(site: &Measured, state: &Path) -> Result<(Duration, usize)> {
    #[derive(Deserialize)]
    struct Report {
        status: String,
        visitors: Vec<String>,
    }
    let mut command = Command::new(&site.monitor);
    command.arg("check").args(&site.targets).arg("--anchor").arg(&site.anchor).arg("--state").arg(state);
    command.args(["--format", "json"]).stdin(Stdio::null()).stderr(Stdio::inherit());
    let start = Instant::now();
    let output = command.output().context("cannot start nightsafe-monitor")?;
    let taken = start.elapsed();
    let said = String::from_utf8_lossy(&output.stdout);
    let report: Report = serde_json::from_str(&said).with_context(|| format!("the monitor says {said}"))?;
    ensure!(report.status == "OK", "the demo's site is not as it was signed: {said}");
    Ok((taken, report.visitors.len()))
}

/// What a check holds against the release: the files of the fields origin, and the shop's page.
fn files(site: &Measured) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Release {
        files: BTreeMap<String, serde_json::Value>,
    }
    let text = fs::read(&site.release).with_context(|| format!("cannot read {}", site.release.display()))?;
    let release: Release = serde_json::from_slice(&text).context("this is no release")?;
    let [fields, page] = &site.targets;
    let mut files: Vec<String> =
        release.files.into_keys().filter(|url| url.starts_with(&format!("{fields}/"))).collect();
    ensure!(!files.is_empty(), "the release has no files of {fields}");
    files.push(page.clone());
    Ok(files)
}

/// The answer's body: one connection, one request, nothing verified, as HTTP/1.0 has it.
fn fetch(url: &str) -> Result<Vec<u8>> {
    let rest = url.strip_prefix("http://").context("the demo is without TLS")?;
    let (host, path) = rest.split_once('/').context("an address without a path")?;
    let mut stream = TcpStream::connect(host).with_context(|| format!("{host} does not answer"))?;
    stream.set_nodelay(true)?;
    stream.write_all(format!("GET /{path} HTTP/1.0\r\nHost: {host}\r\nAccept-Encoding: br\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    body(answer).with_context(|| format!("{url} is not served"))
}

/// `None` unless the status is 200.
fn body(mut answer: Vec<u8>) -> Option<Vec<u8>> {
    let is_good = answer.starts_with(b"HTTP/1.0 200 ") || answer.starts_with(b"HTTP/1.1 200 ");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let body = answer.split_off(end.saturating_add(4));
    is_good.then_some(body)
}

/// Least, median and most.
fn spread(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    [at(0), at(values.len() / 2), at(values.len().saturating_sub(1))]
}

fn spreads(rounds: &[Round]) -> [[f64; 3]; 3] {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    [
        spread(rounds.iter().map(|round| milliseconds(round.check))),
        spread(rounds.iter().map(|round| milliseconds(round.fetch))),
        spread(rounds.iter().map(|round| round.check.as_secs_f64() / round.fetch.as_secs_f64())),
    ]
}

fn table(rounds: &[Round], files: usize) -> String {
    let [check, fetch, ratio] = spreads(rounds);
    let row = |what: &str, [least, median, most]: [f64; 3]| {
        format!("{what:<44}{median:>9.1} ({least:.1}\u{2013}{most:.1})\n")
    };
    format!(
        "{} rounds; median (min\u{2013}max)\n\n{}{}{}",
        rounds.len(),
        row("a check by nightsafe-monitor, ms", check),
        row(&format!("a plain fetch of its {files} files, once, ms"), fetch),
        row("ratio", ratio),
    )
}

fn json(rounds: &[Round], files: usize) -> String {
    let of = |[least, median, most]: [f64; 3]| json!({ "median": median, "min": least, "max": most });
    let [check, fetch, ratio] = spreads(rounds).map(of);
    json!({ "rounds": rounds.len(), "files": files, "check_ms": check, "fetch_ms": fetch, "ratio": ratio }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_bodies() {
        assert_eq!(spread([3.0, 1.0, 2.0].into_iter()), [1.0, 2.0, 3.0]);
        assert_eq!(body(b"HTTP/1.0 200 OK\r\nA: b\r\n\r\nwhole\r\n\r\n".to_vec()), Some(b"whole\r\n\r\n".to_vec()));
        assert_eq!(body(b"HTTP/1.1 404 Not Found\r\n\r\nwhole".to_vec()), None);
        assert_eq!(body(b"HTTP/1.1 200 OK\r\ncut".to_vec()), None);
    }
}
