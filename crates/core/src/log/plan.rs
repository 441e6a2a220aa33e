//! What a root or a proof needs, told before it is read.

use super::{Hash, HashReader, LogError, MAX_SIZE, Node, Proof};

/// Nodes to read, and how their hashes come together. Makes no difference between a database that answers later and a
/// map: ask for [`Plan::nodes`], all in one query, and hand the hashes to [`Plan::root`] or [`Plan::proof`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// One subtree each, by the complete ones that it consists of, from the left.
    parts: Vec<Vec<Node>>,
}

impl Plan {
    /// For the root at this size.
    ///
    /// # Errors
    /// [`LogError::Range`] above [`MAX_SIZE`].
    pub fn for_root(size: u64) -> Result<Self, LogError> {
        in_range(size <= MAX_SIZE)?;
        Ok(Self { parts: vec![Node::cover(0, size)] })
    }

    /// For the proof that the leaf is in the log of this size (RFC 9162 section 2.1.3.1).
    ///
    /// # Errors
    /// [`LogError::Range`] when there is no such leaf.
    pub fn for_inclusion(index: u64, size: u64) -> Result<Self, LogError> {
        in_range(index < size && size <= MAX_SIZE)?;
        let (mut start, mut end, mut parts) = (0, size, Vec::new());
        while let Some(middle) = split(start, end) {
            // The sibling of the half that the leaf is in
            if index < middle {
                parts.push(Node::cover(middle, end));
                end = middle;
            } else {
                parts.push(Node::cover(start, middle));
                start = middle;
            }
        }
        parts.reverse();
        Ok(Self { parts })
    }

    /// For the proof that the log of size `old` is a prefix of that of size `new` (RFC 9162 section 2.1.4.1). Nothing is
    /// needed when one of them is empty, or both are the same.
    ///
    /// # Errors
    /// [`LogError::Range`] when `old` is above `new`.
    pub fn for_consistency(old: u64, new: u64) -> Result<Self, LogError> {
        in_range(old <= new && new <= MAX_SIZE)?;
        let (mut start, mut end, mut parts) = (0, new, Vec::new());
        if old == 0 {
            return Ok(Self { parts });
        }
        while old < end
            && let Some(middle) = split(start, end)
        {
            if old <= middle {
                parts.push(Node::cover(middle, end));
                end = middle;
            } else {
                parts.push(Node::cover(start, middle));
                start = middle;
            }
        }
        // Unless it is the old tree itself, whose root is known to who asks
        if start > 0 {
            parts.push(Node::cover(start, end));
        }
        parts.reverse();
        Ok(Self { parts })
    }

    /// The nodes to read.
    pub fn nodes(&self) -> impl Iterator<Item = Node> {
        self.parts.iter().flatten().copied()
    }

    /// The root, from the hashes of [`Plan::nodes`] in that order.
    ///
    /// # Errors
    /// [`LogError::Hashes`] when there are too few or too many.
    pub fn root(&self, hashes: &[Hash]) -> Result<Hash, LogError> {
        if self.parts.iter().all(Vec::is_empty) && hashes.is_empty() {
            return Ok(Hash::of_empty_tree());
        }
        match self.fold(hashes)?.as_slice() {
            [root] => Ok(*root),
            _ => Err(LogError::Hashes),
        }
    }

    /// The proof, from the hashes of [`Plan::nodes`] in that order.
    ///
    /// # Errors
    /// [`LogError::Hashes`] when there are too few or too many.
    pub fn proof(&self, hashes: &[Hash]) -> Result<Proof, LogError> {
        Proof::new(self.fold(hashes)?).ok_or(LogError::Hashes)
    }

    /// [`Plan::root`] with the hashes of a reader.
    ///
    /// # Errors
    /// The reader's.
    pub fn read_root<R: HashReader>(&self, reader: &R) -> Result<Hash, R::Error> {
        Ok(self.root(&self.read(reader)?)?)
    }

    /// [`Plan::proof`] with the hashes of a reader.
    ///
    /// # Errors
    /// The reader's.
    pub fn read_proof<R: HashReader>(&self, reader: &R) -> Result<Proof, R::Error> {
        Ok(self.proof(&self.read(reader)?)?)
    }

    fn read<R: HashReader>(&self, reader: &R) -> Result<Vec<Hash>, R::Error> {
        reader.read_hashes(&self.nodes().collect::<Vec<_>>())
    }

    fn fold(&self, hashes: &[Hash]) -> Result<Vec<Hash>, LogError> {
        let (mut rest, mut folded) = (hashes, Vec::with_capacity(self.parts.len()));
        for part in &self.parts {
            let (own, after) = rest.split_at_checked(part.len()).ok_or(LogError::Hashes)?;
            folded.push(fold(own).ok_or(LogError::Hashes)?);
            rest = after;
        }
        rest.is_empty().then_some(folded).ok_or(LogError::Hashes)
    }
}

/// The root over subtrees that become smaller from the left: the two rightmost are the children of one node.
pub(super) fn fold(hashes: &[Hash]) -> Option<Hash> {
    let (last, others) = hashes.split_last()?;
    Some(others.iter().rev().fold(*last, |right, left| Hash::of_children(left, &right)))
}

/// Where the leaves are split in two (RFC 6962 section 2.1): behind the largest power of two that is less than their
/// number. `None` for a single one.
fn split(start: u64, end: u64) -> Option<u64> {
    let last = end.checked_sub(start)?.checked_sub(1)?;
    start.checked_add(1_u64.checked_shl(last.checked_ilog2()?)?)
}

fn in_range(ok: bool) -> Result<(), LogError> {
    ok.then_some(()).ok_or(LogError::Range)
}
