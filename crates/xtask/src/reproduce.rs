//! `cargo xtask reproduce`: the assets of the last commit, made in clean checkouts, and compared byte by byte. Then a site is
//! built of those of one checkout, and `nightsafe site verify --rebuild` holds it against another, as somebody would who believes
//! none of this.

use crate::{demo, place, program, run, say, stamp};
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

/// Makes them and fails when a file differs, naming it; `nightsafe` is the command, where it is built already.
#[expect(clippy::print_stdout, reason = "what was compared is this command's result")]
pub(crate) fn run(options: &Options, nightsafe: Option<&Path>) -> Result<()> {
    let folder = Folder::new()?;
    let [first, second] = PLACES;
    let one = folder.make(first)?;
    let (other, verified) = match &options.with {
        Some(path) => (files(path)?, first),
        None => (folder.make(second)?, second),
    };
    let differing = differences(&one, &other);
    if !differing.is_empty() {
        folder.keep();
        bail!("not the same: {}; the checkouts stay in {}", differing.join(", "), folder.0.display());
    }
    println!("{} files, {} bytes: the same", one.len(), one.values().map(Vec::len).sum::<usize>());
    let command = nightsafe.map_or_else(program::command, |path| Ok(path.to_owned()))?;
    match folder.verify(&command, first, verified) {
        Ok(said) => print!("{said}"),
        Err(error) => {
            folder.keep();
            return Err(error.context("`nightsafe site verify --rebuild` of a site that was built of them"));
        }
    }
    folder.remove()
}

/// Name, relative to the assets, and bytes.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Where all of it is, and the commit that is made: one may be added meanwhile.
struct Folder(PathBuf, String);

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("nightsafe-reproduce-{}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let commit = run::answer(Command::new("git").args(["rev-parse", "HEAD"]).current_dir(place::root()));
        Ok(Self(path, commit.context("this is no git checkout")?.trim().to_owned()))
    }

    /// Clones the last commit, and makes its assets with an empty CARGO_HOME.
    fn make(&self, (checkout, home): (&str, &str)) -> Result<Files> {
        let (checkout, home) = self.paths((checkout, home));
        fs::create_dir_all(&home)?;
        let name = checkout.display().to_string();
        say::step(&format!("assets in {name}"), || {
            let mut clone = Command::new("git");
            run::quiet(clone.args(["clone", "--quiet", "--no-local"]).arg(place::root()).arg(&checkout))?;
            let mut at = Command::new("git");
            run::quiet(at.args(["checkout", "--quiet", "--detach", &self.1]).current_dir(&checkout))?;
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

    fn paths(&self, (checkout, home): (&str, &str)) -> (PathBuf, PathBuf) {
        (self.0.join(checkout), self.0.join(home))
    }

    /// Builds a site of the assets of one checkout, and has them made again for it in another, or in the same. What was said.
    fn verify(&self, nightsafe: &Path, built: (&str, &str), source: (&str, &str)) -> Result<String> {
        let (assets, data) = (self.paths(built).0.join("target/assets"), self.0.join("site/data"));
        fs::create_dir_all(self.0.join("site"))?;
        demo::publish(nightsafe, &data, &assets)?;
        let (source, home) = self.paths(source);
        say::step("a site of them, verified from source", || {
            let mut verify = run::command(nightsafe, &self.0);
            verify.args(["site", "verify"]).arg(data.join("site")).arg("--anchor").arg(data.join("anchor.txt"));
            verify.arg("--rebuild").arg(source).env("CARGO_HOME", home);
            let output = verify.output().context("cannot run nightsafe")?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            if !output.status.success() {
                bail!("it ended with {}: {}{}", output.status, text(&output.stdout), text(&output.stderr));
            }
            Ok(text(&output.stdout))
        })
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
