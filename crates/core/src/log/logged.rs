//! Proofs that something is in a log, to be verified without asking anybody (`c2sp.org/tlog-proof`).

use super::{Checkpoint, CheckpointError, Hash, MAX_PROOF, MAX_SIZE, Proof, ProofError, verify_inclusion};
use crate::encoding::push_decimal;
use crate::note::{MAX_NOTE, Vkey};
use core::fmt;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1\nindex ";

/// Most bytes of a proof with its checkpoint.
pub const MAX_LOGGED: usize = MAX_NOTE + MAX_PROOF * 45 + 64;

/// Where something is in a log, with the proof and the checkpoint that it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The leaf's index.
    pub index: u64,
    /// From the leaf to the root.
    pub proof: Proof,
    /// The checkpoint, signed.
    pub checkpoint: String,
}

/// Why such a proof was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoggedError {
    /// The checkpoint.
    Checkpoint(CheckpointError),
    /// The proof.
    Proof(ProofError),
}

impl fmt::Display for LoggedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint(error) => error.fmt(f),
            Self::Proof(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for LoggedError {}

impl Logged {
    /// The text.
    pub fn encode(&self) -> String {
        let mut text = FIRST_LINE.to_owned();
        push_decimal(&mut text, self.index, 1);
        [&text, "\n", &self.proof.encode(), "\n", &self.checkpoint].concat()
    }

    /// Reads [`Logged::encode`]. Nothing is verified.
    ///
    /// # Errors
    /// [`ProofError::Malformed`] for any other text; extra data, for which there is no use here, too.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        read(text).filter(|logged| text.len() <= MAX_LOGGED && logged.encode() == text).ok_or(ProofError::Malformed)
    }

    /// Verifies that the leaf is in the log with this key: the checkpoint's signature, then the proof.
    ///
    /// # Errors
    /// [`LoggedError`]
    pub fn verify(&self, leaf: &Hash, log: &Vkey) -> Result<Checkpoint, LoggedError> {
        let checkpoint = Checkpoint::verify(&self.checkpoint, log).map_err(LoggedError::Checkpoint)?;
        verify_inclusion(leaf, self.index, checkpoint.size, &checkpoint.root, &self.proof)
            .map_err(LoggedError::Proof)?;
        Ok(checkpoint)
    }
}

/// Too lenient by itself: `parse` writes what was read again.
fn read(text: &str) -> Option<Logged> {
    let (index, rest) = text.strip_prefix(FIRST_LINE)?.split_once('\n')?;
    let index = index.parse().ok().filter(|index| *index < MAX_SIZE)?;
    // The first empty line; without hashes it follows at once
    let (proof, checkpoint) = match rest.strip_prefix('\n') {
        Some(checkpoint) => ("", checkpoint),
        None => {
            let end = rest.find("\n\n")?.checked_add(1)?;
            (rest.get(..end)?, rest.get(end.checked_add(1)?..)?)
        }
    };
    Some(Logged { index, proof: Proof::parse(proof).ok()?, checkpoint: checkpoint.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Hashes, Origin, Plan, Tree};
    use crate::note::NoteSigner;

    #[test]
    fn a_proof_is_written_read_and_verified() {
        let log = NoteSigner::from_seed("log.example", &[1; 32]).unwrap();
        for size in [1_u64, 2, 7, 8] {
            let (mut tree, mut hashes) = (Tree::new(), Hashes::default());
            let leaves: Vec<Hash> = (0..size).map(|leaf| Hash::of_leaf(&[leaf as u8])).collect();
            leaves.iter().for_each(|leaf| hashes.store(tree.append(*leaf).unwrap()));
            let checkpoint = Checkpoint { origin: Origin::parse("log.example").unwrap(), size, root: tree.root() };
            let note = checkpoint.sign(&log).unwrap();
            for (index, leaf) in (0..).zip(&leaves) {
                let proof = Plan::for_inclusion(index, size).unwrap().read_proof(&hashes).unwrap();
                let logged = Logged { index, proof, checkpoint: note.clone() };
                let text = logged.encode();
                assert_eq!(Logged::parse(&text), Ok(logged.clone()));
                assert_eq!(logged.verify(leaf, log.vkey()), Ok(checkpoint.clone()));
                let other = Hash::of_leaf(b"another");
                assert_eq!(logged.verify(&other, log.vkey()), Err(LoggedError::Proof(ProofError::Root)));
                for bad in [
                    text.replace("index ", "index 0"),
                    text.replace("@v1\n", "@v1\nextra AAAA\n"),
                    text.replace("\n\n", "\n"),
                    text.replace("@v1", "@v2"),
                ] {
                    assert_eq!(Logged::parse(&bad), Err(ProofError::Malformed), "{bad}");
                }
            }
        }
    }
}
