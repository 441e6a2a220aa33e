//! `cargo xtask test`: every test there is, with its set-up, in order, counted.

mod count;
mod stage;
mod table;

use crate::cluster::{self, Cluster};
use crate::setup::{chromium, nginx, npm, postgres, schemathesis};
use crate::{assets, payload, place, run, stamp};
use anyhow::{Context, Result, bail};
use clap::Args;
use stage::{Results, Runner, Stage};
use std::path::Path;
use std::process::Command;

/// What can be chosen.
#[derive(Args)]
pub(crate) struct Options {
    /// Also run what takes long: many kills, many rows, fuzzing
    #[arg(long)]
    long: bool,
    /// Run only tests whose name holds this
    filter: Option<String>,
}

/// Runs all stages, also after a failed one; prints the table and, as the last line, the counts.
pub(crate) fn run(options: &Options) -> Result<()> {
    npm::ensure()?;
    assets::build()?; // types of the glue, the modules under test
    let chromium = chromium::ensure()?;
    postgres::ensure()?; // tests make clusters of their own, to kill them
    nginx::ensure()?;
    let schemathesis = schemathesis::ensure();
    let cluster = Cluster::start()?; // tests that need a database, but not to kill its server, share it
    let filter = options.filter.as_deref();
    let mut results = vec![
        Results::of("module budgets", assets::check_budgets),
        Results::of("payload of one checkout", payload::check),
        Results::of("TypeScript types", || run::checked(npm().args(["run", "--silent", "check"]))),
        Results::of("bundles of the tests", || {
            run::checked(run::command("node", &place::web()).args(["build.mjs", "tests"]))
        }),
    ];
    results.extend([
        Stage {
            name: "Rust",
            command: rust(options, filter, &cluster, schemathesis.as_deref()),
            runner: Runner::Cargo,
        }
        .run(),
        Stage { name: "unit and WASM", command: node(options, filter)?, runner: Runner::Tap }.run(),
        Stage { name: "browser", command: playwright(options, filter, &chromium)?, runner: Runner::Playwright }.run(),
    ]);
    table::print(&results);
    if results.iter().any(|result| result.count.failed > 0) {
        bail!("there are failed tests");
    }
    Ok(())
}

fn rust(options: &Options, filter: Option<&str>, cluster: &Cluster, schemathesis: Option<&Path>) -> Command {
    let mut cargo = run::cargo(&place::root());
    cargo.args(["test", "--workspace", "--no-fail-fast"]).args(filter).arg("--");
    if options.long {
        // With what the tests say: kills, receipts, rows and times are this run's result
        cargo.args(["--include-ignored", "--show-output"]);
    }
    cargo.env(cluster::URL, cluster.url());
    cargo.envs(schemathesis.map(|program| (schemathesis::VARIABLE, program)));
    with_length(cargo, options)
}

fn npm() -> Command {
    run::command("npm", &place::web())
}

fn node(options: &Options, filter: Option<&str>) -> Result<Command> {
    let mut node = run::command("node", &place::web());
    node.args(["--test", "--test-reporter=tap"]);
    if let Some(filter) = filter {
        node.arg(format!("--test-name-pattern={filter}"));
    }
    // Files, not a folder: what a folder means differs between versions of Node
    let bundles = stamp::files(&place::web().join("dist/tests"))?;
    node.args(bundles.iter().filter(|file| file.to_string_lossy().ends_with(".test.js")));
    Ok(with_length(node, options))
}

fn playwright(options: &Options, filter: Option<&str>, chromium: &Path) -> Result<Command> {
    let mut playwright = run::command("node", &place::web());
    playwright.args(["node_modules/@playwright/test/cli.js", "test", "--reporter=list"]);
    if let Some(filter) = filter {
        playwright.args(["--grep", filter, "--pass-with-no-tests"]);
    }
    playwright.env("NIGHTSAFE_CHROMIUM", chromium);
    // The demos that the tests start are this program, under guard: none outlives the run
    playwright.env("NIGHTSAFE_XTASK", std::env::current_exe().context("cannot find the running program")?);
    Ok(with_length(playwright, options))
}

/// Tests that take long look for this themselves.
fn with_length(mut command: Command, options: &Options) -> Command {
    if options.long {
        command.env("NIGHTSAFE_LONG", "1");
    }
    command
}
