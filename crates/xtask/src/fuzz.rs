//! `cargo xtask fuzz`: libFuzzer over the targets of tests/fuzz, with the toolchain that builds everything else.
//!
//! libFuzzer learns from counters in the code. The compiler puts them in by flags that every toolchain takes; `cargo fuzz`
//! would add the address sanitizer, which needs another toolchain and finds little in code without `unsafe`.

use crate::{place, run, say};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Counters for each edge, where libFuzzer looks for them.
const FLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Larger than what any target takes but for a full deposit, whose parts have targets of their own.
const MAX_INPUT: u32 = 1 << 16;

/// What can be chosen.
#[derive(Args)]
pub(crate) struct Options {
    /// Seconds of all targets together
    #[arg(long, value_name = "N", default_value_t = 120)]
    seconds: u64,
    /// Run only this target
    target: Option<String>,
}

/// A target, as the program that writes the seeds tells of it.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    name: String,
    /// Parses HTTP requests.
    of_requests: bool,
}

/// Some of the targets.
#[derive(Clone, Copy)]
pub(crate) enum Which<'a> {
    All,
    Named(&'a str),
    OfRequests,
    Others,
}

impl Which<'_> {
    fn takes(self, target: &Target) -> bool {
        match self {
            Self::All => true,
            Self::Named(name) => target.name == name,
            Self::OfRequests => target.of_requests,
            Self::Others => !target.of_requests,
        }
    }
}

/// What a target came to.
struct Ran {
    target: String,
    executions: u64,
    taken: Duration,
    /// What it prints at the end, when something did not hold.
    finding: Option<String>,
}

/// Builds the targets and runs one after the other, also after a finding.
pub(crate) fn run(options: &Options) -> Result<()> {
    run_for(Duration::from_secs(options.seconds), options.target.as_deref().map_or(Which::All, Which::Named))
}

/// Some targets, for a time in all, and how long each of them ran.
#[expect(clippy::print_stdout, reason = "the counts are this command's result")]
pub(crate) fn run_for(time: Duration, which: Which<'_>) -> Result<()> {
    let program = say::step("fuzzer", build)?;
    let folder = place::target().join("fuzzing"); // beside cargo's own folder of the profile fuzz
    let mut targets = write_seeds(&folder.join("seeds"))?;
    targets.retain(|target| which.takes(target));
    let Some(count) = u32::try_from(targets.len()).ok().filter(|count| *count > 0) else {
        bail!("there is no target of that name: tests/fuzz/src/lib.rs lists them");
    };
    let mut all = Vec::new();
    for Target { name, .. } in targets {
        let ran = say::step(&format!("fuzzing {name}"), || fuzz(&program, &folder, &name, time / count))?;
        all.push(ran);
    }
    println!("\n{:<24} {:>14} {:>10}", "", "executions", "time");
    for Ran { target, executions, taken, finding } in &all {
        let end = finding.as_deref().unwrap_or_default();
        println!("{target:<24} {executions:>14} {:>10} {end}", say::duration(*taken));
    }
    let executions: u64 = all.iter().map(|ran| ran.executions).sum();
    println!("{:<24} {executions:>14} {:>10}", "all", say::duration(all.iter().map(|ran| ran.taken).sum()));
    let found = all.iter().filter(|ran| ran.finding.is_some()).count();
    if found > 0 {
        bail!("{found} targets found something; below {} lie the bytes", folder.join("found").display());
    }
    Ok(())
}

/// Flags only for the target's own code, which needs the target to be named: build scripts do without a fuzzer.
fn build() -> Result<PathBuf> {
    let host = host()?;
    let mut cargo = run::cargo(&place::root());
    cargo.args(["build", "--package", "nightsafe-fuzz", "--features", "libfuzzer", "--bin", "fuzz"]);
    cargo.args(["--profile", "fuzz", "--target", &host]);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}")).env_remove("RUSTFLAGS");
    run::checked(&mut cargo)?;
    Ok(place::target().join(host).join("fuzz/fuzz"))
}

/// Writes the seeds of all targets; returns these.
fn write_seeds(folder: &Path) -> Result<Vec<Target>> {
    let mut cargo = run::cargo(&place::root());
    cargo.args(["run", "--quiet", "--package", "nightsafe-fuzz", "--bin", "seeds", "--"]).arg(folder);
    let lines = run::answer(&mut cargo).context("the program that writes the seeds does not run")?;
    Ok(lines.lines().map(target).collect())
}

/// `note`, or `deposit_json request`.
fn target(line: &str) -> Target {
    let (name, of_requests) = line.strip_suffix(" request").map_or((line, false), |name| (name, true));
    Target { name: name.to_owned(), of_requests }
}

/// Runs one. What it learns stays in the corpus, where the next run goes on.
fn fuzz(program: &Path, folder: &Path, target: &str, time: Duration) -> Result<Ran> {
    let [corpus, seeds, found] = ["corpus", "seeds", "found"].map(|name| folder.join(name).join(target));
    for folder in [&corpus, &found] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut fuzzer = Command::new(program);
    fuzzer.env("NIGHTSAFE_FUZZ_TARGET", target);
    fuzzer.arg(format!("-max_total_time={}", time.as_secs().max(1))).arg(format!("-max_len={MAX_INPUT}"));
    fuzzer.args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0"]);
    fuzzer.arg(format!("-artifact_prefix={}/", found.display())).args([&corpus, &seeds]);
    let start = Instant::now();
    let mut child =
        fuzzer.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("cannot start it")?;
    let output = child.stderr.take().context("a child without output")?;
    let mut lines = Vec::new();
    for line in BufReader::new(output).split(b'\n') {
        lines.push(String::from_utf8_lossy(&line?).into_owned());
    }
    let status = child.wait()?;
    let executions = lines.iter().find_map(|line| executions(line));
    let finding = (!status.success()).then(|| {
        lines.iter().for_each(|line| say::note(line));
        let panic = lines.iter().find(|line| line.contains("panicked at") || line.contains("ERROR: libFuzzer"));
        panic.cloned().unwrap_or_else(|| status.to_string())
    });
    // A run that says nothing of what it did must not look like one that found nothing
    let (Some(executions), finding) = (executions.or(finding.is_some().then_some(0)), finding) else {
        bail!("the fuzzer of {target} does not say how often it ran: {}", lines.join("\n"));
    };
    Ok(Ran { target: target.to_owned(), executions, taken: start.elapsed(), finding })
}

/// `stat::number_of_executed_units: 12345`
fn executions(line: &str) -> Option<u64> {
    line.strip_prefix("stat::number_of_executed_units:")?.trim().parse().ok()
}

fn host() -> Result<String> {
    let text = run::answer(run::command("rustc", &place::root()).arg("-vV")).context("rustc does not run")?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what it builds for")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_others_are_told_apart_and_none_is_left_out() {
        let both = ["deposit_json request", "note"].map(target);
        let names = |which: Which<'_>| {
            both.iter().filter(|one| which.takes(one)).map(|one| one.name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(names(Which::OfRequests), ["deposit_json"]);
        assert_eq!(names(Which::Others), ["note"]);
        assert_eq!(names(Which::All), ["deposit_json", "note"]);
        assert_eq!(names(Which::Named("note")), ["note"]);
    }

    #[test]
    fn reads_executions() {
        assert_eq!(executions("stat::number_of_executed_units: 12345"), Some(12345));
        assert_eq!(executions("stat::average_exec_per_sec:     90"), None);
    }
}
