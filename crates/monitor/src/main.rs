//! `nightsafe-monitor`: looks whether a site serves what its site keys signed.

mod arguments;
mod run;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

/// What Nagios calls UNKNOWN: the program could not do its work. Never that of CRITICAL, which says that the site is wrong.
const UNKNOWN: u8 = 3;

fn main() -> ExitCode {
    let arguments = match arguments::Cli::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let is_asked = !error.use_stderr();
            // Nobody is left to tell when the output is closed
            let _ = error.print();
            return if is_asked { ExitCode::SUCCESS } else { ExitCode::from(UNKNOWN) };
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    let (text, status) = match runtime.block_on(run::run(arguments.command)) {
        Ok(done) => done,
        Err(error) => return failed(&format!("{error:#}")),
    };
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::from(status),
        Err(_) => ExitCode::from(UNKNOWN),
    }
}

/// On the output, too: Nagios shows nothing else.
fn failed(said: &str) -> ExitCode {
    let line: String = said.chars().map(|c| if c == '|' || c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(std::io::stdout().lock(), "NIGHTSAFE UNKNOWN - {line}");
    ExitCode::from(UNKNOWN)
}
