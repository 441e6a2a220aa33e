//! `cargo xtask reproduce`: the assets of the last commit, made in clean checkouts, and compared byte by byte.

use crate::{place, run, say, stamp};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What can be chosen.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Compare with the assets in this folder instead of making them a second time
    #[arg(long, value_name = "DIR")]
    with: Option<PathBuf>,
}

/// Where checkout and CARGO_HOME lie within a temporary folder: paths of different lengths, since a path that gets into a
/// result shows in its length, too.
const PLACES: [(&str, &str); 2] = [("a", "cargo"), ("a-checkout/of another name", "home of/cargo")];

/// Makes them and fails when a file differs, naming it.
#[expect(clippy::print_stdout, reason = "what was compared is this command's result")]
pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = Folder::new()?;
    let [first, second] = PLACES;
    let one = folder.make(first)?;
    let other = match &options.with {
        Some(path) => files(path)?,
        None => folder.make(second)?,
    };
    let differing = differences(&one, &other);
    if !differing.is_empty() {
        folder.keep();
        bail!("not the same: {}; the checkouts stay in {}", differing.join(", "), folder.0.display());
    }
    println!("{} files, {} bytes: the same", one.len(), one.values().map(Vec::len).sum::<usize>());
    folder.remove()
}

/// Name, relative to the assets, and bytes.
type Files = BTreeMap<PathBuf, Vec<u8>>;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("nightsafe-reproduce-{}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }

    /// Clones the last commit, and makes its assets with an empty CARGO_HOME.
    fn make(&self, (checkout, home): (&str, &str)) -> Result<Files> {
        let (checkout, home) = (self.0.join(checkout), self.0.join(home));
        fs::create_dir_all(&home)?;
        let name = checkout.display().to_string();
        say::step(&format!("assets in {name}"), || {
            let mut clone = Command::new("git");
            run::quiet(clone.args(["clone", "--quiet", "--no-local"]).arg(place::root()).arg(&checkout))?;
            let mut make = run::cargo(&checkout);
            make.args(["xtask", "assets"]).env("CARGO_HOME", &home);
            // Neither settings of this build nor its results
            for name in ["CARGO_TARGET_DIR", "CARGO_MANIFEST_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
                make.env_remove(name);
            }
            run::quiet(&mut make)
        })?;
        files(&checkout.join("target/assets"))
    }

    fn keep(&self) {
        say::note(&format!("kept: {}", self.0.display()));
    }

    fn remove(&self) -> Result<()> {
        fs::remove_dir_all(&self.0).with_context(|| format!("cannot remove {}", self.0.display()))
    }
}

fn files(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    for path in stamp::files(folder)? {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        files.insert(path.strip_prefix(folder).unwrap_or(&path).to_path_buf(), bytes);
    }
    if files.is_empty() {
        bail!("there are no assets in {}", folder.display());
    }
    Ok(files)
}

/// Names of files that are not in both, or not the same.
fn differences(one: &Files, other: &Files) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let differs = names.into_iter().filter(|name| one.get(*name) != other.get(*name));
    differs.map(|name| name.display().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Files {
        files.iter().map(|(name, text)| (name.into(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn what_differs_is_named() {
        let one = of(&[("a", "1"), ("b", "2"), ("c/d", "3")]);
        assert!(differences(&one, &one.clone()).is_empty());
        assert_eq!(differences(&one, &of(&[("a", "1"), ("b", "other"), ("e", "3")])), ["b", "c/d", "e"]);
    }

    #[test]
    fn a_folder_without_assets_is_no_good_copy() {
        let folder = tempfile::tempdir().unwrap();
        assert!(files(folder.path()).is_err());
    }
}
