//! The growing end of a log.

use super::plan::fold;
use super::{Hash, LogError, MAX_SIZE, Node};

/// A tree as far as it takes to append to it: its size, and the hashes of the complete subtrees that it consists of, at
/// most 63. The rest stays where the caller stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// Larger ones first.
    peaks: Vec<Hash>,
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// The tree without leaves.
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// The nodes whose hashes [`Tree::resume`] takes, in their order.
    ///
    /// # Errors
    /// [`LogError::Range`] above [`MAX_SIZE`].
    pub fn peaks_of(size: u64) -> Result<Vec<Node>, LogError> {
        if size > MAX_SIZE {
            return Err(LogError::Range);
        }
        Ok(Node::cover(0, size))
    }

    /// The tree of that size, from the hashes of [`Tree::peaks_of`]. Compare [`Tree::root`] with the last checkpoint
    /// before appending: a log must never sign two histories.
    ///
    /// # Errors
    /// [`LogError::Range`] above [`MAX_SIZE`], [`LogError::Hashes`] for another number of hashes.
    pub fn resume(size: u64, peaks: Vec<Hash>) -> Result<Self, LogError> {
        if Self::peaks_of(size)?.len() != peaks.len() {
            return Err(LogError::Hashes);
        }
        Ok(Self { size, peaks })
    }

    /// Number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root (RFC 6962 section 2.1).
    pub fn root(&self) -> Hash {
        fold(&self.peaks).unwrap_or_else(Hash::of_empty_tree)
    }

    /// Appends a leaf by its hash: what is to be stored for it, the leaf first, at most 63 more. On average two.
    ///
    /// # Errors
    /// [`LogError::Range`] when the log is full.
    pub fn append(&mut self, leaf: Hash) -> Result<Vec<(Node, Hash)>, LogError> {
        let mut node = Node::leaf(self.size).ok_or(LogError::Range)?;
        let mut stored = vec![(node, leaf)];
        let (mut hash, mut peaks) = (leaf, self.peaks.clone());
        // Each complete subtree on the left of one as large becomes one with it
        while node.index() & 1 == 1 {
            let left = peaks.pop().ok_or(LogError::Hashes)?;
            hash = Hash::of_children(&left, &hash);
            node = Node::new(node.level().saturating_add(1), node.index() >> 1).ok_or(LogError::Range)?;
            stored.push((node, hash));
        }
        peaks.push(hash);
        self.peaks = peaks;
        self.size = self.size.saturating_add(1);
        Ok(stored)
    }
}
