//! What the site keys sign, and verifying it.

use super::{ReleaseError, SiteRelease, hash};
use crate::anchor::TrustAnchor;
use crate::label::Label;
use crate::manifest::CLOCK_TOLERANCE;
use crate::note::lines::{Lines, push_line, push_number};
use crate::note::{self, NoteSigner, strictly};
use crate::scalar::{ReleaseHash, Site};
use crate::time::UnixTime;

/// A release that enough site keys signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRelease {
    release: SiteRelease,
    hash: ReleaseHash,
}

/// What somebody who looks again and again keeps of the last release that was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Its sequence number.
    pub sequence: u64,
    /// SHA-256 of its document.
    pub hash: ReleaseHash,
}

impl VerifiedRelease {
    /// The release.
    pub const fn release(&self) -> &SiteRelease {
        &self.release
    }

    /// SHA-256 of its document.
    pub const fn hash(&self) -> ReleaseHash {
        self.hash
    }

    /// What to remember of it.
    pub const fn remember(&self) -> Remembered {
        Remembered { sequence: self.release.sequence, hash: self.hash }
    }

    /// Holds it against the release that was seen last: it may be the same, or a later one.
    ///
    /// # Errors
    /// [`ReleaseError::Rollback`] for an earlier one, [`ReleaseError::Fork`] for another one of the same number.
    pub fn follows(&self, last: &Remembered) -> Result<(), ReleaseError> {
        match self.release.sequence.cmp(&last.sequence) {
            core::cmp::Ordering::Less => Err(ReleaseError::Rollback),
            core::cmp::Ordering::Equal if self.hash != last.hash => Err(ReleaseError::Fork),
            _ => Ok(()),
        }
    }
}

/// The text to sign.
pub fn text(release: &SiteRelease) -> String {
    let mut out = String::with_capacity(320);
    push_line(&mut out, &[Label::SiteRelease.as_str()]);
    push_line(&mut out, &["site", release.site.as_str()]);
    push_number(&mut out, "sequence", release.sequence);
    push_line(&mut out, &["created", &release.created.to_text()]);
    push_line(&mut out, &["expires", &release.expires.to_text()]);
    push_line(&mut out, &["document", &hash(&release.encode()).to_hex()]);
    out
}

/// Checks a release as a reader would, and signs it.
///
/// # Errors
/// What [`SiteRelease::parse`] would say of it; [`ReleaseError::Malformed`] when nobody signs.
pub fn sign(release: &SiteRelease, signers: &[&NoteSigner]) -> Result<String, ReleaseError> {
    SiteRelease::parse(&release.encode())?;
    Ok(note::sign(&text(release), signers)?)
}

/// Verifies note and document against the anchor at a time: signatures of `threshold` site keys, then the text, the site,
/// the document's hash, the document, what both say, the key manifest's sequence floor, and the validity with 24 hours of
/// tolerance.
///
/// # Errors
/// The first [`ReleaseError`] in that order.
pub fn verify(
    note: &str,
    document: &str,
    anchor: &TrustAnchor,
    now: UnixTime,
) -> Result<VerifiedRelease, ReleaseError> {
    let verified = verify_at_any_time(note, document, anchor)?;
    let release = &verified.release;
    if release.key_manifest.sequence < anchor.sequence_floor {
        return Err(ReleaseError::Rollback);
    }
    if now.plus(CLOCK_TOLERANCE) < release.created {
        return Err(ReleaseError::NotYetValid);
    }
    if now > release.expires.plus(CLOCK_TOLERANCE) {
        return Err(ReleaseError::Expired);
    }
    Ok(verified)
}

/// Verifies all that does not depend on the time, to read old releases; the sequence floor does not count either.
///
/// # Errors
/// As [`verify`], without `Rollback`, `NotYetValid` and `Expired`.
pub fn verify_at_any_time(note: &str, document: &str, anchor: &TrustAnchor) -> Result<VerifiedRelease, ReleaseError> {
    let signed = note::open(note, &anchor.site_keys, anchor.threshold, &mut strictly)?;
    let named = Named::parse(signed).ok_or(ReleaseError::Malformed)?;
    if named.site != anchor.site {
        return Err(ReleaseError::WrongSite);
    }
    let hash = hash(document);
    if named.document != hash {
        return Err(ReleaseError::WrongDocument);
    }
    let release = SiteRelease::parse(document)?;
    // The rest of what both say
    if text(&release) != signed {
        return Err(ReleaseError::InvalidManifest);
    }
    Ok(VerifiedRelease { release, hash })
}

/// What of a signed text is compared with something else than the document.
struct Named {
    site: Site,
    document: ReleaseHash,
}

impl Named {
    fn parse(text: &str) -> Option<Self> {
        let lines = &mut Lines::new(text);
        lines.label(Label::SiteRelease)?;
        let site = Site::parse(lines.take("site")?).ok()?;
        lines.take_number("sequence")?;
        for time in ["created", "expires"] {
            UnixTime::parse(lines.take(time)?).ok()?;
        }
        let document = ReleaseHash::from_hex(lines.take("document")?).ok()?;
        lines.at_end().then_some(Self { site, document })
    }
}
