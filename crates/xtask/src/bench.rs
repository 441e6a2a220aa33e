//! `cargo xtask bench`: how fast fields are sealed in a browser (web/bench) and opened natively (crates/core/benches),
//! what a guess at a passphrase costs (crates/login/benches), how fast ingest takes deposits (tests/benches/ingest), and how
//! long a check of the demo's site takes (check).
//!
//! All but the last end by becoming the program that measures, so its output and its exit code are this command's.

mod check;

use crate::setup::{chromium, npm, postgres};
use crate::{assets, place, program, run};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use std::os::unix::process::CommandExt;
use std::process::Command;

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
