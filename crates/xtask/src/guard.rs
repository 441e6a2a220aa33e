//! `guard PROGRAM ARGUMENTS`: becomes that program, set up to end when the process that started it dies.
//!
//! Demo servers must not outlive the demo, not even when it is killed without a chance to clean up.
//! The death signal survives exec, and setting it here, in the child itself, needs no unsafe code.

use anyhow::{Context, Result, bail};
use clap::Args;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What to become.
#[derive(Args)]
pub(crate) struct Options {
    /// Process id of the one that starts us
    parent: i32,
    program: OsString,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// A command that runs `program` under guard, in a process group of its own.
pub(crate) fn guarded(program: impl Into<OsString>) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("cannot find the running program")?);
    command.arg("guard").arg(std::process::id().to_string()).arg(program.into());
    command.process_group(0);
    Ok(command)
}

/// Returns only when the program cannot be started.
pub(crate) fn run(options: &Options) -> Result<()> {
    die_with_parent(options.parent)?;
    let error = Command::new(&options.program).args(&options.arguments).exec();
    Err(error).with_context(|| format!("cannot start {}", options.program.to_string_lossy()))
}

#[cfg(target_os = "linux")]
fn die_with_parent(parent: i32) -> Result<()> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::TERM)).context("cannot set the parent death signal")?;
    // It may have died before the line above
    if getppid().is_none_or(|now| now.as_raw_nonzero().get() != parent) {
        bail!("the starting process is gone");
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_parent: i32) -> Result<()> {
    Ok(()) // no such signal here: demo ends its process groups itself
}
