//! One stage: a test runner whose output is passed on and counted.

use super::count::{self, Count};
use super::failures::Failures;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// A runner to start.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) command: Command,
    pub(crate) runner: Runner,
}

/// How to read its output.
pub(crate) enum Runner {
    /// With `--show-output`; what passing tests say is passed on if it is to be shown.
    Cargo {
        show: bool,
    },
    Tap,
    Playwright,
}

/// What a stage came to.
pub(crate) struct Results {
    pub(crate) name: &'static str,
    pub(crate) count: Count,
    pub(crate) failures: Failures,
    pub(crate) taken: Duration,
}

impl Results {
    /// Something that is one test by itself.
    pub(crate) fn of(name: &'static str, test: impl FnOnce() -> Result<()>) -> Self {
        eprintln!("\n==> {name}");
        let start = Instant::now();
        let error = test().map_err(|error| format!("error: {error:#}")).inspect_err(|said| eprintln!("{said}")).err();
        let failed = usize::from(error.is_some());
        let count = Count { passed: 1_usize.saturating_sub(failed), failed, skipped: 0 };
        Self { name, count, failures: error.into_iter().collect(), taken: start.elapsed() }
    }
}

impl Stage {
    /// Runs it to its end. A runner that fails without a failed test, for example to compile, counts as one.
    pub(crate) fn run(self) -> Results {
        let Self { name, command, runner } = self;
        eprintln!("\n==> {name}");
        let start = Instant::now();
        let mut count = Count::default();
        let mut failures = Failures::default();
        let mut of_passed = false;
        let outcome = pass_on(command, |line| {
            let found = runner.read(line);
            count += found;
            failures.read(&runner, line);
            match line {
                "successes:" => of_passed = true,
                "failures:" => of_passed = false,
                _ if line.starts_with("test result: ") => of_passed = false,
                _ => {}
            }
            !of_passed || found != Count::default() || !matches!(runner, Runner::Cargo { show: false })
        });
        let well = outcome.unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            false
        });
        if !well && count.failed == 0 {
            count.failed = 1;
        }
        Results { name, count, failures, taken: start.elapsed() }
    }
}

/// One after the other: nothing else is at work while one measures.
pub(crate) fn in_turn<const N: usize>(stages: [Stage; N]) -> Vec<Results> {
    stages.map(Stage::run).into()
}

/// The first beside the others, which go one after the other. Each leaves a processor idle half of its time: it waits for
/// disks, limits and browsers.
pub(crate) fn side_by_side<const N: usize>(one: Stage, others: [Stage; N]) -> Vec<Results> {
    std::thread::scope(|scope| {
        let others = scope.spawn(|| in_turn(others));
        let mut results = vec![one.run()];
        match others.join() {
            Ok(others) => results.extend(others),
            Err(panic) => std::panic::resume_unwind(panic),
        }
        results
    })
}

impl Runner {
    fn read(&self, line: &str) -> Count {
        match self {
            Self::Cargo { .. } => count::cargo(line),
            Self::Tap => count::tap(line),
            Self::Playwright => count::playwright(line),
        }
    }
}

/// Its lines go to our stderr as they come, those for which `read` says so. Returns whether it ended well.
fn pass_on(mut command: Command, mut read: impl FnMut(&str) -> bool) -> Result<bool> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    let output = child.stdout.take().context("a child without output")?;
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || BufReader::new(output).split(b'\n').try_for_each(|line| sender.send(line)));
    loop {
        match lines.recv_timeout(Duration::from_secs(1)) {
            Ok(line) => {
                let line = line?;
                let line = String::from_utf8_lossy(&line);
                if read(&line) {
                    eprintln!("{line}");
                }
            }
            // A process that a test left behind keeps the pipe open for ever; the runner is who counts
            Err(RecvTimeoutError::Timeout) if child.try_wait()?.is_some() => break,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(child.wait()?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_left_behind_is_not_waited_for() {
        let mut left = String::new();
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo $!; exit 3"]);
        let start = Instant::now();
        let well = pass_on(command, |line| {
            left = line.to_owned();
            false
        });
        assert!(!well.unwrap());
        let pid = left.parse().ok().and_then(rustix::process::Pid::from_raw).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        assert!(start.elapsed() < Duration::from_secs(300));
    }
}
