//! The demo's servers: started under guard, heard when they are ready or end, stopped together.

use crate::guard;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

const READY: &str = "ready";
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(10);
const LOG_LINES_SHOWN: usize = 15;

/// All servers that were started.
pub(crate) struct Children {
    running: RefCell<Vec<(String, Child)>>,
    events: Receiver<Event>,
    sender: Sender<Event>,
}

enum Event {
    Ready,
    /// Closed its output: it has ended, or is about to
    Ended(String),
    Signal,
}

impl Children {
    /// From here on signals end the demo in order.
    pub(crate) fn new() -> Result<Self> {
        let (sender, events) = channel();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot take signals")?;
        let tell = sender.clone();
        thread::spawn(move || signals.forever().try_for_each(|_| tell.send(Event::Signal)));
        Ok(Self { running: RefCell::default(), events, sender })
    }

    /// Starts a server and waits for its line `ready`. `false` when a signal came first.
    pub(crate) fn start(&self, name: &str, program: &Path, arguments: Vec<OsString>, log: &Path) -> Result<bool> {
        let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = guard::guarded(program)?;
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file.try_clone()?);
        // Only ever from the main thread: the death signal comes when the starting thread ends
        let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let output = child.stdout.take().context("a child without output")?;
        self.running.borrow_mut().push((name.to_owned(), child));
        let (tell, own) = (self.sender.clone(), name.to_owned());
        thread::spawn(move || listen(own, output, file, &tell));
        match self.events.recv_timeout(START_LIMIT) {
            Ok(Event::Ready) => Ok(true),
            Ok(Event::Signal) => Ok(false),
            Ok(Event::Ended(ended)) => bail!("{ended} did not start:\n{}", last_lines(log)),
            Err(_) => bail!("{name} was not ready after {} s:\n{}", START_LIMIT.as_secs(), last_lines(log)),
        }
    }

    /// Until a signal comes, which is how a demo ends well, or a server ends, which is not.
    pub(crate) fn wait(&self) -> Result<()> {
        loop {
            match self.events.recv()? {
                Event::Signal => return Ok(()),
                Event::Ended(name) => bail!("{name} ended unexpectedly; its log says more"),
                Event::Ready => {}
            }
        }
    }

    /// Asks all to end, the last one first, and ends what does not.
    pub(crate) fn stop(&self) {
        let mut running = self.running.borrow_mut();
        for (_, child) in running.iter().rev() {
            signal(child, Signal::TERM);
        }
        let deadline = Instant::now() + STOP_LIMIT;
        while running.iter_mut().any(|(_, child)| matches!(child.try_wait(), Ok(None))) {
            let left = deadline.saturating_duration_since(Instant::now());
            // A child that has closed its output may need a moment more to be gone
            match self.events.recv_timeout(left.min(Duration::from_millis(50))) {
                Err(RecvTimeoutError::Timeout) if left.is_zero() => break,
                Ok(Event::Signal) => break, // asked twice
                _ => {}
            }
        }
        for (name, mut child) in running.drain(..) {
            if matches!(child.try_wait(), Ok(None)) {
                eprintln!("    {name} did not stop in time and is killed");
            }
            signal(&child, Signal::KILL); // the group: also what the child has started itself
            let _ = child.wait();
        }
    }
}

fn signal(child: &Child, signal: Signal) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, signal); // it may be gone already
    }
}

fn listen(name: String, output: impl std::io::Read, mut log: File, tell: &Sender<Event>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let _ = if line.trim() == READY { tell.send(Event::Ready).is_ok() } else { writeln!(log, "{line}").is_ok() };
    }
    let _ = tell.send(Event::Ended(name));
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(LOG_LINES_SHOWN)..).unwrap_or_default().join("\n")
}
