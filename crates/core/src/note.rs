//! C2SP signed notes with Ed25519 keys (`c2sp.org/signed-note`): a text and who signed it.

mod elsewhere;
mod key;
pub(crate) mod lines;

pub use elsewhere::{Requests, Verdicts};
#[cfg(any(feature = "admin", feature = "release"))]
pub(crate) use key::is_name;
pub use key::{NoteSigner, Vkey};

use crate::encoding::{b64, b64_decode};
use core::fmt;
use lines::cut;

/// Most bytes of a note.
pub const MAX_NOTE: usize = 262_144;
/// Most signatures of a note.
pub const MAX_SIGNATURES: usize = 64;

/// Why a note was refused. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteError {
    /// Not a text, a blank line and signature lines; or too long, or with too many signatures.
    Malformed,
    /// Not a key name, or not `name+id+base64`, or no Ed25519 key.
    Key,
    /// A signature of a known key is wrong.
    BadSignature,
    /// No known key signed.
    NotSigned,
}

impl NoteError {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Key => "malformed_key",
            Self::BadSignature => "bad_signature",
            Self::NotSigned => "not_signed",
        }
    }
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "give a C2SP signed note: text, blank line, signature lines",
            Self::Key => "give an Ed25519 key as name+id+base64; no blank or '+' in the name",
            Self::BadSignature => "fetch the note again: a known key's signature does not match",
            Self::NotSigned => "have a known key sign the note",
        })
    }
}

impl core::error::Error for NoteError {}

/// Says whether a signature over a message is the key's. [`strictly`] does the arithmetic; [`Requests`] and
/// [`Verdicts`] leave it to somebody else.
pub type Verify<'a> = &'a mut dyn FnMut(&Vkey, &[u8], &[u8]) -> bool;

/// [`Vkey::verify`], as a [`Verify`].
pub fn strictly(key: &Vkey, message: &[u8], signature: &[u8]) -> bool {
    key.verify(message, signature)
}

/// A note that was taken apart; nothing in it is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    /// The signature lines.
    signatures: String,
}

/// A signature line. There is one text for its bytes, so a line that was read is kept as it was.
struct Signature<'a> {
    name: &'a str,
    id: [u8; 4],
    bytes: Vec<u8>,
}

/// Signs a text, which ends with a line feed.
///
/// # Errors
/// [`NoteError::Malformed`] when the text is no note text, or there is no signer.
pub fn sign(text: &str, signers: &[&NoteSigner]) -> Result<String, NoteError> {
    let mut note = Note { text: text.into(), signatures: String::new() };
    for signer in signers {
        note.add(signer);
    }
    let note = note.encode();
    Note::parse(&note).map(|_| note)
}

/// The signed text of a note, its last line feed included, when at least `threshold` of the keys signed it; see
/// [`Note::verify`].
///
/// # Errors
/// As [`Note::parse`] and [`Note::verify`]; [`NoteError::NotSigned`] also when too few keys signed.
pub fn open<'n>(note: &'n str, keys: &[Vkey], threshold: u8, verify: Verify<'_>) -> Result<&'n str, NoteError> {
    let (text, signatures) = split(note).ok_or(NoteError::Malformed)?;
    let signed = signed_by(text, signatures, keys, verify)?.count_ones();
    if signed < threshold.into() { Err(NoteError::NotSigned) } else { Ok(text) }
}

impl Note {
    /// Takes a note apart at its last blank line.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] for any deviation from the format, also in signatures of unknown keys.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let (text, signatures) = split(note).ok_or(NoteError::Malformed)?;
        match signed_by(text, signatures, &[], &mut strictly) {
            Err(NoteError::NotSigned) => Ok(Self { text: text.into(), signatures: signatures.into() }),
            _ => Err(NoteError::Malformed),
        }
    }

    /// The signed text, its last line feed included. Not to be used before [`Note::verify`].
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds a signature, or replaces the one by the same key.
    pub fn add(&mut self, signer: &NoteSigner) {
        let vkey = signer.vkey();
        let mut kept = String::with_capacity(self.signatures.len());
        for line in self.signatures.split_inclusive('\n') {
            if !Signature::parse(line.strip_suffix('\n').unwrap_or(line)).is_some_and(|signature| signature.is_by(vkey))
            {
                kept.push_str(line);
            }
        }
        let bytes = [&vkey.id()[..], &signer.sign(self.text.as_bytes())].concat();
        for word in ["— ", vkey.name(), " ", &b64(&bytes), "\n"] {
            kept.push_str(word);
        }
        self.signatures = kept;
    }

    /// Name and key id of each signature line. Nothing is verified.
    pub fn signers(&self) -> impl Iterator<Item = (&str, [u8; 4])> {
        self.signatures.lines().filter_map(Signature::parse).map(|signature| (signature.name, signature.id))
    }

    /// What follows the id in each signature line of this name and id. Nothing is verified.
    #[cfg(any(feature = "admin", feature = "release"))]
    pub(crate) fn signatures_by(&self, name: &str, id: [u8; 4]) -> impl Iterator<Item = Vec<u8>> {
        let of = self.signatures.lines().filter_map(Signature::parse);
        of.filter(move |one| one.name == name && one.id == id).map(|one| one.bytes)
    }

    /// Adds signature lines that others made; those that are there, byte for byte, stay once.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] when they are none, or too many.
    #[cfg(any(feature = "admin", feature = "release"))]
    pub fn add_lines(&mut self, lines: &str) -> Result<(), NoteError> {
        let mut signatures = self.signatures.clone();
        for line in lines.split_inclusive('\n') {
            if !self.signatures.split_inclusive('\n').any(|held| held == line) {
                signatures.push_str(line);
            }
        }
        *self = Self::parse(&[&self.text, "\n", &signatures].concat())?;
        Ok(())
    }

    /// The note as text.
    pub fn encode(&self) -> String {
        [&self.text, "\n", &self.signatures].concat()
    }

    /// Which of the keys, the first 64 of them, signed: each once, at least one. Signatures of other keys are ignored.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`] when a signature of one of the keys is wrong, [`NoteError::NotSigned`] when there is none.
    pub fn verify<'k>(&self, keys: &'k [Vkey]) -> Result<Vec<&'k Vkey>, NoteError> {
        let signed = signed_by(&self.text, &self.signatures, keys, &mut strictly)?;
        Ok(keys.iter().enumerate().filter(|(place, _)| signed & bit(*place) != 0).map(|(_, key)| key).collect())
    }
}

impl<'a> Signature<'a> {
    fn is_by(&self, key: &Vkey) -> bool {
        self.name == key.name() && self.id == key.id()
    }

    fn parse(line: &'a str) -> Option<Self> {
        let (name, signature) = cut(line.strip_prefix("— ")?, b' ')?;
        let mut bytes = b64_decode(signature)?;
        let id = *bytes.first_chunk()?;
        bytes.drain(..4);
        (key::is_name(name) && !bytes.is_empty()).then_some(Self { name, id, bytes })
    }
}

/// Text and signature lines, which are yet to be read.
fn split(note: &str) -> Option<(&str, &str)> {
    if note.len() > MAX_NOTE {
        return None;
    }
    let (mut blank, mut before) = (None, b' ');
    for (place, byte) in note.bytes().enumerate() {
        if byte < b' ' && byte != b'\n' {
            return None;
        }
        if byte == b'\n' && before == b'\n' {
            blank = Some(place);
        }
        before = byte;
    }
    let blank = blank?;
    Some((note.get(..blank)?, note.get(blank.checked_add(1)?..)?))
}

/// Reads all signature lines; a wrong signature is told only when all have the form of one. One bit for each key that
/// signed, at least one.
fn signed_by(text: &str, signatures: &str, keys: &[Vkey], verify: Verify<'_>) -> Result<u64, NoteError> {
    let (mut rest, mut count, mut signed, mut wrong) = (signatures, 0_usize, 0, false);
    while !rest.is_empty() {
        let (line, after) = cut(rest, b'\n').ok_or(NoteError::Malformed)?;
        let signature = Signature::parse(line).ok_or(NoteError::Malformed)?;
        (rest, count) = (after, count.wrapping_add(1));
        if let Some((place, key)) = keys.iter().enumerate().find(|(_, key)| signature.is_by(key)) {
            signed |= bit(place);
            wrong |= !verify(key, text.as_bytes(), &signature.bytes);
        }
    }
    if count == 0 || count > MAX_SIGNATURES {
        return Err(NoteError::Malformed);
    }
    if wrong {
        return Err(NoteError::BadSignature);
    }
    if signed == 0 { Err(NoteError::NotSigned) } else { Ok(signed) }
}

fn bit(place: usize) -> u64 {
    u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or(0)
}
