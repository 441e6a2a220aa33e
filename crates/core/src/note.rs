//! C2SP signed notes with Ed25519 keys (`c2sp.org/signed-note`): a text and who signed it.

mod key;
pub(crate) mod lines;

pub use key::{NoteSigner, Vkey};

use crate::encoding::{b64, b64_decode};
use core::fmt;

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

/// A note that was taken apart; nothing in it is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Signature {
    name: String,
    /// Key id, then the signature.
    bytes: Vec<u8>,
}

/// Signs a text, which ends with a line feed.
///
/// # Errors
/// [`NoteError::Malformed`] when the text is no note text, or there is no signer.
pub fn sign(text: &str, signers: &[&NoteSigner]) -> Result<String, NoteError> {
    let mut note = Note { text: text.into(), signatures: Vec::new() };
    for signer in signers {
        note.add(signer);
    }
    let note = note.encode();
    Note::parse(&note).map(|_| note)
}

impl Note {
    /// Takes a note apart at its last blank line.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] for any deviation from the format, also in signatures of unknown keys.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        parse(note).ok_or(NoteError::Malformed)
    }

    /// The signed text, its last line feed included. Not to be used before [`Note::verify`].
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds a signature, or replaces the one by the same key.
    pub fn add(&mut self, signer: &NoteSigner) {
        let vkey = signer.vkey();
        self.signatures.retain(|signature| !signature.is_by(vkey));
        let mut bytes = vkey.id().to_vec();
        bytes.extend_from_slice(&signer.sign(self.text.as_bytes()));
        self.signatures.push(Signature { name: vkey.name().into(), bytes });
    }

    /// The note as text.
    pub fn encode(&self) -> String {
        let mut out = self.text.clone();
        out.push('\n');
        for signature in &self.signatures {
            for word in ["— ", &signature.name, " ", &b64(&signature.bytes), "\n"] {
                out.push_str(word);
            }
        }
        out
    }

    /// Which of the keys signed: each once, at least one. Signatures of other keys are ignored.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`] when a signature of one of the keys is wrong, [`NoteError::NotSigned`] when there is none.
    pub fn verify<'k>(&self, keys: &'k [Vkey]) -> Result<Vec<&'k Vkey>, NoteError> {
        let mut signed: Vec<&Vkey> = Vec::new();
        for signature in &self.signatures {
            let Some(key) = keys.iter().find(|key| signature.is_by(key)) else {
                continue;
            };
            let bytes = signature.bytes.get(4..).unwrap_or(&[]);
            if !key.verify(self.text.as_bytes(), bytes) {
                return Err(NoteError::BadSignature);
            }
            if !signed.contains(&key) {
                signed.push(key);
            }
        }
        if signed.is_empty() {
            return Err(NoteError::NotSigned);
        }
        Ok(signed)
    }
}

impl Signature {
    fn is_by(&self, key: &Vkey) -> bool {
        self.name == key.name() && self.bytes.starts_with(&key.id())
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = b64_decode(signature)?;
        (key::is_name(name) && bytes.len() > 4).then(|| Self { name: name.into(), bytes })
    }
}

fn parse(note: &str) -> Option<Note> {
    if note.len() > MAX_NOTE || note.bytes().any(|c| c < b' ' && c != b'\n') {
        return None;
    }
    let body = note.strip_suffix('\n')?;
    // By hand: the library's search for a string is two kilobytes of the checkout WASM
    let blank = body.as_bytes().windows(2).rposition(|pair| pair == b"\n\n")?;
    let (text, signatures) = (body.get(..blank)?, body.get(blank.checked_add(2)?..)?);
    if signatures.split('\n').count() > MAX_SIGNATURES {
        return None;
    }
    let mut whole = String::with_capacity(text.len().saturating_add(1));
    whole.push_str(text);
    whole.push('\n');
    Some(Note { text: whole, signatures: signatures.split('\n').map(Signature::parse).collect::<Option<_>>()? })
}
