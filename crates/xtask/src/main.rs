//! Set-up, assets, demo, tests, fuzzing, lint and benches: `cargo xtask <command>`.

mod assets;
mod bench;
mod cluster;
mod demo;
mod fuzz;
mod guard;
mod lint;
mod metadata;
mod payload;
mod place;
mod program;
mod reproduce;
mod run;
mod say;
mod setup;
mod stamp;
mod test;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Builds, runs and checks Nightsafe; every command does its own set-up.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start shop, fields, ingest, admin site and thief page on this machine
    Demo(demo::Options),
    /// Run every test; ends with the counts
    Test(test::Options),
    /// Send mutated bytes to everything that reads what strangers write
    Fuzz(fuzz::Options),
    /// Check formatting, lints, types and the rules of the layout
    Lint,
    /// Build the WASM modules and bundles into target/assets
    Assets,
    /// Build the assets of the last commit in clean checkouts, compare them, and hold them against a site made of them
    Reproduce(reproduce::Options),
    /// Measure sealing in a browser, opening natively, taking deposits, or checking a site from outside
    Bench(bench::Options),
    /// Start a PostgreSQL for tests run by hand, and say how they find it
    Postgres,
    /// Print what a site's checkouts weigh, file by file (used by tests in the browser)
    #[command(hide = true)]
    Payload(payload::Options),
    /// Run a program that ends when this one does (used by demo)
    #[command(hide = true)]
    Guard(guard::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Lint => lint::run(),
        Command::Assets => assets::run(),
        Command::Reproduce(options) => reproduce::run(&options, None),
        Command::Bench(options) => bench::run(&options),
        Command::Postgres => cluster::run(),
        Command::Payload(options) => payload::run(&options),
        Command::Guard(options) => guard::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
