//! Cosignatures of witnesses (`c2sp.org/tlog-cosignature`, Ed25519): that a checkpoint continues all that the witness saw of
//! the log before.

use crate::encoding::{b64, b64_decode, hex, hex_array, push_decimal};
use crate::note::{Note, NoteError, NoteSigner, Vkey};
use crate::primitives::sha256;
use crate::time::UnixTime;
use core::fmt;

/// C2SP signature type of Ed25519 cosignatures.
const COSIGNATURE: u8 = 0x04;
/// First line of what is signed.
const HEADER: &str = "cosignature/v1\ntime ";

/// Who cosigns: a name and an Ed25519 key; text form `name+id+base64(0x04 || key)`.
///
/// Its id is another one than that of the same key as a signer of notes.
#[derive(Clone, PartialEq, Eq)]
pub struct Witness {
    /// Name and point, checked.
    key: Vkey,
    id: [u8; 4],
}

impl Witness {
    /// The witness who signs with this key.
    pub fn new(key: Vkey) -> Self {
        let [a, b, c, d, ..] = sha256(&[key.name().as_bytes(), &[b'\n', COSIGNATURE], key.public_key()]);
        Self { key, id: [a, b, c, d] }
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// [`NoteError::Key`] for any other form, another key type, or an id that does not match.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        read(text).filter(|witness| witness.to_text() == text).ok_or(NoteError::Key)
    }

    /// The text form.
    pub fn to_text(&self) -> String {
        let bytes = [&[COSIGNATURE], self.key.public_key().as_slice()].concat();
        [self.key.name(), "+", &hex(&self.id), "+", &b64(&bytes)].concat()
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.key.name()
    }

    /// When this witness cosigned a checkpoint, the last time when it is there several times; `None` when it did not.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`] when one of its lines is wrong, as that of another checkpoint is.
    pub fn verify(&self, checkpoint: &Note) -> Result<Option<UnixTime>, NoteError> {
        let mut last = None;
        for line in checkpoint.signatures_by(self.key.name(), self.id) {
            let (time, signature) = line.split_first_chunk().ok_or(NoteError::BadSignature)?;
            let time = u64::from_be_bytes(*time);
            let is_time = time > 0 && i64::try_from(time).is_ok();
            if !is_time || !self.key.verify(message(checkpoint.text(), time).as_bytes(), signature) {
                return Err(NoteError::BadSignature);
            }
            last = last.max(Some(UnixTime::from_seconds(time)));
        }
        Ok(last)
    }
}

/// The signature line with which a witness says that, at this time, the checkpoint with this text is the latest that it has
/// seen of its log, and continues all before it.
pub fn cosign(checkpoint: &str, signer: &NoteSigner, at: UnixTime) -> String {
    let witness = Witness::new(signer.vkey().clone());
    let signature = signer.sign(message(checkpoint, at.seconds()).as_bytes());
    let bytes = [witness.id.as_slice(), &at.seconds().to_be_bytes(), &signature].concat();
    ["— ", witness.name(), " ", &b64(&bytes), "\n"].concat()
}

fn message(checkpoint: &str, time: u64) -> String {
    let mut text = HEADER.to_owned();
    push_decimal(&mut text, time, 1);
    text.push('\n');
    text.push_str(checkpoint);
    text
}

/// Too lenient by itself: `parse` writes what was read again.
fn read(text: &str) -> Option<Witness> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let bytes = b64_decode(key)?;
    let (COSIGNATURE, public_key) = bytes.split_first().map(|(kind, key)| (*kind, key))? else { return None };
    let witness = Witness::new(Vkey::new(name, public_key.try_into().ok()?).ok()?);
    (hex_array(id)? == witness.id).then_some(witness)
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Checkpoint, Hash, Origin};

    fn signer(name: &str) -> NoteSigner {
        NoteSigner::from_seed(name, &[7; 32]).unwrap()
    }

    fn checkpoint(size: u64) -> Note {
        let log = NoteSigner::from_seed("log.example", &[1; 32]).unwrap();
        let origin = Origin::parse("log.example").unwrap();
        let note = Checkpoint { origin, size, root: Hash::of_leaf(&[size as u8]) }.sign(&log).unwrap();
        Note::parse(&note).unwrap()
    }

    fn at(seconds: u64) -> UnixTime {
        UnixTime::from_seconds(seconds)
    }

    /// The example of `c2sp.org/tlog-cosignature` names no key; this is the message that it spells out.
    #[test]
    fn the_message_is_that_of_the_specification() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        assert_eq!(message(text, 1_679_315_147), format!("cosignature/v1\ntime 1679315147\n{text}"));
    }

    #[test]
    fn a_cosignature_is_of_one_checkpoint_one_witness_and_one_time() {
        let (signer, mut note) = (signer("witness.example"), checkpoint(5));
        let witness = Witness::new(signer.vkey().clone());
        assert_eq!(witness.verify(&note), Ok(None));
        let line = cosign(note.text(), &signer, at(1_800_000_000));
        note.add_lines(&line).unwrap();
        assert_eq!(witness.verify(&note), Ok(Some(at(1_800_000_000))));
        // Once is enough, a later time counts, and the log's own signature is not in the way
        note.add_lines(&line).unwrap();
        note.add_lines(&cosign(note.text(), &signer, at(1_800_000_100))).unwrap();
        assert_eq!((witness.verify(&note), note.signers().count()), (Ok(Some(at(1_800_000_100))), 3));
        // That of another checkpoint, put under this one
        let mut other = checkpoint(6);
        other.add_lines(&line).unwrap();
        assert_eq!(witness.verify(&other), Err(NoteError::BadSignature));
        // Another witness of the same name, or the same key under another name
        let stranger = NoteSigner::from_seed("witness.example", &[8; 32]).unwrap();
        assert_eq!(Witness::new(stranger.vkey().clone()).verify(&note), Ok(None));
        let renamed = NoteSigner::from_seed("other.example", &[7; 32]).unwrap();
        assert_eq!(Witness::new(renamed.vkey().clone()).verify(&note), Ok(None));
        // A time that is none
        let mut never = checkpoint(5);
        never.add_lines(&cosign(never.text(), &signer, at(0))).unwrap();
        assert_eq!(witness.verify(&never), Err(NoteError::BadSignature));
    }

    #[test]
    fn lines_that_are_none_are_not_added() {
        let mut note = checkpoint(5);
        for bad in ["no line\n", "— witness.example AAAA", "— a b\n"] {
            assert_eq!(note.add_lines(bad), Err(NoteError::Malformed), "{bad}");
        }
        assert_eq!(note, checkpoint(5));
    }

    #[test]
    fn the_text_form_is_of_its_own_type() {
        let witness = Witness::new(signer("witness.example").vkey().clone());
        assert_eq!(Witness::parse(&witness.to_text()), Ok(witness.clone()));
        assert!(Vkey::parse(&witness.to_text()).is_err());
        let other = witness.to_text().replace("witness", "w1tness");
        for bad in [signer("witness.example").vkey().to_text(), other, witness.to_text() + "\n", String::new()] {
            assert_eq!(Witness::parse(&bad), Err(NoteError::Key), "{bad}");
        }
    }
}
