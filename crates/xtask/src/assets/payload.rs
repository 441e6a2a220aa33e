//! Budgets, and target/assets/assets.json with all sizes.

use super::config::Config;
use super::made_with;
use super::size::{PACKED, Size};
use crate::place;
use crate::stamp::{self, Inputs};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

const LIST: &str = "assets.json";

/// Writes assets.json, when a file has changed: the strongest compression is slow.
pub(crate) fn list() -> Result<()> {
    let list = place::assets().join(LIST);
    let hash = measured()?.iter().try_fold(Inputs::default(), |inputs, file| inputs.path(file))?.finish();
    stamp::unless_done(&place::target().join("assets.stamp"), &hash, std::slice::from_ref(&list), || {
        fs::write(&list, format!("{}\n", serde_json::to_string_pretty(&measure()?)?))?;
        Ok(())
    })?;
    Ok(())
}

/// Refuses a module over its budget.
pub(crate) fn check(config: &Config) -> Result<()> {
    let sizes = read()?;
    for package in config.packages.values() {
        within(&package.output, brotli(&sizes, &package.output)?, package.budget)?;
    }
    Ok(())
}

/// The sizes as a table.
pub(crate) fn print() -> Result<()> {
    let sizes = read()?;
    eprintln!("{:<24} {:>9} {:>9}", "target/assets", "bytes", "brotli");
    for (name, size) in &sizes {
        eprintln!("{name:<24} {:>9} {:>9}", size.bytes, size.brotli);
    }
    Ok(())
}

fn measure() -> Result<BTreeMap<String, Size>> {
    let assets = place::assets();
    let mut sizes = BTreeMap::new();
    for file in measured()? {
        let name = file.strip_prefix(&assets)?.to_string_lossy().into_owned();
        sizes.insert(name, Size::of(&file)?);
    }
    Ok(sizes)
}

fn measured() -> Result<Vec<PathBuf>> {
    let mut files = stamp::files(&place::assets())?;
    let is_other = |file: &PathBuf| file.ends_with(LIST) || file.ends_with(made_with::FILE);
    files.retain(|file| !is_other(file) && file.extension().is_none_or(|extension| extension != PACKED));
    Ok(files)
}

fn read() -> Result<BTreeMap<String, Size>> {
    let list = fs::read(place::assets().join(LIST)).context("target/assets has no assets.json")?;
    serde_json::from_slice(&list).context("assets.json is damaged")
}

fn brotli(sizes: &BTreeMap<String, Size>, name: &str) -> Result<usize> {
    Ok(sizes.get(name).with_context(|| format!("target/assets/{name} is missing"))?.brotli)
}

fn within(what: &str, size: usize, budget: usize) -> Result<()> {
    if size > budget {
        bail!("{what} is {size} bytes with brotli, over its budget of {budget} in wasm-pack.toml");
    }
    Ok(())
}
