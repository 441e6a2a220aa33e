//! The trust anchor: what a loader or admin script carries, and everything else is verified against.

mod error;
mod origin;
mod pinned;

pub use error::TrustError;
pub use origin::Origin;
pub use pinned::PinnedAnchor;

use crate::label::Label;
use crate::note::Vkey;
use crate::note::lines::{Lines, push_line, push_number};
use crate::scalar::Site;

const WASM: &str = "wasm";
const WASM_PORTABLE: &str = "wasm-portable";

/// Most site keys of an anchor.
pub const MAX_SITE_KEYS: usize = 16;

/// Who may sign a site's manifests, and what belongs to the site. Not signed: it is pinned by the hash of the file
/// that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustAnchor {
    /// The site.
    pub site: Site,
    /// 1 to 16 keys, no two alike.
    pub site_keys: Vec<Vkey>,
    /// How many of them must sign.
    pub threshold: u8,
    /// The lowest manifest sequence number to accept.
    pub sequence_floor: u64,
    /// Where deposits go.
    pub ingest: Origin,
    /// The checkout's WASM.
    pub wasm: WasmFile,
    /// The one for browsers whose WebCrypto has no Ed25519.
    pub wasm_portable: WasmFile,
}

/// A module beside the script that holds the anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WasmFile {
    /// File name.
    pub name: String,
    /// Its integrity, `sha384-` and base64.
    pub integrity: String,
}

impl TrustAnchor {
    /// Reads the text form.
    ///
    /// # Errors
    /// [`TrustError::Malformed`] for any text that [`TrustAnchor::encode`] does not write, [`TrustError::ReusedKey`]
    /// when a key occurs twice.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        let mut lines = Lines::new(text);
        let anchor = read(&mut lines).filter(|_| lines.at_end()).ok_or(TrustError::Malformed(lines.number()))?;
        for (place, key) in anchor.site_keys.iter().enumerate() {
            let mut before = anchor.site_keys.iter().take(place);
            if before.any(|other| other.public_key() == key.public_key()) {
                return Err(TrustError::ReusedKey);
            }
        }
        if anchor.encode() != text {
            return Err(TrustError::Malformed(0));
        }
        Ok(anchor)
    }

    /// The text form.
    pub fn encode(&self) -> String {
        let mut out = String::with_capacity(512);
        push_line(&mut out, &[Label::TrustAnchor.as_str()]);
        push_line(&mut out, &["site", self.site.as_str()]);
        for key in &self.site_keys {
            push_line(&mut out, &["site-key", &key.to_text()]);
        }
        push_number(&mut out, "threshold", self.threshold.into());
        push_number(&mut out, "sequence-floor", self.sequence_floor);
        push_line(&mut out, &["ingest", self.ingest.as_str()]);
        for (key, wasm) in [(WASM, &self.wasm), (WASM_PORTABLE, &self.wasm_portable)] {
            push_line(&mut out, &[key, &wasm.name, &wasm.integrity]);
        }
        out
    }
}

/// Site, site keys as `parse` reads them, threshold and sequence floor.
fn read_keys<'a>(lines: &mut Lines<'a>, parse: impl Fn(&str) -> Option<Vkey>) -> Option<(&'a str, Vec<Vkey>, u8, u64)> {
    lines.label(Label::TrustAnchor)?;
    let site = lines.take("site")?;
    let mut site_keys = Vec::new();
    while let Some(key) = lines.take("site-key") {
        site_keys.push(parse(key)?);
    }
    let threshold = u8::try_from(lines.take_number("threshold")?).ok()?;
    if site_keys.len() > MAX_SITE_KEYS || threshold == 0 || usize::from(threshold) > site_keys.len() {
        return None;
    }
    Some((site, site_keys, threshold, lines.take_number("sequence-floor")?))
}

fn read(lines: &mut Lines<'_>) -> Option<TrustAnchor> {
    let (site, site_keys, threshold, sequence_floor) = read_keys(lines, |key| Vkey::parse(key).ok())?;
    let site = Site::parse(site).ok()?;
    let ingest = Origin::parse(lines.take("ingest")?)?;
    let wasm = read_wasm(lines.take(WASM)?)?;
    let wasm_portable = read_wasm(lines.take(WASM_PORTABLE)?)?;
    Some(TrustAnchor { site, site_keys, threshold, sequence_floor, ingest, wasm, wasm_portable })
}

fn read_wasm(value: &str) -> Option<WasmFile> {
    let (name, integrity) = value.split_once(' ')?;
    let is_good = is_file_name(name) && is_integrity(integrity);
    is_good.then(|| WasmFile { name: name.into(), integrity: integrity.into() })
}

fn is_file_name(name: &str) -> bool {
    name.len() <= 100
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c))
}

fn is_integrity(text: &str) -> bool {
    text.strip_prefix("sha384-").and_then(crate::encoding::b64_decode).is_some_and(|hash| hash.len() == 48)
}
