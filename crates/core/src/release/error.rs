//! Why a release was refused.

use crate::note::NoteError;
use core::fmt;

/// Why a release was refused. The code is stable. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseError {
    /// The note is not the one canonical text.
    Malformed,
    /// A trusted key's signature is wrong.
    BadSignature,
    /// Fewer trusted keys signed than must.
    TooFewSignatures,
    /// Made for another site.
    WrongSite,
    /// The note names another document.
    WrongDocument,
    /// The document is not canonical, or says what the format does not allow, or not what the note says.
    InvalidManifest,
    /// It goes with a key manifest below the floor, or is older than one that was seen.
    Rollback,
    /// Another release of the same sequence number was seen.
    Fork,
    /// Not valid yet.
    NotYetValid,
    /// No longer valid.
    Expired,
}

impl ReleaseError {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::BadSignature => "bad_signature",
            Self::TooFewSignatures => "too_few_signatures",
            Self::WrongSite => "wrong_site",
            Self::WrongDocument => "wrong_document",
            Self::InvalidManifest => "invalid_manifest",
            Self::Rollback => "rollback",
            Self::Fork => "fork",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
        }
    }
}

impl From<NoteError> for ReleaseError {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::BadSignature => Self::BadSignature,
            NoteError::NotSigned => Self::TooFewSignatures,
            NoteError::Malformed | NoteError::Key => Self::Malformed,
        }
    }
}

impl fmt::Display for ReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "fetch the release's note again: it is not in its one canonical form",
            Self::BadSignature => "fetch the release's note again: a site key's signature does not match",
            Self::TooFewSignatures => "have more of the site keys sign the release",
            Self::WrongSite => "use the release of this site",
            Self::WrongDocument => "put note and document of one release side by side: the note names another document",
            Self::InvalidManifest => "write the release's document in its one canonical form, with what the note says",
            Self::Rollback => "publish the newest release: this one is older than what must be expected",
            Self::Fork => "find out who signed two releases of one sequence number",
            Self::NotYetValid => "check the clock: the release is not valid yet",
            Self::Expired => "sign a new release: this one has expired",
        })
    }
}

impl core::error::Error for ReleaseError {}
