//! Inclusion and consistency proofs (RFC 9162 sections 2.1.3 and 2.1.4).

use super::{Hash, MAX_SIZE};
use crate::encoding::{b64, b64_decode};
use core::fmt;

/// Most hashes of a proof: one for each level of a tree of [`MAX_SIZE`] leaves, and the one that a consistency proof
/// begins with.
pub const MAX_PROOF: usize = 64;

/// Why a proof was refused. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofError {
    /// Not lines of one hash each, or more than [`MAX_PROOF`] of them.
    Malformed,
    /// There is no such leaf in a log of that size, or the earlier log is the longer one.
    Range,
    /// Another number of hashes than the sizes ask for.
    Length,
    /// The hashes do not lead to the root.
    Root,
}

impl ProofError {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Range => "out_of_range",
            Self::Length => "wrong_length",
            Self::Root => "wrong_root",
        }
    }
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "give a proof as lines of one base64 hash each, at most 64",
            Self::Range => {
                "ask for a leaf below the size of the log, or for an earlier size that is not above the later one"
            }
            Self::Length => "fetch the proof again, for exactly these sizes",
            Self::Root => "do not trust this log: its proof does not lead to the root that was signed",
        })
    }
}

impl core::error::Error for ProofError {}

/// The hashes of a proof, from the leaves up; at most [`MAX_PROOF`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof(Vec<Hash>);

impl Proof {
    /// A proof of these hashes; `None` when there are more than [`MAX_PROOF`].
    pub fn new(hashes: Vec<Hash>) -> Option<Self> {
        (hashes.len() <= MAX_PROOF).then_some(Self(hashes))
    }

    /// The hashes.
    pub fn hashes(&self) -> &[Hash] {
        &self.0
    }

    /// One line a hash: base64 (RFC 4648 section 4) and a line feed, as in `c2sp.org/tlog-proof`.
    pub fn encode(&self) -> String {
        self.0.iter().flat_map(|hash| [b64(&hash.0), "\n".into()]).collect()
    }

    /// Reads [`Proof::encode`].
    ///
    /// # Errors
    /// [`ProofError::Malformed`] for any other text.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        let mut hashes = Vec::new();
        for line in text.split_inclusive('\n') {
            let hash = line.strip_suffix('\n').and_then(b64_decode).and_then(|bytes| bytes.try_into().ok());
            match hash {
                Some(hash) if hashes.len() < MAX_PROOF => hashes.push(Hash(hash)),
                _ => return Err(ProofError::Malformed),
            }
        }
        Ok(Self(hashes))
    }
}

/// Verifies that the leaf with this hash is in the log of that size and root (RFC 9162 section 2.1.3.2).
///
/// # Errors
/// [`ProofError`]: range, then length, then root.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, root: &Hash, proof: &Proof) -> Result<(), ProofError> {
    if index >= size || size > MAX_SIZE {
        return Err(ProofError::Range);
    }
    let (mut place, mut last, mut hash) = (index, size.saturating_sub(1), *leaf);
    for sibling in &proof.0 {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if is_right(&mut place, &mut last) {
            hash = Hash::of_children(sibling, &hash);
        } else {
            hash = Hash::of_children(&hash, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    conclude(last, &[(&hash, root)])
}

/// Verifies that the log of size `old` is a prefix of that of size `new` (RFC 9162 section 2.1.4.2). The proof is empty
/// when the old log is, or when both are one.
///
/// # Errors
/// [`ProofError`]: range, then length, then root.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &Proof,
) -> Result<(), ProofError> {
    if old > new || new > MAX_SIZE {
        return Err(ProofError::Range);
    }
    if old == 0 || old == new {
        let empty = Hash::of_empty_tree();
        let same = if old == 0 { (old_root, &empty) } else { (old_root, new_root) };
        return if proof.0.is_empty() {
            // Of two empty logs, both roots are to be that of an empty log
            conclude(0, &[same, if new == 0 { (new_root, &empty) } else { same }])
        } else {
            Err(ProofError::Length)
        };
    }
    let (mut place, mut last) = (old.saturating_sub(1), new.saturating_sub(1));
    // The largest subtree that ends where the old log does: its root is where both begin
    let shared = place.trailing_ones();
    (place, last) = (place.checked_shr(shared).unwrap_or(0), last.checked_shr(shared).unwrap_or(0));
    let (first, rest) = match proof.0.split_first() {
        _ if old.is_power_of_two() => (old_root, proof.0.as_slice()),
        Some(split) => split,
        None => return Err(ProofError::Length),
    };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if is_right(&mut place, &mut last) {
            old_hash = Hash::of_children(sibling, &old_hash);
            new_hash = Hash::of_children(sibling, &new_hash);
        } else {
            new_hash = Hash::of_children(&new_hash, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    conclude(last, &[(&old_hash, old_root), (&new_hash, new_root)])
}

/// Whether the next sibling stands on the left. At the right edge of the tree levels without a sibling are left out.
fn is_right(place: &mut u64, last: &mut u64) -> bool {
    if *place & 1 == 0 && place != last {
        return false;
    }
    let skipped = if *place & 1 == 0 { place.trailing_zeros() } else { 0 };
    *place = place.checked_shr(skipped).unwrap_or(0);
    *last = last.checked_shr(skipped).unwrap_or(0);
    true
}

fn conclude(levels_left: u64, equal: &[(&Hash, &Hash)]) -> Result<(), ProofError> {
    if levels_left != 0 {
        return Err(ProofError::Length);
    }
    equal.iter().all(|(found, said)| found == said).then_some(()).ok_or(ProofError::Root)
}
