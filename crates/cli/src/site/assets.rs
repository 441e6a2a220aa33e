//! The assets that `cargo xtask assets` builds, the same for every shop.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// All files, read before anything is written.
pub(crate) struct Assets {
    pub(crate) wasm: Vec<u8>,
    /// For browsers whose WebCrypto has no Ed25519.
    pub(crate) wasm_portable: Vec<u8>,
    pub(crate) loader: Vec<u8>,
    /// The frame's texts by language, besides English: `texts-<language>.json`.
    pub(crate) texts: BTreeMap<String, Vec<u8>>,
    pub(crate) element: Vec<u8>,
    pub(crate) frame: Vec<u8>,
    pub(crate) admin_index: Vec<u8>,
    pub(crate) admin_script: Vec<u8>,
    pub(crate) admin_style: Vec<u8>,
    pub(crate) admin_wasm: Vec<u8>,
    /// Judges new passphrases, on the pages where one is chosen.
    pub(crate) passphrase_wasm: Vec<u8>,
}

impl Assets {
    pub(crate) fn read(dir: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = dir.join(name);
            std::fs::read(&path).with_context(|| {
                format!("cannot read {}: build the assets, or name their folder with --assets", path.display())
            })
        };
        let wasm = |name: &str| {
            let bytes = read(name)?;
            if !bytes.starts_with(b"\0asm") {
                bail!("{name} is not a WASM module: build the assets again");
            }
            Ok(bytes)
        };
        let texts = |language: &str| {
            let name = format!("texts-{language}.json");
            let bytes = read(&name)?;
            if serde_json::from_slice::<BTreeMap<String, String>>(&bytes).is_err() {
                bail!("{name} holds no texts: build the assets again");
            }
            Ok(bytes)
        };
        Ok(Self {
            wasm: wasm("checkout.wasm")?,
            wasm_portable: wasm("checkout-portable.wasm")?,
            loader: read("loader.js")?,
            texts: languages(dir)?
                .into_iter()
                .map(|language| Ok((language.clone(), texts(&language)?)))
                .collect::<Result<_>>()?,
            element: read("element.js")?,
            frame: read("frame.html")?,
            admin_index: read("admin/index.html")?,
            admin_script: read("admin/admin.js")?,
            admin_style: read("admin/admin.css")?,
            admin_wasm: wasm("admin/admin.wasm")?,
            passphrase_wasm: wasm("admin/passphrase.wasm")?,
        })
    }
}

/// The languages that there are texts for.
fn languages(dir: &Path) -> Result<Vec<String>> {
    let cannot = || format!("cannot read {}: build the assets, or name their folder with --assets", dir.display());
    let mut languages = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(cannot)? {
        let name = entry.with_context(cannot)?.file_name();
        let language = name.to_str().and_then(|name| name.strip_prefix("texts-")?.strip_suffix(".json"));
        languages.extend(language.filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase())).map(str::to_owned));
    }
    Ok(languages)
}
