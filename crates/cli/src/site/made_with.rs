//! `made-with.json` of the assets: which Nightsafe they are of, built from what and with what.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use nightsafe_core::encoding::hex_array;
use nightsafe_core::release::MadeWith;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::assets::Assets;
use crate::files;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    version: String,
    source_commit: String,
    toolchain: String,
    /// SHA-256 of each WASM module, in hex.
    modules: BTreeMap<String, String>,
}

pub(super) fn read(assets: &Path) -> Result<MadeWith> {
    let path = assets.join("made-with.json");
    let text = files::read_text(&path).context("build the assets, or name their folder with --assets")?;
    let record: Record = serde_json::from_str(&text)
        .with_context(|| format!("{} is not of this version: build the assets again", path.display()))?;
    let modules = record.modules.iter().map(|(name, hash)| Some((name.clone(), hex_array(hash)?)));
    let modules = modules.collect::<Option<_>>().context("made-with.json has a hash that is none")?;
    Ok(MadeWith { version: record.version, source_commit: record.source_commit, toolchain: record.toolchain, modules })
}

/// Files that were built at different times, or changed afterwards, do not get this name.
pub(super) fn check(made_with: &MadeWith, assets: &Assets) -> Result<()> {
    let modules = [
        ("checkout", &assets.wasm),
        ("checkout-portable", &assets.wasm_portable),
        ("admin", &assets.admin_wasm),
        ("passphrase", &assets.passphrase_wasm),
    ];
    for (name, module) in modules {
        let hash: [u8; 32] = Sha256::digest(&module.bytes).into();
        if made_with.modules.get(name) != Some(&hash) {
            bail!("{name}.wasm is not the module that made-with.json names: build the assets again");
        }
    }
    if made_with.modules.len() != modules.len() {
        bail!("made-with.json names another module: use the assets of the same release");
    }
    Ok(())
}
