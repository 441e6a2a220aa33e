//! The assets that `cargo xtask assets` builds, the same for every shop.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};

const BUFFER: usize = 4096;

/// All files, read before anything is written.
pub(crate) struct Assets {
    pub(crate) wasm: Module,
    /// For browsers whose WebCrypto has no Ed25519.
    pub(crate) wasm_portable: Module,
    pub(crate) loader: Vec<u8>,
    /// The frame's texts by language, besides English: `texts-<language>.json`.
    pub(crate) texts: BTreeMap<String, Vec<u8>>,
    pub(crate) element: Vec<u8>,
    pub(crate) frame: Vec<u8>,
    pub(crate) admin_index: Vec<u8>,
    pub(crate) admin_script: Vec<u8>,
    pub(crate) admin_style: Vec<u8>,
    pub(crate) admin_wasm: Module,
    /// Judges new passphrases, on the pages where one is chosen.
    pub(crate) passphrase_wasm: Module,
}

/// A WASM module, which goes out as it is.
pub(crate) struct Module {
    pub(crate) bytes: Vec<u8>,
    /// The same by brotli, when the assets have it: compressing takes seconds.
    pub(crate) packed: Option<Vec<u8>>,
}

impl Module {
    fn read(dir: &Path, name: &str, bytes: Vec<u8>) -> Result<Self> {
        if !bytes.starts_with(b"\0asm") {
            bail!("{name} is not a WASM module: build the assets again");
        }
        let packed = std::fs::read(dir.join(format!("{name}.br"))).ok();
        if packed.as_ref().is_some_and(|packed| !unpacks_to(packed, &bytes)) {
            bail!("{name}.br does not hold {name}: build the assets again");
        }
        Ok(Self { bytes, packed })
    }
}

fn unpacks_to(packed: &[u8], bytes: &[u8]) -> bool {
    let mut plain = Vec::with_capacity(bytes.len());
    // A byte more tells a longer file
    let most = u64::try_from(bytes.len()).unwrap_or(u64::MAX).saturating_add(1);
    let read = brotli::Decompressor::new(packed, BUFFER).take(most).read_to_end(&mut plain);
    read.is_ok() && plain == bytes
}

impl Assets {
    pub(crate) fn read(dir: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = dir.join(name);
            std::fs::read(&path).with_context(|| {
                format!("cannot read {}: build the assets, or name their folder with --assets", path.display())
            })
        };
        let wasm = |name: &str| Module::read(dir, name, read(name)?);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_beside_a_module_is_that_module() {
        let dir = tempfile::tempdir().unwrap();
        let bytes = [b"\0asm".as_slice(), &[7; 5000]].concat();
        let read = || Module::read(dir.path(), "x.wasm", bytes.clone());
        assert!(read().unwrap().packed.is_none());
        let packed = super::super::publish::compress(&bytes).unwrap();
        std::fs::write(dir.path().join("x.wasm.br"), &packed).unwrap();
        assert_eq!(read().unwrap().packed, Some(packed));
        for other in [&bytes[..5003], &[bytes.as_slice(), b"x"].concat(), b""] {
            std::fs::write(dir.path().join("x.wasm.br"), super::super::publish::compress(other).unwrap()).unwrap();
            assert!(read().is_err());
        }
        std::fs::write(dir.path().join("x.wasm.br"), b"no brotli").unwrap();
        assert!(read().is_err());
        assert!(Module::read(dir.path(), "y.wasm", b"text".to_vec()).is_err());
    }
}
