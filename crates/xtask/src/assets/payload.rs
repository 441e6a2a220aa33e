//! Budgets, and target/assets/assets.json with all sizes.

use super::config::Config;
use super::size::Size;
use crate::{place, stamp};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;

const LIST: &str = "assets.json";

/// Writes assets.json.
pub(crate) fn list() -> Result<()> {
    fs::write(place::assets().join(LIST), format!("{}\n", serde_json::to_string_pretty(&measure()?)?))?;
    Ok(())
}

/// Refuses a module, or a payload of one checkout, over its budget.
pub(crate) fn check(config: &Config) -> Result<()> {
    let sizes = measure()?;
    for package in config.packages.values() {
        within(&package.output, brotli(&sizes, &package.output)?, package.budget)?;
    }
    let files = &config.payload.files;
    let total = files.iter().map(|file| brotli(&sizes, file)).sum::<Result<usize>>()?;
    within("the payload of one checkout", total, config.payload.budget)
}

/// The sizes as a table.
pub(crate) fn print() -> Result<()> {
    let config = Config::read(&place::root().join("wasm-pack.toml"))?;
    let sizes = measure()?;
    eprintln!("{:<24} {:>9} {:>9}", "target/assets", "bytes", "brotli");
    for (name, size) in &sizes {
        eprintln!("{name:<24} {:>9} {:>9}", size.bytes, size.brotli);
    }
    let total = config.payload.files.iter().map(|file| brotli(&sizes, file)).sum::<Result<usize>>()?;
    eprintln!("{:<24} {:>9} {total:>9} of {}", "one checkout", "", config.payload.budget);
    Ok(())
}

fn measure() -> Result<BTreeMap<String, Size>> {
    let assets = place::assets();
    let mut sizes = BTreeMap::new();
    for file in stamp::files(&assets)? {
        let name = file.strip_prefix(&assets)?.to_string_lossy().into_owned();
        if name != LIST {
            sizes.insert(name, Size::of(&file)?);
        }
    }
    Ok(sizes)
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
