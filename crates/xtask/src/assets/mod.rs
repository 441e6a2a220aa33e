//! `cargo xtask assets`: WASM modules, bundles and pages into target/assets, as `nightsafe site build` takes them.

mod bindgen;
mod bundle;
mod config;
mod imports;
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
use config::Config;
use std::fs::{self, File};

/// Builds what has changed, checks it all, prints the sizes.
pub(crate) fn run() -> Result<()> {
    npm::ensure()?;
    build()?;
    payload::print()
}

/// Same without the table; needs the npm packages.
pub(crate) fn build() -> Result<()> {
    let _alone = lock()?;
    let config = Config::read(&place::root().join("wasm-pack.toml"))?;
    let toolchain = Toolchain::ensure()?;
    let workspace = Workspace::read()?;
    for (name, package) in &config.packages {
        module::build(name, package, &toolchain, &workspace)?;
    }
    bundle::build()?;
    say::step("check of placeholders and budgets", || {
        placeholders::check(&place::assets())?;
        payload::check(&config)
    })
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
