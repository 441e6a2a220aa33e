//! What a person or a script sees: results on stdout, progress and warnings on stderr.

use std::io::Write;

use anyhow::{Context, Result};

/// Prints a result to stdout and flushes it, so that a waiting script sees it at once.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot write to stdout")
}

/// One line of progress on stderr.
pub(crate) fn progress(line: &str) {
    // Nobody is left to tell when stderr is closed.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// One warning on stderr.
pub(crate) fn warn(line: &str) {
    progress(&format!("warning: {line}"));
}

/// The end of a command whose exit status says what it found.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) status: u8,
    pub(crate) said: String,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for Status {}
