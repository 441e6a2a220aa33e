//! What a log asks of a witness (`c2sp.org/tlog-witness`): to cosign a checkpoint.

use super::{MAX_PROOF, MAX_SIZE, Proof, ProofError};
use crate::encoding::push_decimal;
use crate::note::MAX_NOTE;

/// Most hashes that may be sent.
const MOST_HASHES: usize = MAX_PROOF - 1;
/// Most bytes of a request.
pub const MAX_REQUEST: usize = MAX_NOTE + MAX_PROOF * 45 + 64;

/// The body of a request `add-checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the checkpoint that the witness cosigned last; 0 before the first.
    pub old: u64,
    /// That the log of that size is a prefix of the one of the checkpoint.
    pub proof: Proof,
    /// The checkpoint, signed.
    pub checkpoint: String,
}

impl AddCheckpoint {
    /// The text.
    pub fn encode(&self) -> String {
        let mut text = "old ".to_owned();
        push_decimal(&mut text, self.old, 1);
        [&text, "\n", &self.proof.encode(), "\n", &self.checkpoint].concat()
    }

    /// Reads [`AddCheckpoint::encode`]. Nothing is verified.
    ///
    /// # Errors
    /// [`ProofError::Malformed`] for any other text, and more than 63 hashes.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        read(text)
            .filter(|request| request.proof.hashes().len() <= MOST_HASHES && request.encode() == text)
            .ok_or(ProofError::Malformed)
    }
}

/// Too lenient by itself: `parse` writes what was read again.
fn read(text: &str) -> Option<AddCheckpoint> {
    let (old, rest) = text.strip_prefix("old ")?.split_once('\n')?;
    let old = old.parse().ok().filter(|old| *old <= MAX_SIZE)?;
    let (proof, checkpoint) = match rest.strip_prefix('\n') {
        Some(checkpoint) => ("", checkpoint),
        None => {
            let end = rest.find("\n\n")?.checked_add(1)?;
            (rest.get(..end)?, rest.get(end.checked_add(1)?..)?)
        }
    };
    Some(AddCheckpoint { old, proof: Proof::parse(proof).ok()?, checkpoint: checkpoint.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Hash;

    #[test]
    fn there_is_one_text_for_a_request() {
        let checkpoint = "log.example\n9\nAAAA\n\n— log.example AAAA\n".to_owned();
        for count in [0, 1, 63, 64] {
            let proof = Proof::new(vec![Hash::of_leaf(b"a"); count]).unwrap();
            let request = AddCheckpoint { old: 20_852_014, proof, checkpoint: checkpoint.clone() };
            let text = request.encode();
            assert_eq!(AddCheckpoint::parse(&text), if count > 63 { Err(ProofError::Malformed) } else { Ok(request) });
        }
        let text = AddCheckpoint { old: 0, proof: Proof::default(), checkpoint }.encode();
        assert!(text.starts_with("old 0\n\nlog.example\n9\n"));
        for bad in [
            text.replace("old 0", "old 00"),
            text.replace("old 0", "old -1"),
            text.replace("old ", "new "),
            String::new(),
        ] {
            assert_eq!(AddCheckpoint::parse(&bad), Err(ProofError::Malformed), "{bad}");
        }
    }
}
