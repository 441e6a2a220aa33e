//! The programs that demo, payload and benches run, `nightsafe` and `nightsafe-monitor`: built by them, or what the tests
//! have built already.
//!
//! Cargo builds what several packages share with the features of all that are built together. A command built by itself
//! beside the tests would be all of its dependencies a second time, and would take the place of the one that tests are
//! running.

use crate::{place, run, say};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Names a `nightsafe` that is built already, with the other programs beside it, to the demos that the browser tests start.
pub(crate) const VARIABLE: &str = "NIGHTSAFE_COMMAND";

const MONITOR: &str = "nightsafe-monitor";

/// What cargo says about each thing that it has built.
#[derive(Deserialize)]
struct Built {
    executable: Option<PathBuf>,
    target: Target,
    profile: Profile,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// Builds it, unless [`VARIABLE`] says where it is.
pub(crate) fn command() -> Result<PathBuf> {
    match std::env::var_os(VARIABLE) {
        Some(path) => Ok(path.into()),
        None => built("nightsafe", &[]),
    }
}

/// Builds `nightsafe-monitor`, unless it lies beside what [`VARIABLE`] says. By itself, as `cargo run -p nightsafe-monitor`
/// does: whoever runs that beside the demo does not wait for it to be compiled once more with other features.
pub(crate) fn monitor() -> Result<PathBuf> {
    match std::env::var_os(VARIABLE) {
        Some(path) => Ok(PathBuf::from(path).with_file_name(MONITOR)),
        None => built(MONITOR, &[]),
    }
}

/// Both in the release profile, for measuring.
pub(crate) fn released() -> Result<[PathBuf; 2]> {
    Ok([built("nightsafe", &["--release"])?, built(MONITOR, &["--release"])?])
}

/// Builds all tests, and it with them.
pub(crate) fn with_tests() -> Result<PathBuf> {
    let mut cargo = run::cargo(&place::root());
    cargo.args(["test", "--workspace", "--no-run"]);
    built_by(cargo, "nightsafe")
}

fn built(name: &str, more: &[&str]) -> Result<PathBuf> {
    say::step(&format!("{name} command"), || {
        let mut cargo = run::cargo(&place::root());
        cargo.args(["build", "--package", name, "--bin", name]).args(more);
        built_by(cargo, name)
    })
}

fn built_by(mut cargo: Command, name: &str) -> Result<PathBuf> {
    cargo.arg("--message-format=json-render-diagnostics");
    let output = cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("cannot run cargo")?;
    let path = found(&output.stdout, name).filter(|_| output.status.success());
    path.context("it could not be built: the compiler says above why")
}

fn found(messages: &[u8], name: &str) -> Option<PathBuf> {
    let messages = messages.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Built>(line).ok());
    messages.filter(|built| built.target.name == name && !built.profile.test).find_map(|built| built.executable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_told_from_its_tests_and_its_library() {
        let line = |name: &str, test: bool, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"name":"{name}"}},"profile":{{"test":{test}}},"executable":{executable}}}"#
            )
        };
        let lines = [
            r#"{"reason":"build-script-executed"}"#.to_owned(),
            line("nightsafe", false, "null"),
            line("nightsafe-vault", false, "\"/t/nightsafe-vault\""),
            line("nightsafe", true, "\"/t/deps/nightsafe-0\""),
            line("nightsafe", false, "\"/t/nightsafe\""),
        ];
        assert_eq!(found(lines.join("\n").as_bytes(), "nightsafe"), Some("/t/nightsafe".into()));
        assert_eq!(found(lines[..4].join("\n").as_bytes(), "nightsafe"), None);
    }
}
