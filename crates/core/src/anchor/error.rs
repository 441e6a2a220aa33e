//! Why an anchor, a manifest or a timestamp was refused.

use crate::note::NoteError;
use core::fmt;

/// Why an anchor, a manifest or a timestamp was refused. The code is stable. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustError {
    /// Not the one canonical text: the line that is wrong or that another one was wanted at, from 1; 0 when none can
    /// be named.
    Malformed(u32),
    /// A trusted key's signature is wrong.
    BadSignature,
    /// Fewer trusted keys signed than must.
    TooFewSignatures,
    /// Made for another site.
    WrongSite,
    /// Names another ingest origin than the anchor.
    WrongIngest,
    /// Sequence number below the floor.
    Rollback,
    /// No longer valid.
    Expired,
    /// Not valid yet, or valid for longer than allowed.
    NotYetValid,
    /// The timestamp names another manifest.
    NotCurrent,
    /// One key in two places.
    ReusedKey,
    /// A kind, part or label asks for a card verification code.
    VerificationCode,
}

impl TrustError {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::BadSignature => "bad_signature",
            Self::TooFewSignatures => "too_few_signatures",
            Self::WrongSite => "wrong_site",
            Self::WrongIngest => "wrong_ingest",
            Self::Rollback => "rollback",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::NotCurrent => "not_current",
            Self::ReusedKey => "reused_key",
            Self::VerificationCode => "verification_code",
        }
    }
}

impl From<NoteError> for TrustError {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::BadSignature => Self::BadSignature,
            NoteError::NotSigned => Self::TooFewSignatures,
            NoteError::Malformed | NoteError::Key => Self::Malformed(0),
        }
    }
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Malformed(line @ 1..) = self {
            f.write_str("write the text in its one canonical form; look at line ")?;
            return fmt::Display::fmt(line, f);
        }
        f.write_str(match self {
            Self::Malformed(_) => "write the text in its one canonical form",
            Self::BadSignature => "fetch it again: a trusted key's signature does not match",
            Self::TooFewSignatures => "have more of the trusted keys sign",
            Self::WrongSite => "use the one of this site",
            Self::WrongIngest => "name the ingest origin of the trust anchor",
            Self::Rollback => "publish the newest manifest: this one is below the floor",
            Self::Expired => "sign a new one: this one has expired",
            Self::NotYetValid => "check the clock: this is not valid yet",
            Self::NotCurrent => "publish the manifest that the timestamp names",
            Self::ReusedKey => "use each key in one place only",
            Self::VerificationCode => "remove the card verification code: it may not be stored",
        })
    }
}

impl core::error::Error for TrustError {}
