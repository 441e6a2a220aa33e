//! made-with.json: which Nightsafe the assets are of, from which commit and with which tools they were built, and the hashes of
//! the WASM modules. A site's release repeats it, so that anybody can build the modules again and compare.

use super::config::Config;
use crate::setup::wasm_target::Toolchain;
use crate::{place, run};
use anyhow::{Context, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Its name; it is no asset itself.
pub(crate) const FILE: &str = "made-with.json";

#[derive(Serialize)]
struct MadeWith {
    modules: BTreeMap<String, String>,
    source_commit: String,
    toolchain: String,
    version: &'static str,
}

/// Writes it; the same modules of the same commit give the same bytes.
pub(crate) fn write(config: &Config, toolchain: &Toolchain) -> Result<()> {
    let modules = config.packages.values().map(|package| module(&package.output));
    let made_with = MadeWith {
        modules: modules.collect::<Result<_>>()?,
        source_commit: commit(),
        toolchain: tools(toolchain)?,
        version: env!("CARGO_PKG_VERSION"),
    };
    let path = place::assets().join(FILE);
    fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&made_with)?))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Name without folder and ending, and the hash.
fn module(output: &str) -> Result<(String, String)> {
    let path = place::assets().join(output);
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = Path::new(output).file_stem().context("a module without a name")?.to_string_lossy().into_owned();
    let hash = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((name, hash))
}

/// Of an archive without history nothing is known.
fn commit() -> String {
    let git = |arguments: &[&str]| run::answer(run::command("git", &place::root()).args(arguments));
    let Some(commit) = git(&["rev-parse", "HEAD"]) else { return "unknown".to_owned() };
    let is_clean =
        git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| changes.trim().is_empty());
    format!("{}{}", commit.trim(), if is_clean { "" } else { "+modified" })
}

fn tools(toolchain: &Toolchain) -> Result<String> {
    let rustc = toolchain.version.lines().next().unwrap_or_default();
    let lock = fs::read_to_string(place::root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let version = locked(&lock, "wasm-bindgen").context("Cargo.lock has no wasm-bindgen")?;
    Ok(format!("{rustc}, wasm-bindgen {version}"))
}

fn locked<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("\nname = \"{name}\"\nversion = \""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_locked_version() {
        let lock = "[[package]]\nname = \"wasm-bindgen-x\"\nversion = \"1\"\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked(lock, "other"), None);
    }
}
