//! One file of a served folder: its name, type, caching and bytes.

use std::path::{Path, PathBuf};

use nightsafe_core::encoding;
use nightsafe_core::manifest::DATA_KEY_FILE;
use sha2::{Digest, Sha256};

use super::encodings::{Accepted, Encoding};
use crate::stamp::Stamp;

/// The one folder whose name starts with a dot (RFC 8615).
const WELL_KNOWN: &str = ".well-known/";
/// Tiles of the release log, as c2sp.org/tlog-tiles types them.
const LOG_TILES: &str = "log/tile/";
/// Integrity manifests, as WAICT names and types them.
const WAICT: &str = ".well-known/waict/manifests/";

/// A path below the folder that cannot lead out of it: every part is `[A-Za-z0-9._-]` and does
/// not start with a dot, but for `.well-known` at the beginning.
#[derive(Debug, Clone)]
pub(super) struct Name(String);

/// A file as it is on the disk now.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) name: Name,
    pub(super) bytes: Vec<u8>,
    pub(super) entity_tag: String,
    /// The bytes are those of a compressed copy.
    pub(super) encoding: Option<Encoding>,
    /// There is a compressed copy, for clients that take one.
    pub(super) is_packed: bool,
}

/// What is served at a path is of this type, unless the headers file says another one; none for a path at which nothing can
/// be. A site's release says the type of each file, so that every server sends the same.
pub fn media_type(path: &str) -> Option<&'static str> {
    Name::from_path(path).map(|name| name.media_type())
}

impl Name {
    /// From the path of a URL, still percent-encoded: no name of ours needs an escape.
    pub(super) fn from_path(path: &str) -> Option<Self> {
        let relative = path.strip_prefix('/')?;
        let relative = if relative.is_empty() || relative.ends_with('/') {
            format!("{relative}index.html")
        } else {
            relative.to_owned()
        };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(allowed);
        let below = relative.strip_prefix(WELL_KNOWN).unwrap_or(&relative);
        below.split('/').all(is_plain).then_some(Self(relative))
    }

    pub(super) fn media_type(&self) -> &'static str {
        if self.is_data_key() {
            return "application/octet-stream";
        }
        if self.0.starts_with(LOG_TILES) {
            return "application/octet-stream";
        }
        if self.0.starts_with(WAICT) {
            return "application/waict-integrity-manifest";
        }
        match self.extension() {
            "html" => "text/html; charset=utf-8",
            "js" | "mjs" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "wasm" => "application/wasm",
            "json" | "map" => "application/json",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "webp" => "image/webp",
            "ico" => "image/x-icon",
            "woff2" => "font/woff2",
            // Signed notes have no extension: key-manifest
            "" | "txt" | "note" | "tlog-proof" => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }

    /// Never `no-transform` missing: a proxy that minifies breaks the hash.
    pub(super) fn caching(&self) -> &'static str {
        if self.is_data_key() {
            return "public, max-age=31536000, immutable, no-transform";
        }
        match self.extension() {
            "" | "html" | "tlog-proof" => "no-store, no-transform",
            // Also under a name that is made of the content: bytes that were once changed on their way, and refused
            // for that, must not stay in the browser's cache
            _ => "no-cache, no-transform",
        }
    }

    /// Public keys, under names that commit to them.
    fn is_data_key(&self) -> bool {
        self.0.starts_with(DATA_KEY_FILE)
    }

    fn extension(&self) -> &str {
        let file = self.0.rsplit('/').next().unwrap_or_default();
        file.rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

impl Loaded {
    /// Reads the file, or the best compressed copy that is accepted; `None` when it is not a file inside
    /// of `root`, links followed.
    pub(super) fn read(root: &Path, name: Name, accepted: Accepted) -> Option<Self> {
        let root = root.canonicalize().ok()?;
        let plain = inside(&root, &name.0)?;
        let copies = Encoding::ALL.into_iter().filter_map(|encoding| {
            let packed = inside(&root, &format!("{}.{}", name.0, encoding.extension()))?;
            is_current(&packed, &plain).then_some((encoding, packed))
        });
        let copies: Vec<_> = copies.collect();
        let chosen = copies.iter().find(|(encoding, _)| accepted.has(*encoding));
        let bytes = std::fs::read(chosen.map_or(&plain, |(_, packed)| packed)).ok()?;
        Some(Self {
            name,
            entity_tag: entity_tag(&bytes),
            bytes,
            encoding: chosen.map(|(encoding, _)| *encoding),
            is_packed: !copies.is_empty(),
        })
    }
}

fn inside(root: &Path, name: &str) -> Option<PathBuf> {
    let path = root.join(name).canonicalize().ok()?;
    (path.starts_with(root) && path.is_file()).then_some(path)
}

/// A copy that is older than the file is of another content: the file is the truth.
fn is_current(packed: &Path, plain: &Path) -> bool {
    match (Stamp::of(packed), Stamp::of(plain)) {
        (Some(packed), Some(plain)) => !plain.is_newer_than(&packed),
        _ => false,
    }
}

fn entity_tag(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    format!("\"{}\"", encoding::hex(&digest))
}
