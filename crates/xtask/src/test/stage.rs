//! One stage: a test runner whose output is passed on and counted.

use super::count::{self, Count};
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A runner to start.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) command: Command,
    pub(crate) runner: Runner,
}

/// How to read its output.
pub(crate) enum Runner {
    Cargo,
    Tap,
    Playwright,
    /// Counts as one test: passed when it ends well
    Exit,
}

/// What a stage came to.
pub(crate) struct Results {
    pub(crate) name: &'static str,
    pub(crate) count: Count,
    pub(crate) taken: Duration,
}

impl Results {
    /// A stage that could not be run.
    pub(crate) fn failed(name: &'static str) -> Self {
        Self { name, count: Count { failed: 1, ..Count::default() }, taken: Duration::ZERO }
    }
}

impl Stage {
    /// Runs it to its end. A runner that fails without a failed test, for example to compile, counts as one.
    pub(crate) fn run(self) -> Results {
        let Self { name, command, runner } = self;
        eprintln!("\n==> {name}");
        let start = Instant::now();
        let mut count = Count::default();
        let outcome = pass_on(command, |line| count += runner.read(line));
        let well = outcome.unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            false
        });
        match (&runner, well) {
            (Runner::Exit, true) => count.passed = 1,
            (_, false) if count.failed == 0 => count.failed = 1,
            _ => {}
        }
        Results { name, count, taken: start.elapsed() }
    }
}

impl Runner {
    fn read(&self, line: &str) -> Count {
        match self {
            Self::Cargo => count::cargo(line),
            Self::Tap => count::tap(line),
            Self::Playwright => count::playwright(line),
            Self::Exit => Count::default(),
        }
    }
}

/// Its lines go to our stderr as they come. Returns whether it ended well.
fn pass_on(mut command: Command, mut read: impl FnMut(&str)) -> Result<bool> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    let output = child.stdout.take().context("a child without output")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        eprintln!("{line}");
        read(&line);
    }
    Ok(child.wait()?.success())
}
