//! The timestamp note: an online key says which manifest is current, and until when. It can introduce no key.

use crate::anchor::TrustError;
use crate::encoding::{hex, hex_array};
use crate::label::Label;
use crate::manifest::{CLOCK_TOLERANCE, VerifiedManifest};
use crate::note::lines::{Lines, push_line};
use crate::note::{Note, NoteSigner, sign};
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
        read(&mut lines).filter(|_| lines.at_end()).ok_or(TrustError::Malformed(lines.number()))
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
    let note = Note::parse(note)?;
    note.verify(core::slice::from_ref(&manifest.manifest().timestamp_key))?;
    let timestamp = Timestamp::parse(note.text())?;
    if timestamp.site != manifest.manifest().site {
        return Err(TrustError::WrongSite);
    }
    if timestamp.manifest != manifest.hash() {
        return Err(TrustError::NotCurrent);
    }
    if now > timestamp.until.plus(CLOCK_TOLERANCE) {
        return Err(TrustError::Expired);
    }
    if timestamp.until > now.plus(MAX_AHEAD).plus(CLOCK_TOLERANCE) {
        return Err(TrustError::NotYetValid);
    }
    Ok(timestamp)
}

fn read(lines: &mut Lines<'_>) -> Option<Timestamp> {
    lines.label(Label::Timestamp)?;
    let site = Site::parse(lines.take("site")?).ok()?;
    let manifest = ManifestHash::from_hex(lines.take("manifest")?).ok()?;
    let roster = match lines.take("roster") {
        Some(roster) => Some(hex_array(roster)?),
        None => None,
    };
    let until = UnixTime::parse(lines.take("until")?).ok()?;
    Some(Timestamp { site, manifest, roster, until })
}
