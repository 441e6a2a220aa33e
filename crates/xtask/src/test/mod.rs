//! `cargo xtask test`: every test there is, with its set-up, in order, counted.

mod count;
mod failures;
mod stage;
mod table;

use crate::cluster::{self, Cluster};
use crate::fuzz::Which;
use crate::setup::{chromium, faketime, npm, postgres, proxies, schemathesis, watchers};
use crate::{assets, bench, fuzz, payload, place, program, reproduce, run, stamp};
use anyhow::{Context, Result, bail};
use clap::Args;
use stage::{Results, Runner, Stage};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// In the long run: of all targets together that read requests, and of all others together.
const FUZZING: Duration = Duration::from_secs(600);

/// What can be chosen.
#[derive(Args)]
pub(crate) struct Options {
    /// Also run what takes long: many kills, many rows, twenty minutes of fuzzing. Fails when anything is left out
    #[arg(long)]
    long: bool,
    /// Run only tests whose name holds this
    filter: Option<String>,
}

/// Runs all stages, also after a failed one; prints the table and, as the last line, the counts.
pub(crate) fn run(options: &Options) -> Result<()> {
    let start = Instant::now();
    let mut nightsafe = None;
    // Compiling waits for its longest crate more than for processors, and installing for the network: beside one another
    let (compiled, there) = std::thread::scope(|scope| {
        let compiled =
            scope.spawn(|| Results::of("compiled tests", || program::with_tests().map(|path| nightsafe = Some(path))));
        let there = There::ensure(options);
        (compiled.join(), there)
    });
    let compiled = compiled.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let There { chromium, schemathesis } = there?;
    let cluster = Cluster::start()?; // tests that need a database, but not to kill its server, share it
    let filter = options.filter.as_deref();
    let mut results = vec![compiled, Results::of("module budgets", assets::check_budgets)];
    let nightsafe = nightsafe.as_deref();
    let tool = schemathesis.as_ref().ok().cloned();
    results.extend([
        Results::of("payload of one checkout", || payload::check(nightsafe.context("there is no nightsafe command")?)),
        Results::of("TypeScript types", || run::checked(npm().args(["run", "--silent", "check"]))),
        Results::of("bundles of the tests", || {
            run::checked(run::command("node", &place::web()).args(["build.mjs", "tests"]))
        }),
        Results::of("schemathesis is there", || schemathesis.map(drop)),
    ]);
    let rust = Stage {
        name: "Rust",
        command: rust(options, filter, &cluster, tool.as_deref()),
        runner: Runner::Cargo { show: options.long },
    };
    let node = Stage { name: "unit and WASM", command: node(options, filter)?, runner: Runner::Tap };
    let command = playwright(options, filter, &chromium, nightsafe)?;
    let browser = Stage { name: "browser", command, runner: Runner::Playwright };
    results.extend(if options.long {
        stage::in_turn([rust, node, browser])
    } else {
        stage::side_by_side(rust, [node, browser])
    });
    if options.long && filter.is_none() {
        results.push(Results::of("bench of ingest", bench::judge_ingest));
        results.push(Results::of("reproducible assets", || {
            // What the tests were run with; another build would take its place
            reproduce::run(&reproduce::Options::default(), Some(nightsafe.context("there is no nightsafe command")?))
        }));
        results.push(Results::of("fuzzing requests", || fuzz::run_for(FUZZING, Which::OfRequests)));
        results.push(Results::of("fuzzing the rest", || fuzz::run_for(FUZZING, Which::Others)));
    }
    table::print(&results, start.elapsed());
    if results.iter().any(|result| result.count.failed > 0) {
        bail!("there are failed tests");
    }
    // The long run is the one that is to have tried everything
    if options.long && results.iter().any(|result| result.count.skipped > 0) {
        bail!("tests were skipped, or left something out: the lines with SKIPPED and LEFT OUT say what was missing");
    }
    Ok(())
}

/// What the tests are run with, beside what they are compiled to.
struct There {
    chromium: PathBuf,
    /// Without it the run fails, but says so only after everything else has been tried.
    schemathesis: Result<PathBuf>,
}

impl There {
    fn ensure(options: &Options) -> Result<Self> {
        npm::ensure()?;
        assets::build()?; // types of the glue, the modules under test
        let chromium = chromium::ensure()?;
        postgres::ensure()?; // tests make clusters of their own, to kill them
        proxies::ensure()?;
        faketime::ensure();
        if options.long {
            watchers::ensure()?;
        }
        Ok(Self { chromium, schemathesis: schemathesis::ensure() })
    }
}

fn rust(options: &Options, filter: Option<&str>, cluster: &Cluster, schemathesis: Option<&Path>) -> Command {
    let mut cargo = run::cargo(&place::root());
    cargo.args(["test", "--workspace", "--no-fail-fast"]).args(filter);
    // What passing tests say has to be seen: among it is what they left out. The long run shows all of it: kills,
    // receipts, rows and times are its result
    cargo.args(["--", "--show-output"]).args(options.long.then_some("--include-ignored"));
    cargo.env_remove("NIGHTSAFE_BLESS"); // no test is to write what it compares with
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

fn playwright(options: &Options, filter: Option<&str>, chromium: &Path, nightsafe: Option<&Path>) -> Result<Command> {
    let mut playwright = run::command("node", &place::web());
    playwright.args(["node_modules/@playwright/test/cli.js", "test", "--reporter=list"]);
    if let Some(filter) = filter {
        playwright.args(["--grep", filter, "--pass-with-no-tests"]);
    }
    playwright.env("NIGHTSAFE_CHROMIUM", chromium);
    playwright.envs(nightsafe.map(|path| (program::VARIABLE, path)));
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
