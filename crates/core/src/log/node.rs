//! Where a hash stands in the tree.

use super::MAX_SIZE;

/// A complete subtree: `2^level` leaves, from leaf `index * 2^level` on. Its hash never changes, however long the log
/// grows; a log of `n` leaves has less than `2n` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    level: u8,
    index: u64,
}

impl Node {
    /// A subtree; `None` when it lies beyond [`MAX_SIZE`] leaves.
    pub fn new(level: u8, index: u64) -> Option<Self> {
        let node = Self { level, index };
        node.checked_end().is_some_and(|end| end <= MAX_SIZE).then_some(node)
    }

    /// The leaf of this index; `None` beyond [`MAX_SIZE`].
    pub fn leaf(index: u64) -> Option<Self> {
        Self::new(0, index)
    }

    /// Height above the leaves, 0 to 62.
    pub const fn level(self) -> u8 {
        self.level
    }

    /// Place among the subtrees of that height, from 0.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// The first leaf.
    pub fn start(self) -> u64 {
        self.index.checked_shl(self.level.into()).unwrap_or(u64::MAX)
    }

    /// The leaf after the last: the size of the smallest log that has this subtree.
    pub fn end(self) -> u64 {
        self.checked_end().unwrap_or(u64::MAX)
    }

    fn checked_end(self) -> Option<u64> {
        let leaves = 1_u64.checked_shl(self.level.into())?;
        self.index.checked_add(1)?.checked_mul(leaves)
    }

    /// The complete subtrees that the leaves of `start..end` consist of, from the left, each as large as can be. `start`
    /// is a multiple of the largest power of two that is not above `end - start`, as of every subtree of RFC 6962.
    pub(super) fn cover(mut start: u64, end: u64) -> Vec<Self> {
        let mut nodes = Vec::new();
        while let Some(left) = end.checked_sub(start)
            && let Some(level) = left.checked_ilog2()
        {
            let index = start.checked_shr(level).unwrap_or(0);
            let node = Self { level: level as u8, index };
            nodes.push(node);
            start = node.end();
        }
        nodes
    }
}
