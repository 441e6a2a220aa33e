//! Running other programs to their end.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs it with our stderr; its stdout goes to stderr too, so that ours stays clean.
pub(crate) fn checked(command: &mut Command) -> Result<()> {
    let status =
        command.stdin(Stdio::null()).stdout(std::io::stderr()).status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs it quietly; only a failure shows what it printed.
pub(crate) fn quiet(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| cannot_start(command))?;
    if !output.status.success() {
        eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("{} failed ({})", shown(command), output.status);
    }
    Ok(())
}

/// What it prints on stdout, or `None` when it cannot run or fails: for questions whose answer may be «not here».
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program of that name is on PATH.
pub(crate) fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|directory| directory.join(program).is_file()))
}

/// A command in a folder.
pub(crate) fn command(program: impl AsRef<OsStr>, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory);
    command
}

/// The cargo that runs us.
pub(crate) fn cargo(directory: &Path) -> Command {
    cargo_at(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), directory)
}

/// Some cargo, free of what ours told us about our own package.
pub(crate) fn cargo_at(program: impl AsRef<OsStr>, directory: &Path) -> Command {
    let mut cargo = command(program, directory);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start {}: is it installed and on PATH?", command.get_program().to_string_lossy())
}

fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args().take(6) {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}
