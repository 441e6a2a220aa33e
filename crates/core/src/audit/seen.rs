//! A log as one reader has seen it: what was verified once is the measure of all that is shown later.

use super::{Commitment, Finding, check_consistency};
use crate::log::{Checkpoint, CheckpointError, Hash, Origin, Proof, verify_inclusion};
use crate::note::Vkey;
use core::fmt;

/// The log's key, and the last checkpoint that this reader verified. Each is verified to continue the one before, so
/// that a log which was cut off or rewritten meanwhile is noticed, by whoever holds the log's key too.
#[derive(Clone, Debug)]
pub struct SeenLog {
    key: Vkey,
    /// `None` before the first.
    last: Option<(u64, Hash)>,
}

/// Why what a vault shows of its log is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenError {
    /// The log's key did not sign the checkpoint, or it is none.
    Checkpoint(CheckpointError),
    /// The log has fewer leaves than it had.
    Dropped,
    /// The log does not continue what was seen: leaves from before were changed.
    Forked,
    /// The entry is not the leaf that it is said to be.
    NotInLog,
}

impl fmt::Display for SeenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint(error) => error.fmt(f),
            Self::Dropped => f.write_str("ask who cut the log off: it was longer when it was seen last"),
            Self::Forked => f.write_str("ask who changed the log: it does not continue what was seen last"),
            Self::NotInLog => f.write_str("do not go on: the entry is not in the log"),
        }
    }
}

impl core::error::Error for SeenError {}

impl SeenLog {
    /// A log with this key, and what [`SeenLog::place`] gave when it was seen last. A text that is not one of this key's is
    /// that of no log: another key is another log.
    pub fn new(key: Vkey, place: &str) -> Self {
        let last = read_place(&key, place);
        Self { key, last }
    }

    /// Number of leaves when it was seen last.
    pub fn size(&self) -> u64 {
        self.last.map_or(0, |(size, _)| size)
    }

    /// What to remember; `None` before anything was seen.
    pub fn place(&self) -> Option<String> {
        self.last.map(|(size, root)| write_place(&self.key, size, &root))
    }

    /// Verifies a checkpoint, and that it continues the last one by this proof from [`SeenLog::size`] on.
    ///
    /// # Errors
    /// [`SeenError`]: then the last one stays the last.
    pub fn advance(&mut self, note: &str, consistency: &Proof) -> Result<Checkpoint, SeenError> {
        let next = Checkpoint::verify(note, &self.key).map_err(SeenError::Checkpoint)?;
        let (size, root) = self.last.unwrap_or_else(|| (0, Hash::of_empty_tree()));
        let origin = Origin::parse(self.key.name()).map_err(SeenError::Checkpoint)?;
        match check_consistency(&Checkpoint { origin, size, root }, &next, consistency) {
            Ok(()) => {}
            Err(Finding::Dropped) => return Err(SeenError::Dropped),
            Err(_) => return Err(SeenError::Forked),
        }
        self.last = Some((next.size, next.root));
        Ok(next)
    }
}

/// Verifies that a commitment is the leaf of that number.
///
/// # Errors
/// [`SeenError::NotInLog`].
pub fn is_in_log(
    checkpoint: &Checkpoint,
    commitment: &Commitment,
    number: u64,
    proof: &Proof,
) -> Result<(), SeenError> {
    verify_inclusion(&commitment.leaf_hash(), number, checkpoint.size, &checkpoint.root, proof)
        .map_err(|_| SeenError::NotInLog)
}

fn write_place(key: &Vkey, size: u64, root: &Hash) -> String {
    [&key.id_hex(), " ", &size.to_string(), " ", &root.to_hex()].concat()
}

fn read_place(key: &Vkey, text: &str) -> Option<(u64, Hash)> {
    let (size, root) = text.split_once(' ')?.1.split_once(' ')?;
    let (size, root) = (size.parse().ok()?, Hash::from_hex(root)?);
    (write_place(key, size, &root) == text).then_some((size, root))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Hashes, Plan, Tree};
    use crate::note::NoteSigner;

    /// A log that can be taken back.
    #[derive(Clone)]
    struct Kept {
        signer: [u8; 32],
        tree: Tree,
        hashes: Hashes,
    }

    impl Kept {
        fn new() -> Self {
            Self { signer: [1; 32], tree: Tree::new(), hashes: Hashes::default() }
        }

        fn signer(&self) -> NoteSigner {
            NoteSigner::from_seed("a.example/log", &self.signer).unwrap()
        }

        fn append(&mut self, leaf: u8) {
            self.hashes.store(self.tree.append(Commitment([leaf; 32]).leaf_hash()).unwrap());
        }

        fn note(&self) -> String {
            let origin = Origin::parse("a.example/log").unwrap();
            Checkpoint { origin, size: self.tree.size(), root: self.tree.root() }.sign(&self.signer()).unwrap()
        }

        fn since(&self, size: u64) -> Proof {
            Plan::for_consistency(size, self.tree.size()).unwrap().read_proof(&self.hashes).unwrap()
        }
    }

    #[test]
    fn a_log_is_seen_to_grow_and_nothing_else() {
        let mut log = Kept::new();
        let mut seen = SeenLog::new(log.signer().vkey().clone(), "");
        assert_eq!((seen.size(), seen.place()), (0, None));
        assert_eq!(seen.advance(&log.note(), &log.since(0)).unwrap().size, 0);
        let empty = log.clone();
        for leaf in 0..5 {
            log.append(leaf);
            let proof = log.since(seen.size());
            let checkpoint = seen.advance(&log.note(), &proof).unwrap();
            let inclusion = Plan::for_inclusion(leaf.into(), checkpoint.size).unwrap().read_proof(&log.hashes).unwrap();
            assert_eq!(is_in_log(&checkpoint, &Commitment([leaf; 32]), leaf.into(), &inclusion), Ok(()));
            let other = is_in_log(&checkpoint, &Commitment([9; 32]), leaf.into(), &inclusion);
            assert_eq!(other, Err(SeenError::NotInLog));
        }
        // Again, as another visit with what was remembered
        let mut again = SeenLog::new(log.signer().vkey().clone(), &seen.place().unwrap());
        assert_eq!(again.size(), 5);
        assert!(again.advance(&log.note(), &log.since(5)).is_ok());

        assert_eq!(again.advance(&empty.note(), &Proof::default()), Err(SeenError::Dropped));
        let mut forked = Kept::new();
        for leaf in [0, 1, 2, 3, 8, 9] {
            forked.append(leaf);
        }
        assert_eq!(again.advance(&forked.note(), &forked.since(5)), Err(SeenError::Forked));
        let edited = again.advance(&log.note().replacen("\n5\n", "\n6\n", 1), &log.since(5));
        assert_eq!(edited, Err(SeenError::Checkpoint(CheckpointError::BadSignature)));
        assert_eq!(again.place(), seen.place(), "what was refused is not remembered");
    }

    #[test]
    fn another_key_is_another_log() {
        let log = Kept::new();
        let place = format!("{} 5 {}", log.signer().vkey().id_hex(), Hash([7; 32]));
        let key = log.signer().vkey().clone();
        assert_eq!(SeenLog::new(key.clone(), &place).size(), 5);
        let other = NoteSigner::from_seed("a.example/log", &[2; 32]).unwrap();
        assert_eq!(SeenLog::new(other.vkey().clone(), &place).size(), 0);
        for bad in [format!("{place} "), place.replace(" 5 ", " 05 "), place.to_uppercase(), "5".into()] {
            assert_eq!(SeenLog::new(key.clone(), &bad).size(), 0, "{bad}");
        }
    }
}
