//! The timestamp note: an online key says which manifest is current, and until when. It can introduce no key.

use crate::anchor::{PinnedAnchor, TrustError};
use crate::encoding::{hex, hex_array};
use crate::label::Label;
use crate::manifest::{CLOCK_TOLERANCE, SealingManifest, VerifiedManifest};
use crate::note::lines::{Lines, push_line};
use crate::note::{self, NoteSigner, Verify, Vkey, sign, strictly};
use crate::scalar::{ManifestHash, Site};
use crate::time::UnixTime;

/// How far ahead `until` may lie, in seconds: 48 hours.
pub const MAX_AHEAD: u64 = 172_800;

/// What a timestamp note says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// The site.
    pub site: Site,
    /// The current manifest.
    pub manifest: ManifestHash,
    /// Head of the roster of admins, where there is one.
    pub roster: Option<[u8; 32]>,
    /// Not current any more after this.
    pub until: UnixTime,
}

impl Timestamp {
    /// Reads the signed text, without its signature. Nothing is verified; see [`verify`].
    ///
    /// # Errors
    /// [`TrustError::Malformed`] for any text that [`Timestamp::encode`] does not write.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        let mut lines = Lines::new(text);
        let Said { site, manifest, roster, until } =
            read(&mut lines).ok_or_else(|| TrustError::Malformed(lines.number()))?;
        let site = Site::parse(site).map_err(|_| TrustError::Malformed(2))?;
        Ok(Self { site, manifest, roster, until })
    }

    /// The text to sign.
    pub fn encode(&self) -> String {
        let mut out = String::with_capacity(256);
        push_line(&mut out, &[Label::Timestamp.as_str()]);
        push_line(&mut out, &["site", self.site.as_str()]);
        push_line(&mut out, &["manifest", &self.manifest.to_hex()]);
        if let Some(roster) = &self.roster {
            push_line(&mut out, &["roster", &hex(roster)]);
        }
        push_line(&mut out, &["until", &self.until.to_text()]);
        out
    }
}

/// Signs a timestamp.
///
/// # Errors
/// None for a value that can be written; the note is read again before it is handed out.
pub fn issue(timestamp: &Timestamp, signer: &NoteSigner) -> Result<String, TrustError> {
    Ok(sign(&timestamp.encode(), &[signer])?)
}

/// Verifies a timestamp note: signed by the manifest's timestamp key, for its site, naming it, `until` not past and
/// at most 48 hours ahead, each with 24 hours of tolerance.
///
/// # Errors
/// The first [`TrustError`] in that order.
pub fn verify(note: &str, manifest: &VerifiedManifest, now: UnixTime) -> Result<Timestamp, TrustError> {
    let (hash, manifest) = (manifest.hash(), manifest.manifest());
    let said = check(note, &manifest.timestamp_key, (&manifest.site, hash), now, &mut strictly)?;
    Ok(Timestamp { site: manifest.site.clone(), manifest: hash, roster: said.roster, until: said.until })
}

/// [`verify`] against that one of several manifests which the note names: for readers who have all that were ever signed,
/// and are to learn which is the current one.
///
/// # Errors
/// As [`verify`]; [`TrustError::NotCurrent`] when the note names none of them.
pub fn verify_among(note: &str, manifests: &[VerifiedManifest], now: UnixTime) -> Result<Timestamp, TrustError> {
    let text = note::Note::parse(note).map_err(|_| TrustError::Malformed(0))?;
    let named = Timestamp::parse(text.text())?.manifest;
    let manifest = manifests.iter().find(|manifest| manifest.hash() == named).ok_or(TrustError::NotCurrent)?;
    verify(note, manifest, now)
}

/// [`verify`] against what a browser that seals has read of the manifest, with signatures verified by `verify`.
///
/// # Errors
/// As [`verify`].
pub fn verify_to_seal(
    note: &str,
    anchor: &PinnedAnchor,
    manifest: &SealingManifest,
    now: UnixTime,
    verify: Verify<'_>,
) -> Result<(), TrustError> {
    let key = manifest.timestamp_key().ok_or(TrustError::Malformed(0))?;
    check(note, &key, (&anchor.site, manifest.hash()), now, verify).map(|_| ())
}

/// A timestamp whose site is yet to be looked at.
struct Said<'a> {
    site: &'a str,
    manifest: ManifestHash,
    roster: Option<[u8; 32]>,
    until: UnixTime,
}

fn check<'a>(
    note: &'a str,
    key: &Vkey,
    (site, hash): (&Site, ManifestHash),
    now: UnixTime,
    verify: Verify<'_>,
) -> Result<Said<'a>, TrustError> {
    let text = note::open(note, core::slice::from_ref(key), 1, verify)?;
    let said = read(&mut Lines::new(text)).ok_or(TrustError::Malformed(0))?;
    if said.site != site.as_str() {
        return Err(TrustError::WrongSite);
    }
    if said.manifest != hash {
        return Err(TrustError::NotCurrent);
    }
    if now > said.until.plus(CLOCK_TOLERANCE) {
        return Err(TrustError::Expired);
    }
    if said.until > now.plus(MAX_AHEAD).plus(CLOCK_TOLERANCE) {
        return Err(TrustError::NotYetValid);
    }
    Ok(said)
}

fn read<'a>(lines: &mut Lines<'a>) -> Option<Said<'a>> {
    lines.label(Label::Timestamp)?;
    let site = lines.take("site")?;
    let manifest = ManifestHash::from_hex(lines.take("manifest")?).ok()?;
    let roster = match lines.take("roster") {
        Some(roster) => Some(hex_array(roster)?),
        None => None,
    };
    let until = UnixTime::parse(lines.take("until")?).ok()?;
    lines.at_end().then_some(Said { site, manifest, roster, until })
}
