//! Sizes as a browser pays for them.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

const QUALITY: u32 = 11;
const WINDOW: u32 = 22;
const BUFFER: usize = 4096;

/// What a file that is packed by brotli is called, after its own name.
pub(crate) const PACKED: &str = "br";

/// One file, before and after compression.
#[derive(Clone, Copy, Deserialize, Serialize)]
pub(crate) struct Size {
    pub(crate) bytes: usize,
    /// With brotli -11
    pub(crate) brotli: usize,
}

impl Size {
    /// Reads and compresses a file. A WASM module is published as it is, so what came of it is kept beside it: compressing
    /// takes seconds.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut packed = Vec::new();
        let mut source = brotli::CompressorReader::new(content.as_slice(), BUFFER, QUALITY, WINDOW);
        std::io::copy(&mut source, &mut packed)?;
        if path.extension().is_some_and(|extension| extension == "wasm") {
            fs::write(path.with_added_extension(PACKED), &packed)?;
        }
        Ok(Self { bytes: content.len(), brotli: packed.len() })
    }
}
