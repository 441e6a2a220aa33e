//! What one checkout weighs: all that the fields origin sends to a browser that was never there before, as it is sent,
//! of a site like the demo's. Its keys do not compress, and its names stand in the loader, so it has to be a real one.

use crate::{assets, demo, place, say};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const KEY_MANIFEST: &str = "key-manifest";
/// In the order in which a browser asks for them; the module is the one for today's browsers.
const PINNED: [&str; 4] = ["element", "frame", "loader", "wasm"];

/// As far as it is read here.
#[derive(Deserialize)]
struct Release {
    fields: BTreeMap<String, serde_json::Value>,
}

/// Makes a site and holds the sum against the budget in wasm-pack.toml.
pub(crate) fn check() -> Result<()> {
    let folder = place::target().join("payload");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let data = folder.join("data");
    fs::create_dir_all(&folder)?;
    demo::publish(&data)?;
    let sent = sent(&data.join("site"))?;
    fs::remove_dir_all(&folder)?;
    for (name, bytes) in &sent {
        say::note(&format!("{bytes:>6} {name}"));
    }
    let (total, budget) = (sent.iter().map(|(_, bytes)| bytes).sum::<usize>(), assets::payload_budget()?);
    say::note(&format!("{total:>6} of {budget}: one checkout"));
    ensure!(total <= budget, "one checkout is {total} bytes, over its budget of {budget} in wasm-pack.toml");
    Ok(())
}

/// Files and bytes: what the element, the frame, the loader and the module fetch.
fn sent(site: &Path) -> Result<Vec<(String, usize)>> {
    let release: Release = serde_json::from_slice(&fs::read(site.join("release.json"))?)?;
    let fields = site.join("fields");
    let mut names = Vec::new();
    for part in PINNED {
        let file = release.fields.get(part).and_then(|pinned| pinned.get("file")?.as_str());
        names.push(file.with_context(|| format!("release.json names no {part}"))?.to_owned());
    }
    names.push(KEY_MANIFEST.to_owned());
    names.push(active_key(&fs::read_to_string(fields.join(KEY_MANIFEST))?).context("the manifest names no data key")?);
    names.into_iter().map(|name| Ok((name.clone(), size(&fields, &name)?))).collect()
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
    fn the_compressed_copy_counts_where_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [("a.js", 100), ("a.js.br", 40), ("key", 32)] {
            fs::write(folder.path().join(name), vec![0; bytes]).unwrap();
        }
        assert_eq!((size(folder.path(), "a.js").unwrap(), size(folder.path(), "key").unwrap()), (40, 32));
    }
}
