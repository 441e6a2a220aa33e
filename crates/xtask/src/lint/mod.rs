//! `cargo xtask lint`: what a reviewer should not have to look for.

mod directions;
mod house_rules;
mod lengths;
mod named_tests;
mod promises;

use crate::setup::npm;
use crate::setup::wasm_target::Toolchain;
use crate::{assets, place, run, say};
use anyhow::{Result, bail};
use std::process::Command;

const WASM_PACKAGES: &[&str] =
    &["nightsafe-core", "nightsafe-checkout-wasm", "nightsafe-admin-wasm", "nightsafe-passphrase-wasm"];

type Check = fn() -> Result<Outcome>;

/// What became of a check that did not fail.
enum Outcome {
    Done,
    /// For want of a program.
    LeftOut(&'static str),
}

/// Runs all checks, also after a failed one.
pub(crate) fn run() -> Result<()> {
    npm::ensure()?;
    let checks: [(&str, Check); 10] = [
        ("format", || done(run::checked(&mut cargo(&["fmt", "--all", "--check"])))),
        ("clippy", || {
            done(run::checked(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])))
        }),
        ("clippy for WASM", clippy_for_wasm),
        ("types", || done(types())),
        ("crate directions", || done(directions::check())),
        ("house rules", || done(house_rules::check())),
        ("promises of the threat model", || done(promises::check())),
        ("tests that documents name", || done(named_tests::check())),
        ("file lengths", || done(lengths::report())),
        ("cargo-deny", deny),
    ];
    let (mut failed, mut left_out) = (Vec::new(), Vec::new());
    for (name, check) in checks {
        match say::step(name, check) {
            Ok(Outcome::Done) => {}
            Ok(Outcome::LeftOut(why)) => left_out.push(format!("{name}: {why}")),
            Err(error) => {
                eprintln!("error: {error:#}");
                failed.push(name);
            }
        }
    }
    if !left_out.is_empty() {
        eprintln!("{} of {} checks left out: {}", left_out.len(), checks.len(), left_out.join("; "));
    }
    if !failed.is_empty() {
        bail!("lint failed: {}", failed.join(", "));
    }
    Ok(())
}

/// By the toolchain that builds the modules.
fn clippy_for_wasm() -> Result<Outcome> {
    let toolchain = Toolchain::ensure()?;
    let Some(mut clippy) = toolchain.clippy() else {
        return Ok(Outcome::LeftOut("the toolchain for WASM comes without clippy"));
    };
    clippy.arg("--target-dir").arg(place::target().join("wasm-clippy"));
    clippy.args(WASM_PACKAGES.iter().flat_map(|package| ["--package", package])).args(["--", "-D", "warnings"]);
    run::checked(&mut clippy)?;
    Ok(Outcome::Done)
}

fn types() -> Result<()> {
    assets::build()?; // the glue's types
    run::checked(run::command("npm", &place::web()).args(["run", "--silent", "check"]))
}

fn deny() -> Result<Outcome> {
    if !run::on_path("cargo-deny") {
        return Ok(Outcome::LeftOut("cargo-deny is not installed"));
    }
    done(run::checked(&mut cargo(&["deny", "--all-features", "check"])))
}

fn done(result: Result<()>) -> Result<Outcome> {
    result.map(|()| Outcome::Done)
}

fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = run::cargo(&place::root());
    cargo.args(arguments);
    cargo
}
