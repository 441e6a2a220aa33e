//! The assets that `cargo xtask assets` builds, the same for every shop.

use std::path::Path;

use anyhow::{Context, Result, bail};

/// All files, read before anything is written.
pub(crate) struct Assets {
    pub(crate) wasm: Vec<u8>,
    /// For browsers whose WebCrypto has no Ed25519.
    pub(crate) wasm_portable: Vec<u8>,
    pub(crate) loader: Vec<u8>,
    pub(crate) element: Vec<u8>,
    pub(crate) frame: Vec<u8>,
    pub(crate) admin_index: Vec<u8>,
    pub(crate) admin_script: Vec<u8>,
    pub(crate) admin_style: Vec<u8>,
    pub(crate) admin_wasm: Vec<u8>,
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
        Ok(Self {
            wasm: wasm("checkout.wasm")?,
            wasm_portable: wasm("checkout-portable.wasm")?,
            loader: read("loader.js")?,
            element: read("element.js")?,
            frame: read("frame.html")?,
            admin_index: read("admin/index.html")?,
            admin_script: read("admin/admin.js")?,
            admin_style: read("admin/admin.css")?,
            admin_wasm: wasm("admin/admin.wasm")?,
        })
    }
}
