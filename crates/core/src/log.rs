//! A transparency log (`docs/spec/log.md`): the Merkle tree of RFC 6962 section 2.1 over SHA-256, laid out in tiles
//! (`c2sp.org/tlog-tiles`) under signed checkpoints (`c2sp.org/tlog-checkpoint`).
//!
//! Whoever keeps the log stores the hash of each complete subtree once, by its [`Node`]. What a root or a proof needs is
//! told as nodes ([`Plan`]); the caller reads those, from wherever it keeps them, and hands their hashes back.

mod bundle;
mod checkpoint;
mod cosignature;
mod logged;
mod node;
mod plan;
mod proof;
mod reader;
mod request;
mod tile;
mod tree;

pub use bundle::{MAX_BUNDLE, MAX_ENTRY, encode_bundle, parse_bundle};
pub use checkpoint::{Checkpoint, CheckpointError, Origin};
pub use cosignature::{Witness, cosign};
pub use logged::{Logged, MAX_LOGGED};
pub use node::Node;
pub use plan::Plan;
pub use proof::{MAX_PROOF, Proof, ProofError, verify_consistency, verify_inclusion};
pub use reader::{HashReader, Hashes, TileHashes};
pub use request::{AddCheckpoint, MAX_REQUEST};
pub use tile::{Holds, TILE_WIDTH, Tile};
pub use tree::Tree;

use crate::encoding::{hex, hex_array};
use crate::primitives::sha256;
use core::fmt;

/// Most leaves of a log: what a signed 64-bit integer of a database holds.
pub const MAX_SIZE: u64 = i64::MAX as u64;

/// A Merkle tree hash: SHA-256, 32 bytes. All are public, so `==` need not be constant-time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// The root of the tree without leaves: SHA-256 of nothing (RFC 6962 section 2.1).
    pub fn of_empty_tree() -> Self {
        Self(sha256(&[]))
    }

    /// The hash of a leaf: SHA-256(0x00, entry) (RFC 6962 section 2.1).
    pub fn of_leaf(entry: &[u8]) -> Self {
        Self(sha256(&[&[0], entry]))
    }

    /// The hash of an inner node: SHA-256(0x01, left, right) (RFC 6962 section 2.1).
    pub fn of_children(left: &Self, right: &Self) -> Self {
        Self(sha256(&[&[1], &left.0, &right.0]))
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Lower-case hex, 64 digits.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// Reads [`Hash::to_hex`].
    pub fn from_hex(text: &str) -> Option<Self> {
        hex_array(text).map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// Why something was not done to a log. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogError {
    /// A leaf, a size or a tile that the log does not have, or more leaves than [`MAX_SIZE`].
    Range,
    /// Another number of hashes than was asked for.
    Hashes,
    /// Not a tile, a bundle, or a path of one.
    Malformed,
    /// An entry is longer than [`MAX_ENTRY`].
    Entry,
}

impl LogError {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Range => "out_of_range",
            Self::Hashes => "missing_hashes",
            Self::Malformed => "malformed",
            Self::Entry => "entry_too_long",
        }
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Range => "name a leaf, size or tile that the checkpoint covers",
            Self::Hashes => "restore the log's hashes from a copy: not all that the tree consists of are there",
            Self::Malformed => "fetch the tile or bundle again, whole, by the path of c2sp.org/tlog-tiles",
            Self::Entry => "keep an entry within 65535 bytes",
        })
    }
}

impl core::error::Error for LogError {}

#[cfg(test)]
mod published;
#[cfg(test)]
mod tests;
