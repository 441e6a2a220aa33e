//! What one checkout weighs: all that the fields origin sends to a browser that was never there before, as it is sent,
//! of a site like the demo's. Its keys do not compress, and its names stand in the loader, so it has to be a real one.
//! Which files these are is a list here; a test in the browser has it proved that they are all that is fetched.

use crate::assets::config::Payload;
use crate::{assets, demo, place, say};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const KEY_MANIFEST: &str = "key-manifest";
/// In the order in which a browser asks for them.
const PINNED: [&str; 3] = ["element", "frame", "loader"];
const WASM: &str = "wasm";
const PORTABLE: &str = "wasm_portable";

/// Which site to weigh.
#[derive(Args)]
pub(crate) struct Options {
    /// Data directory of a site that was just built
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
}

/// `release.json`, as far as it is read here.
#[derive(Deserialize)]
struct Release {
    fields: BTreeMap<String, serde_json::Value>,
}

/// One thing that has a budget: what is sent for it, in bytes by file.
#[derive(Serialize)]
struct Weight {
    what: String,
    files: BTreeMap<String, usize>,
    budget: usize,
}

impl Weight {
    fn total(&self) -> usize {
        self.files.values().sum()
    }
}

/// Makes a site with that command and holds its weights against the budgets in wasm-pack.toml.
pub(crate) fn check(nightsafe: &Path) -> Result<()> {
    let folder = place::target().join("payload");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let data = folder.join("data");
    fs::create_dir_all(&folder)?;
    demo::publish(nightsafe, &data, &place::assets())?;
    let weights = weigh(&data.join("site"), &assets::payload_budgets()?)?;
    fs::remove_dir_all(&folder)?;
    for weight in &weights {
        for (name, bytes) in &weight.files {
            say::note(&format!("{bytes:>6} {name}"));
        }
        say::note(&format!("{:>6} of {}: {}", weight.total(), weight.budget, weight.what));
    }
    within(&weights)
}

/// Prints one line of JSON: everything that has a budget, with its files.
#[expect(clippy::print_stdout, reason = "the line of JSON is this command's result")]
pub(crate) fn run(options: &Options) -> Result<()> {
    let weights = weigh(&options.data_dir.join("site"), &assets::payload_budgets()?)?;
    println!("{}", serde_json::to_string(&weights)?);
    Ok(())
}

fn within(weights: &[Weight]) -> Result<()> {
    for weight in weights {
        let (what, total, budget) = (&weight.what, weight.total(), weight.budget);
        ensure!(total <= budget, "{what} is {total} bytes, over its budget of {budget} in wasm-pack.toml");
    }
    Ok(())
}

/// One checkout in today's browsers, one in browsers that need the portable module, and what each language adds.
fn weigh(site: &Path, budgets: &Payload) -> Result<Vec<Weight>> {
    let release: Release = serde_json::from_slice(&fs::read(site.join("release.json"))?)?;
    let fields = site.join("fields");
    let sized = |names: Vec<String>| -> Result<BTreeMap<String, usize>> {
        names.into_iter().map(|name| Ok((name.clone(), size(&fields, &name)?))).collect()
    };
    let checkout = |module: &str| -> Result<Vec<String>> {
        let mut names = PINNED.iter().chain([&module]).map(|part| release.file(part)).collect::<Result<Vec<_>>>()?;
        names.push(KEY_MANIFEST.to_owned());
        names.push(active_key(&fs::read_to_string(fields.join(KEY_MANIFEST))?).context("no data key in the manifest")?);
        Ok(names)
    };
    let mut weights = vec![
        Weight { what: "one checkout".to_owned(), files: sized(checkout(WASM)?)?, budget: budgets.budget },
        Weight {
            what: "one checkout with the portable module".to_owned(),
            files: sized(checkout(PORTABLE)?)?,
            budget: budgets.portable,
        },
    ];
    for (language, file) in release.texts()? {
        let what = format!("language {language}, besides");
        weights.push(Weight { what, files: sized(vec![file])?, budget: budgets.language });
    }
    Ok(weights)
}

impl Release {
    fn file(&self, part: &str) -> Result<String> {
        let file = self.fields.get(part).and_then(|pinned| pinned.get("file")?.as_str());
        Ok(file.with_context(|| format!("release.json names no {part}"))?.to_owned())
    }

    /// Languages with their files.
    fn texts(&self) -> Result<BTreeMap<String, String>> {
        let texts =
            self.fields.get("texts").and_then(|texts| texts.as_object()).context("release.json names no texts")?;
        let file = |pinned: &serde_json::Value| Some(pinned.get("file")?.as_str()?.to_owned());
        texts
            .iter()
            .map(|(language, pinned)| Ok((language.clone(), file(pinned).context("a language without a file")?)))
            .collect()
    }
}

/// File of the first data key, which is the active one of a site that was just made.
fn active_key(manifest: &str) -> Option<String> {
    let line = manifest.lines().find_map(|line| line.strip_prefix("data-key "))?;
    Some(format!("data-key-{}", line.split(' ').nth(2)?.get(..32)?))
}

/// The compressed copy is what browsers are sent, where there is one.
fn size(folder: &Path, name: &str) -> Result<usize> {
    let packed = folder.join(format!("{name}.br"));
    let path = if packed.exists() { packed } else { folder.join(name) };
    Ok(fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_fresh_manifest_is_its_first() {
        let line = format!("data-key xwing 2026-11-21T00:00:00Z {}\n", "0a".repeat(32));
        assert_eq!(active_key(&format!("x\n{line}data-key y\n")), Some(format!("data-key-{}", "0a".repeat(16))));
        assert_eq!(active_key("data-key xwing now short\n"), None);
    }

    #[test]
    fn each_weight_has_its_own_budget() {
        let folder = tempfile::tempdir().unwrap();
        let fields = folder.path().join("fields");
        fs::create_dir(&fields).unwrap();
        let release = r#"{"fields":{"element":{"file":"e"},"frame":{"file":"f"},"loader":{"file":"l"},
            "wasm":{"file":"w"},"wasm_portable":{"file":"p"},"texts":{"de":{"file":"t"}}}}"#;
        fs::write(folder.path().join("release.json"), release).unwrap();
        let manifest = format!("data-key xwing 2026-11-21T00:00:00Z {}\n", "0a".repeat(32));
        let key = format!("data-key-{}", "0a".repeat(16));
        fs::write(fields.join(KEY_MANIFEST), &manifest).unwrap();
        for (name, bytes) in [("e", 1), ("f", 2), ("l", 3), ("w", 10), ("p", 20), ("t", 5), (key.as_str(), 4)] {
            fs::write(fields.join(name), vec![0; bytes]).unwrap();
        }
        let rest = 1 + 2 + 3 + 4 + manifest.len();
        let exact = Payload { budget: rest + 10, portable: rest + 20, language: 5 };
        let weights = |budgets: Payload| weigh(folder.path(), &budgets).unwrap();
        assert_eq!(weights(exact).iter().map(Weight::total).collect::<Vec<_>>(), [rest + 10, rest + 20, 5]);
        assert!(within(&weights(exact)).is_ok());
        for less in [
            Payload { budget: rest + 9, ..exact },
            Payload { portable: rest + 19, ..exact },
            Payload { language: 4, ..exact },
        ] {
            assert!(within(&weights(less)).is_err());
        }
    }

    #[test]
    fn the_compressed_copy_counts_where_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [("a.js", 100), ("a.js.br", 40), ("key", 32)] {
            fs::write(folder.path().join(name), vec![0; bytes]).unwrap();
        }
        assert_eq!((size(folder.path(), "a.js").unwrap(), size(folder.path(), "key").unwrap()), (40, 32));
    }
}
