//! Sizes as a browser pays for them.

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use brotli::enc::backward_references::BrotliEncoderMode;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

const QUALITY: i32 = 11;
const WINDOW: i32 = 22;
/// With which contexts, and bits of a block (0: as the encoder likes). Which is better differs from module to module.
const WAYS: [(BrotliEncoderMode, i32); 2] =
    [(BrotliEncoderMode::BROTLI_MODE_GENERIC, 0), (BrotliEncoderMode::BROTLI_MODE_FONT, 16)];

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
        let is_module = path.extension().is_some_and(|extension| extension == "wasm");
        let ways = WAYS.into_iter().take(if is_module { WAYS.len() } else { 1 });
        let packed = ways.map(|way| pack(&content, way)).collect::<Result<Vec<_>>>()?;
        let shortest = packed.into_iter().min_by_key(Vec::len).context("nothing was packed")?;
        if is_module {
            fs::write(path.with_added_extension(PACKED), &shortest)?;
        }
        Ok(Self { bytes: content.len(), brotli: shortest.len() })
    }
}

fn pack(content: &[u8], (mode, lgblock): (BrotliEncoderMode, i32)) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let params = BrotliEncoderParams { quality: QUALITY, lgwin: WINDOW, mode, lgblock, ..Default::default() };
    brotli::BrotliCompress(&mut &*content, &mut packed, &params)?;
    Ok(packed)
}
