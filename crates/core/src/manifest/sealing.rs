//! What a browser that seals reads of a manifest.

use super::text::take_time;
use super::{DataKey, check_in_force, hash};
use crate::anchor::{PinnedAnchor, TrustError};
use crate::label::Label;
use crate::note::lines::{Lines, values};
use crate::note::{self, Verify, Vkey};
use crate::policy::{Kind, read_kinds_to_seal};
use crate::scalar::ManifestHash;
use crate::time::UnixTime;

/// A manifest as far as sealing needs it, verified against an anchor at a time.
///
/// It is read line by line as [`KeyManifest::parse`](super::KeyManifest::parse) does, with the same readers of values.
/// What is not read, or not checked, is what no honest set of site keys signs: whoever signs and whoever publishes a
/// manifest parses all of it. These are limits and duplicates, the form of origins and of what stays unread, the
/// longest validity, keys that are reused, the order of data keys, facets that no part gives, and verification
/// codes.
#[derive(Clone, Debug)]
pub struct SealingManifest {
    /// Goes up with every manifest.
    pub sequence: u64,
    /// The field policy, without `open` and `labels`.
    pub kinds: Vec<Kind>,
    /// The signed text, its lines in the one order; keys are read from it when they are used.
    text: String,
}

/// Verifies a manifest's note as [`verify`](super::verify) does, with signatures verified by `verify`, and reads what
/// sealing needs.
///
/// # Errors
/// The first [`TrustError`], in the same order.
pub fn verify_to_seal(
    note: &str,
    anchor: &PinnedAnchor,
    now: UnixTime,
    verify: Verify<'_>,
) -> Result<SealingManifest, TrustError> {
    let text = note::open(note, &anchor.site_keys, anchor.threshold, verify)?;
    let (head, kinds) = read(text, now).ok_or(TrustError::Malformed(0))?;
    if head.site != anchor.site.as_str() {
        return Err(TrustError::WrongSite);
    }
    if head.ingest != anchor.ingest {
        return Err(TrustError::WrongIngest);
    }
    check_in_force((head.sequence, anchor.sequence_floor), (head.not_before, head.not_after), now)?;
    Ok(SealingManifest { sequence: head.sequence, kinds, text: text.into() })
}

/// What is compared with the anchor and the clock.
struct Head<'a> {
    site: &'a str,
    sequence: u64,
    not_before: UnixTime,
    not_after: UnixTime,
    ingest: &'a str,
}

fn read(text: &str, now: UnixTime) -> Option<(Head<'_>, Vec<Kind>)> {
    let lines = &mut Lines::new(text);
    lines.label(Label::KeyManifest)?;
    let head = Head {
        site: lines.take("site")?,
        sequence: lines.take_number("sequence")?,
        not_before: take_time(lines, "not-before")?,
        not_after: take_time(lines, "not-after")?,
        ingest: lines.take("ingest")?,
    };
    lines.take_all("parent");
    lines.take(TIMESTAMP_KEY)?;
    lines.take("receipt-key")?;
    active_key(lines.take_all("data-key"), now)?;
    Some((head, read_kinds_to_seal(lines)?))
}

const TIMESTAMP_KEY: &str = "timestamp-key";

/// The last data key that has started, else the first.
fn active_key(text: &str, now: UnixTime) -> Option<DataKey> {
    let mut active = None;
    for line in values(text, "data-key") {
        let key = DataKey::parse(line)?;
        if key.start <= now || active.is_none() {
            active = Some(key);
        }
    }
    active
}

impl SealingManifest {
    /// SHA-256 of the signed text.
    pub fn hash(&self) -> ManifestHash {
        hash(&self.text)
    }

    /// The kind of a name.
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name.as_str() == name)
    }

    /// Whether pages of this origin may embed the frame.
    pub fn allows_parent(&self, origin: &str) -> bool {
        values(&self.text, "parent").any(|parent| parent == origin)
    }

    /// The data key to seal to: the last one that has started, else the first.
    pub fn active_key(&self, now: UnixTime) -> Option<DataKey> {
        active_key(&self.text, now)
    }

    /// Signs timestamp notes. `None` when it is not a key.
    pub fn timestamp_key(&self) -> Option<Vkey> {
        Vkey::parse_form(values(&self.text, TIMESTAMP_KEY).next()?)
    }
}
