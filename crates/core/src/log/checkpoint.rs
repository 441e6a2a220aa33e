//! Checkpoints (`c2sp.org/tlog-checkpoint`): what a log signs of itself.

use super::{Hash, MAX_SIZE};
use crate::encoding::{b64, b64_decode};
use crate::note::{self, NoteError, NoteSigner, Vkey, is_name, strictly};
use core::fmt;

/// Why a checkpoint was refused. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointError {
    /// Not a note of exactly origin, size and root hash.
    Malformed,
    /// A signature of the log's key is wrong.
    BadSignature,
    /// The log's key did not sign.
    NotSigned,
    /// Of another log: the origin is not the key's name.
    WrongOrigin,
}

impl CheckpointError {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::BadSignature => "bad_signature",
            Self::NotSigned => "not_signed",
            Self::WrongOrigin => "wrong_origin",
        }
    }
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => {
                "give a C2SP checkpoint: a signed note of origin, size and root hash, without extensions"
            }
            Self::BadSignature => "fetch the checkpoint again: the log's signature does not match",
            Self::NotSigned => "give a checkpoint that the log's own key signed",
            Self::WrongOrigin => "give a checkpoint of this log: its origin is the name of the log's key",
        })
    }
}

impl core::error::Error for CheckpointError {}

impl From<NoteError> for CheckpointError {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::Malformed | NoteError::Key => Self::Malformed,
            NoteError::BadSignature => Self::BadSignature,
            NoteError::NotSigned => Self::NotSigned,
        }
    }
}

/// A log's name, and that of the key it signs with: 1 to 255 bytes without blanks, control characters or `+`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

impl Origin {
    /// Checks and takes the text.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`] for anything else.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        is_name(text).then(|| Self(text.into())).ok_or(CheckpointError::Malformed)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A log at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// Number of leaves, at most [`MAX_SIZE`].
    pub size: u64,
    /// The root at that size.
    pub root: Hash,
}

impl Checkpoint {
    /// Reads the signed text, without its signatures. Nothing is verified; see [`Checkpoint::verify`].
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`] for any text that [`Checkpoint::encode`] does not write: extension lines too.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        read(text).filter(|checkpoint| checkpoint.encode() == text).ok_or(CheckpointError::Malformed)
    }

    /// The text to sign: origin, size in decimal and root in base64, a line each.
    pub fn encode(&self) -> String {
        [self.origin.as_str(), "\n", &self.size.to_string(), "\n", &b64(&self.root.0), "\n"].concat()
    }

    /// Signs the checkpoint as its log. Sign no size twice with two roots, and none that does not continue the last.
    ///
    /// # Errors
    /// [`CheckpointError::WrongOrigin`] when the key's name is not the origin, [`CheckpointError::Malformed`] above
    /// [`MAX_SIZE`].
    pub fn sign(&self, signer: &NoteSigner) -> Result<String, CheckpointError> {
        if signer.vkey().name() != self.origin.as_str() {
            return Err(CheckpointError::WrongOrigin);
        }
        let text = self.encode();
        Self::parse(&text)?;
        Ok(note::sign(&text, &[signer])?)
    }

    /// Verifies a checkpoint by its log's key and reads it. Signatures of others, as of witnesses
    /// (`c2sp.org/tlog-cosignature`), are ignored.
    ///
    /// # Errors
    /// [`CheckpointError`]; the signature is looked at before the text.
    pub fn verify(note: &str, log: &Vkey) -> Result<Self, CheckpointError> {
        let text = note::open(note, core::slice::from_ref(log), 1, &mut strictly)?;
        let checkpoint = Self::parse(text)?;
        if checkpoint.origin.as_str() != log.name() {
            return Err(CheckpointError::WrongOrigin);
        }
        Ok(checkpoint)
    }
}

/// Too lenient by itself: `parse` writes what was read again.
fn read(text: &str) -> Option<Checkpoint> {
    let (origin, rest) = text.split_once('\n')?;
    let (size, rest) = rest.split_once('\n')?;
    let root = b64_decode(rest.strip_suffix('\n')?)?.try_into().ok()?;
    let size = size.parse().ok().filter(|size| *size <= MAX_SIZE)?;
    Some(Checkpoint { origin: Origin::parse(origin).ok()?, size, root: Hash(root) })
}
