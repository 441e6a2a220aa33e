//! The anchor as a browser that seals reads it.

use super::TrustError;
use crate::note::Vkey;
use crate::note::lines::Lines;
use crate::scalar::Site;

/// A trust anchor as far as sealing needs it. The loader that holds the text is pinned by hash; whoever builds it
/// checks the text with [`TrustAnchor::parse`](super::TrustAnchor::parse), so here only what is read has to be right.
#[derive(Clone, Debug)]
pub struct PinnedAnchor {
    /// The site.
    pub site: Site,
    /// 1 to 16 keys.
    pub site_keys: Vec<Vkey>,
    /// How many of them must sign.
    pub threshold: u8,
    /// The lowest manifest sequence number to accept.
    pub sequence_floor: u64,
    /// Where deposits go.
    pub ingest: String,
}

impl PinnedAnchor {
    /// Reads the text form of an anchor.
    ///
    /// # Errors
    /// [`TrustError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        read(&mut Lines::new(text)).ok_or(TrustError::Malformed(0))
    }
}

fn read(lines: &mut Lines<'_>) -> Option<PinnedAnchor> {
    let (site, site_keys, threshold, sequence_floor) = super::read_keys(lines, Vkey::parse_form)?;
    let ingest = lines.take("ingest")?;
    lines.take(super::WASM)?;
    lines.take(super::WASM_PORTABLE)?;
    let site = Site::parse(site).ok()?;
    lines.at_end().then(|| PinnedAnchor { site, site_keys, threshold, sequence_floor, ingest: ingest.into() })
}
