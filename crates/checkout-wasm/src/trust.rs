//! What the frame trusts: the anchor that it was built with, and the manifest that the anchor's keys signed.

use nightsafe_core::anchor::{PinnedAnchor, TrustError};
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::manifest::{self, SealingManifest};
use nightsafe_core::note::Verify;
use nightsafe_core::time::{Month, UnixTime};
use nightsafe_core::timestamp;

/// A code to return.
pub(crate) type Code = String;

/// What was verified, and when.
pub(crate) struct Verified {
    pub(crate) manifest: SealingManifest,
    /// The data key that was active then.
    pub(crate) key: DataPublicKey,
    pub(crate) month: Month,
}

/// Reads the anchor.
pub(crate) fn anchor(text: &str) -> Result<PinnedAnchor, Code> {
    PinnedAnchor::parse(text).map_err(|error| code("anchor_", error))
}

/// Verifies manifest and timestamp, and that the page may embed the frame. `before` is the manifest that was verified
/// earlier in this page's life: there is no way back from it.
pub(crate) fn verify(
    anchor: &PinnedAnchor,
    notes: (&str, &str),
    parent: &str,
    before: Option<&Verified>,
    now: UnixTime,
    verify: Verify<'_>,
) -> Result<SealingManifest, Code> {
    let manifest =
        manifest::verify_to_seal(notes.0, anchor, now, &mut *verify).map_err(|error| code("manifest_", error))?;
    if before.is_some_and(|before| before.manifest.sequence > manifest.sequence) {
        return Err(code("manifest_", TrustError::Rollback));
    }
    timestamp::verify_to_seal(notes.1, anchor, &manifest, now, verify).map_err(|error| code("timestamp_", error))?;
    if !manifest.allows_parent(parent) {
        return Err("parent_not_allowed".into());
    }
    Ok(manifest)
}

fn code(what: &str, error: TrustError) -> Code {
    [what, error.code()].concat()
}
