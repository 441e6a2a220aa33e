//! Putting files into a served folder: named by their content, each with a compressed sibling for brotli and one for gzip.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use nightsafe_serve::release::folder::{BROTLI, GZIP};

use super::assets::Module;
use super::integrity;
use super::release::Pinned;
use crate::files;

/// Best compression: files are compressed once and sent many times.
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW: u32 = 22;
const BROTLI_BUFFER: usize = 4096;

/// Publishes `bytes` as `<stem>-<hash>.<extension>`, beside whatever versions are there already.
pub(crate) fn by_content(folder: &Path, stem: &str, extension: &str, bytes: &[u8]) -> Result<Pinned> {
    let file = content_name(stem, extension, bytes);
    placed(folder, &file, bytes, || compress(bytes))
}

/// The same of a module that may have come compressed.
pub(crate) fn module(folder: &Path, stem: &str, Module { bytes, packed }: &Module) -> Result<Pinned> {
    let file = content_name(stem, "wasm", bytes);
    placed(folder, &file, bytes, || packed.clone().map_or_else(|| compress(bytes), Ok))
}

/// The name that [`by_content`] gives.
pub(crate) fn content_name(stem: &str, extension: &str, bytes: &[u8]) -> String {
    format!("{stem}-{}.{extension}", integrity::name_hash(bytes))
}

/// The hash in a name that [`content_name`] made.
pub(crate) fn hash_in(name: &str) -> Option<&str> {
    let (stem, _) = name.rsplit_once('.').unwrap_or((name, ""));
    let (_, hash) = stem.rsplit_once('-')?;
    (hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(hash)
}

/// Publishes `bytes` under a fixed name.
pub(crate) fn named(folder: &Path, file: &str, bytes: &[u8]) -> Result<Pinned> {
    placed(folder, file, bytes, || compress(bytes))
}

/// The siblings go last: one that is older than its file is not served.
fn placed(folder: &Path, file: &str, bytes: &[u8], packed: impl FnOnce() -> Result<Vec<u8>>) -> Result<Pinned> {
    let [brotli, gzip] = [BROTLI, GZIP].map(|end| folder.join(format!("{file}{end}")));
    let path = folder.join(file);
    let is_current = brotli.exists() && gzip.exists() && std::fs::read(&path).is_ok_and(|present| present == bytes);
    if !is_current {
        let (packed, zipped) = (packed()?, zip(bytes)?);
        files::place(&path, bytes)?;
        files::replace(&brotli, &packed)?;
        files::replace(&gzip, &zipped)?;
    }
    Ok(Pinned { file: file.to_owned(), integrity: integrity::sha384(bytes) })
}

pub(super) fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, BROTLI_BUFFER, BROTLI_QUALITY, BROTLI_WINDOW);
    writer.write_all(bytes).context("cannot compress a file")?;
    drop(writer);
    Ok(out)
}

/// Without a time in it: the same bytes always give the same sibling.
fn zip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(bytes).context("cannot compress a file")?;
    writer.finish().context("cannot compress a file")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn versions_stand_side_by_side_and_siblings_hold_the_same_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let one = by_content(dir.path(), "element", "js", b"one one one one").unwrap();
        let two = by_content(dir.path(), "element", "js", b"two").unwrap();
        assert_ne!(one.file, two.file);
        let packed = std::fs::File::open(dir.path().join(format!("{}.br", one.file))).unwrap();
        let mut plain = Vec::new();
        brotli::Decompressor::new(packed, 4096).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, b"one one one one");
        let zipped = std::fs::read(dir.path().join(format!("{}.gz", one.file))).unwrap();
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&*zipped).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, b"one one one one");
        assert_eq!(zip(&plain).unwrap(), zipped);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 6);
    }
}
