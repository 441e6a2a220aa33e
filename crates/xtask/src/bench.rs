//! `cargo xtask bench`: how fast fields are sealed in a browser (web/bench) and opened natively (crates/core/benches),
//! what a guess at a passphrase costs (crates/login/benches), how fast ingest takes deposits (tests/benches/ingest), and how
//! long a check of the demo's site takes (check).
//!
//! As commands, all but the last end by becoming the program that measures, so its output and its exit code are this command's.

mod check;

use crate::setup::{chromium, npm, postgres};
use crate::{assets, place, program, run};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde::Deserialize;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Deposits that ingest takes, of those that the same database takes without us: the least that is good enough.
const BAR: f64 = 0.5;

/// What can be chosen.
#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Sealing a card number in Chromium, beside libsodium and an HPKE in JavaScript
    Seal {
        /// Print one line of JSON instead of a table
        #[arg(long)]
        json: bool,
        /// Visits to each page
        #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u8).range(1..=50))]
        runs: u8,
    },
    /// Opening fields on one core, beside the bare hpke crate
    Open {
        /// Print one line of JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Guessing at a passphrase with a copy of database and sign-in secret, on one core
    Login {
        /// Print one line of JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// A check of the demo's site by nightsafe-monitor, beside a plain fetch of the same files
    Check(check::Options),
    /// Taking deposits over HTTP on SQLite and PostgreSQL, beside the databases' own rates for the same bytes
    Ingest {
        /// Print one line of JSON instead of a table
        #[arg(long)]
        json: bool,
        /// Measure one database only
        #[arg(long, value_parser = ["sqlite", "postgres"])]
        only: Option<String>,
    },
}

/// Builds what is to be measured, then measures.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut measuring = match &options.what {
        What::Check(options) => return check::run(options),
        What::Seal { json, runs } => seal(*json, *runs)?,
        What::Open { json } => native("nightsafe-core", "open", *json),
        What::Login { json } => native("nightsafe-login", "guess", *json),
        What::Ingest { json, only } => ingest(*json, only.as_deref())?,
    };
    Err(measuring.exec()).with_context(|| format!("cannot start {}", measuring.get_program().to_string_lossy()))
}

/// Runs the bench of ingest, prints what it measured, and fails when that is below the bar on either database.
#[expect(clippy::print_stdout, reason = "the figures are the long run's result")]
pub(crate) fn judge_ingest() -> Result<()> {
    let mut bench = ingest(true, None)?;
    let output = bench.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("cannot run cargo")?;
    let json = String::from_utf8_lossy(&output.stdout);
    println!("{}", json.trim());
    if !output.status.success() {
        bail!("the bench failed ({})", output.status);
    }
    judge(&json)
}

/// What the bench prints, as far as it is judged.
#[derive(Deserialize)]
struct Measured {
    engines: Vec<Engine>,
}

#[derive(Deserialize)]
struct Engine {
    engine: String,
    ratio_to_raw: f64,
}

fn judge(json: &str) -> Result<()> {
    let Measured { engines } = serde_json::from_str(json).context("the bench prints something else than it did")?;
    for name in ["sqlite", "postgres"] {
        let Some(Engine { ratio_to_raw, .. }) = engines.iter().find(|one| one.engine == name) else {
            bail!("{name} was not measured");
        };
        if *ratio_to_raw < BAR {
            bail!(
                "on {name} ingest takes {ratio_to_raw:.2} of the deposits that the database takes without it: {BAR} is the bar"
            );
        }
    }
    Ok(())
}

fn seal(json: bool, runs: u8) -> Result<Command> {
    npm::ensure()?;
    assets::build()?;
    let web = place::web();
    run::quiet(run::command("node", &web).args(["build.mjs", "bench"]))?;
    let nightsafe = program::command()?;
    let mut node = run::command("node", &web);
    node.arg("dist/bench/seal.js").arg("--runs").arg(runs.to_string()).args(json.then_some("--json"));
    node.arg("--chromium").arg(chromium::ensure()?).arg("--nightsafe").arg(nightsafe);
    node.arg("--assets").arg(place::assets());
    node.arg("--xtask").arg(std::env::current_exe().context("cannot find the running program")?);
    Ok(node)
}

fn native(package: &str, bench: &str, json: bool) -> Command {
    let mut cargo = run::cargo(&place::root());
    cargo.args(["bench", "--package", package, "--bench", bench, "--"]).args(json.then_some("--json"));
    cargo
}

/// The bench builds the servers that it starts, in the same profile.
fn ingest(json: bool, only: Option<&str>) -> Result<Command> {
    if only != Some("sqlite") {
        postgres::ensure()?;
    }
    let mut cargo = run::cargo(&place::root());
    cargo.args(["bench", "--package", "nightsafe-tests", "--bench", "ingest", "--"]).args(json.then_some("--json"));
    cargo.args(only.map(|engine| format!("--only-{engine}")));
    Ok(cargo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_are_held_to_the_bar() {
        let json = |sqlite: &str, postgres: &str| {
            format!(
                r#"{{"bench":"ingest","engines":[{{"engine":"sqlite","ratio_to_raw":{sqlite},"p50_ms":1.5}},
                {{"engine":"postgres","ratio_to_raw":{postgres},"p50_ms":1.5}}]}}"#
            )
        };
        assert!(judge(&json("0.5", "1.2")).is_ok());
        for (sqlite, postgres) in [("0.499", "1.2"), ("1.2", "0.499"), ("null", "1.2")] {
            assert!(judge(&json(sqlite, postgres)).is_err(), "{sqlite} {postgres}");
        }
        assert!(judge(r#"{"engines":[{"engine":"sqlite","ratio_to_raw":1}]}"#).is_err());
    }
}
