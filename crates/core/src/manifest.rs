//! The key manifest: which data key seals, what fields there are, who may embed the frame, which keys sign online.
//! A signed note by k of n site keys.

mod data_key;
mod sealing;
mod text;

pub use data_key::{DATA_KEY_FILE, DataKey};
pub use sealing::{SealingManifest, verify_to_seal};

use crate::anchor::{Origin, TrustAnchor, TrustError};
use crate::note::{self, NoteSigner, Vkey, strictly};
use crate::policy::Kind;
use crate::scalar::{KeyId, ManifestHash, Site};
use crate::time::UnixTime;

/// Longest validity, in days.
pub const MAX_VALID_DAYS: u64 = 400;
/// How far a clock may be off, in seconds, on both sides.
pub const CLOCK_TOLERANCE: u64 = 86_400;
/// Most parent origins.
pub const MAX_PARENTS: usize = 64;
/// Most data keys.
pub const MAX_DATA_KEYS: usize = 8;

/// What the site keys sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyManifest {
    /// The site.
    pub site: Site,
    /// Goes up with every manifest.
    pub sequence: u64,
    /// Valid from.
    pub not_before: UnixTime,
    /// Valid until, at most 400 days later.
    pub not_after: UnixTime,
    /// Where deposits go.
    pub ingest: Origin,
    /// Origins that may embed the frame, 1 to 64.
    pub parents: Vec<Origin>,
    /// Signs timestamp notes.
    pub timestamp_key: Vkey,
    /// Signs receipts.
    pub receipt_key: Vkey,
    /// Data keys by ascending start, 1 to 8.
    pub data_keys: Vec<DataKey>,
    /// The field policy, 1 to 64 kinds.
    pub kinds: Vec<Kind>,
}

/// A manifest that was verified against an anchor at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedManifest {
    manifest: KeyManifest,
    hash: ManifestHash,
}

impl KeyManifest {
    /// Reads the signed text, without its signatures. Nothing is verified; see [`verify`].
    ///
    /// # Errors
    /// [`TrustError`] for any text that [`KeyManifest::encode`] does not write, and for a policy that is refused.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        text::parse(text)
    }

    /// The text to sign.
    pub fn encode(&self) -> String {
        text::encode(self)
    }

    /// The active data key: the last one that has started. An overdue key keeps sealing.
    pub fn active_key(&self, now: UnixTime) -> Option<&DataKey> {
        self.data_keys.iter().rev().find(|key| key.start <= now)
    }

    /// The data key of an id.
    pub fn data_key(&self, id: KeyId) -> Option<&DataKey> {
        self.data_keys.iter().find(|key| key.key_id() == id)
    }

    /// The kind of a name.
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name.as_str() == name)
    }

    /// Whether pages of this origin may embed the frame.
    pub fn allows_parent(&self, origin: &str) -> bool {
        self.parents.iter().any(|parent| parent.as_str() == origin)
    }
}

impl VerifiedManifest {
    /// The manifest.
    pub const fn manifest(&self) -> &KeyManifest {
        &self.manifest
    }

    /// SHA-256 of the signed text.
    pub const fn hash(&self) -> ManifestHash {
        self.hash
    }

    /// The data key to seal to. Within the clock's tolerance before the first start, that is the first key.
    pub fn active_key(&self, now: UnixTime) -> Option<&DataKey> {
        self.manifest.active_key(now).or_else(|| self.manifest.data_keys.first())
    }
}

/// SHA-256 of a manifest's signed text.
pub fn hash(text: &str) -> ManifestHash {
    ManifestHash(crate::primitives::sha256(&[text.as_bytes()]))
}

/// Checks a manifest as a reader would, and signs it.
///
/// # Errors
/// What [`KeyManifest::parse`] would say of it.
pub fn sign(manifest: &KeyManifest, signers: &[&NoteSigner]) -> Result<String, TrustError> {
    let text = manifest.encode();
    KeyManifest::parse(&text)?;
    Ok(note::sign(&text, signers)?)
}

/// Verifies a manifest's note against the anchor at a time: signatures of `threshold` site keys, then the canonical
/// text, site, ingest origin, sequence floor and validity with 24 hours of tolerance.
///
/// # Errors
/// The first [`TrustError`] in that order.
pub fn verify(note: &str, anchor: &TrustAnchor, now: UnixTime) -> Result<VerifiedManifest, TrustError> {
    let verified = verify_at_any_time(note, anchor)?;
    let manifest = &verified.manifest;
    let sequence = (manifest.sequence, anchor.sequence_floor);
    check_in_force(sequence, (manifest.not_before, manifest.not_after), now)?;
    Ok(verified)
}

/// A sequence number against its floor, and the validity, from and to.
fn check_in_force(
    (sequence, floor): (u64, u64),
    (not_before, not_after): (UnixTime, UnixTime),
    now: UnixTime,
) -> Result<(), TrustError> {
    if sequence < floor {
        return Err(TrustError::Rollback);
    }
    if now.plus(CLOCK_TOLERANCE) < not_before {
        return Err(TrustError::NotYetValid);
    }
    if now > not_after.plus(CLOCK_TOLERANCE) {
        return Err(TrustError::Expired);
    }
    Ok(())
}

/// Verifies all of a manifest that does not depend on the time: to read old ones, such as when a deposit is opened.
/// The sequence floor does not count either.
///
/// # Errors
/// As [`verify`], without `Rollback`, `Expired` and `NotYetValid`.
pub fn verify_at_any_time(note: &str, anchor: &TrustAnchor) -> Result<VerifiedManifest, TrustError> {
    let text = note::open(note, &anchor.site_keys, anchor.threshold, &mut strictly)?;
    let manifest = KeyManifest::parse(text)?;
    if manifest.site != anchor.site {
        return Err(TrustError::WrongSite);
    }
    if manifest.ingest != anchor.ingest {
        return Err(TrustError::WrongIngest);
    }
    // An online key that is also a site key would turn a break-in at ingest into a forged manifest
    let online = [&manifest.timestamp_key, &manifest.receipt_key];
    let mut site_keys = anchor.site_keys.iter();
    if site_keys.any(|site| online.iter().any(|key| key.public_key() == site.public_key())) {
        return Err(TrustError::ReusedKey);
    }
    Ok(VerifiedManifest { hash: hash(text), manifest })
}
