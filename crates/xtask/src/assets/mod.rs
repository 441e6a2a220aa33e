//! `cargo xtask assets`: WASM modules, bundles and pages into target/assets, as `nightsafe site build` takes them.

mod bindgen;
mod bundle;
pub(crate) mod config;
mod imports;
mod made_with;
mod module;
mod optimise;
mod payload;
mod placeholders;
mod size;

use crate::metadata::Workspace;
use crate::setup::npm;
use crate::setup::wasm_target::Toolchain;
use crate::{place, say};
use anyhow::Result;
use config::{Config, Payload};
use std::fs::{self, File};
use std::path::PathBuf;

/// Builds what has changed, prints the sizes, holds them against the budgets.
pub(crate) fn run() -> Result<()> {
    npm::ensure()?;
    build()?;
    payload::print()?;
    check_budgets()
}

/// Refuses what weighs more than wasm-pack.toml allows. Not part of the build: too heavy is no reason not to try it.
pub(crate) fn check_budgets() -> Result<()> {
    payload::check(&Config::read(&config_file())?)
}

/// What checkouts may weigh, in bytes as sent.
pub(crate) fn payload_budgets() -> Result<Payload> {
    Ok(Config::read(&config_file())?.payload)
}

/// Builds what has changed; needs the npm packages.
pub(crate) fn build() -> Result<()> {
    let _alone = lock()?;
    let config = Config::read(&config_file())?;
    let toolchain = Toolchain::ensure()?;
    let workspace = Workspace::read()?;
    for (name, package) in config.in_order() {
        module::build(name, package, &toolchain, &workspace)?;
    }
    bundle::build()?;
    made_with::write(&config, &toolchain)?;
    placeholders::check(&place::assets())?;
    payload::list()
}

fn config_file() -> PathBuf {
    place::root().join("wasm-pack.toml")
}

/// Two builds at once would pull files from under each other; the second one waits, then finds all done.
fn lock() -> Result<File> {
    let folder = place::target().join("wasm");
    fs::create_dir_all(&folder)?;
    let file = File::create(folder.join("assets.lock"))?;
    if file.try_lock().is_err() {
        say::note("another build of the assets is under way: waiting for it");
        file.lock()?;
    }
    Ok(file)
}
