//! One file of a served folder: its name, type, caching and bytes.

use std::path::{Path, PathBuf};

use nightsafe_core::encoding;
use nightsafe_core::manifest::DATA_KEY_FILE;
use sha2::{Digest, Sha256};

use crate::stamp::Stamp;

/// The one folder whose name starts with a dot (RFC 8615).
const WELL_KNOWN: &str = ".well-known/";
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
    /// The bytes are those of the precompressed copy.
    pub(super) is_brotli: bool,
    /// There is a precompressed copy, for clients that take one.
    pub(super) has_brotli: bool,
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
            "" | "txt" | "note" => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }

    /// Never `no-transform` missing: a proxy that minifies breaks the hash.
    pub(super) fn caching(&self) -> &'static str {
        if self.is_data_key() {
            return "public, max-age=31536000, immutable, no-transform";
        }
        match self.extension() {
            "" | "html" => "no-store, no-transform",
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
    /// Reads the file, or its `.br` copy when that is wanted; `None` when it is not a file inside
    /// of `root`, links followed.
    pub(super) fn read(root: &Path, name: Name, brotli: bool) -> Option<Self> {
        let root = root.canonicalize().ok()?;
        let plain = inside(&root, &name.0)?;
        let packed = inside(&root, &format!("{}.br", name.0)).filter(|packed| is_current(packed, &plain));
        let chosen = packed.as_ref().filter(|_| brotli);
        let bytes = std::fs::read(chosen.unwrap_or(&plain)).ok()?;
        Some(Self {
            name,
            entity_tag: entity_tag(&bytes),
            bytes,
            is_brotli: chosen.is_some(),
            has_brotli: packed.is_some(),
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
