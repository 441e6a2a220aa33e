//! `cargo xtask lint`: what a reviewer should not have to look for.

mod directions;
mod house_rules;
mod lengths;

use crate::setup::npm;
use crate::setup::wasm_target::TARGET;
use crate::{assets, place, run, say};
use anyhow::{Result, bail};
use std::process::Command;

const WASM_PACKAGES: &[&str] = &["nightsafe-core", "nightsafe-checkout-wasm", "nightsafe-admin-wasm"];

type Check = fn() -> Result<()>;

/// Runs all checks, also after a failed one.
pub(crate) fn run() -> Result<()> {
    npm::ensure()?;
    let checks: [(&str, Check); 8] = [
        ("format", || run::checked(&mut cargo(&["fmt", "--all", "--check"]))),
        ("clippy", || run::checked(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))),
        ("clippy for WASM", clippy_for_wasm),
        ("types", types),
        ("crate directions", directions::check),
        ("house rules", house_rules::check),
        ("file lengths", lengths::report),
        ("cargo-deny", deny),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        if let Err(error) = say::step(name, check) {
            eprintln!("error: {error:#}");
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        bail!("lint failed: {}", failed.join(", "));
    }
    Ok(())
}

fn clippy_for_wasm() -> Result<()> {
    let installed = run::answer(run::command("rustup", &place::root()).args(["target", "list", "--installed"]));
    if !installed.unwrap_or_default().lines().any(|target| target == TARGET) {
        say::note(&format!("left out: rustup has no {TARGET} here"));
        return Ok(());
    }
    let mut clippy = cargo(&["clippy", "--target", TARGET]);
    clippy.args(WASM_PACKAGES.iter().flat_map(|package| ["--package", package])).args(["--", "-D", "warnings"]);
    run::checked(&mut clippy)
}

fn types() -> Result<()> {
    assets::build()?; // the glue's types
    run::checked(run::command("npm", &place::web()).args(["run", "--silent", "check"]))
}

fn deny() -> Result<()> {
    if !run::on_path("cargo-deny") {
        say::note("left out: cargo-deny is not installed");
        return Ok(());
    }
    run::checked(&mut cargo(&["deny", "--all-features", "check"]))
}

fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = run::cargo(&place::root());
    cargo.args(arguments);
    cargo
}
