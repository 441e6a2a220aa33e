//! The nightsafe command: init, site, keys, db, audit, open, up, admin.

mod cmd;
mod config;
mod data_dir;
mod database_url;
mod files;
mod keys;
mod labelled;
mod manifests;
mod passphrase;
mod release_log;
mod review;
mod site;
mod term;
mod witness;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cmd::Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            term::progress(&format!("error: cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(cli.run());
    // A computation that was given up must not hold the process up
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(found) = error.downcast_ref::<term::Status>() {
                term::progress(&found.said);
                return ExitCode::from(found.status);
            }
            term::progress(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
