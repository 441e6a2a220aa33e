//! Where hashes come from.

use super::plan::fold;
use super::{Hash, LogError, Node, Tile};
use std::collections::BTreeMap;

/// Gives the hashes of nodes. Who reads from a database asynchronously needs none: see [`super::Plan`].
pub trait HashReader {
    /// Why hashes could not be read.
    type Error: From<LogError>;

    /// The hashes of all the nodes, in their order.
    ///
    /// # Errors
    /// When one of them is not there, or reading failed.
    fn read_hashes(&self, nodes: &[Node]) -> Result<Vec<Hash>, Self::Error>;
}

/// Hashes by node: a log in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hashes(BTreeMap<Node, Hash>);

impl Hashes {
    /// Adds what [`super::Tree::append`] gave.
    pub fn store(&mut self, hashes: impl IntoIterator<Item = (Node, Hash)>) {
        self.0.extend(hashes);
    }

    /// The hash of a node, when it is there.
    pub fn get(&self, node: Node) -> Option<Hash> {
        self.0.get(&node).copied()
    }

    /// The hashes of a tile, when all are there: what a server answers.
    pub fn tile(&self, tile: Tile) -> Option<Vec<Hash>> {
        tile.nodes()?.into_iter().map(|node| self.get(node)).collect()
    }
}

impl HashReader for Hashes {
    type Error = LogError;

    fn read_hashes(&self, nodes: &[Node]) -> Result<Vec<Hash>, LogError> {
        nodes.iter().map(|node| self.get(*node).ok_or(LogError::Hashes)).collect()
    }
}

/// Hashes out of tiles, as a client has them: what is between the levels of tiles is hashed again.
///
/// Nothing says that a tile is right before a root that was made from it equals a checkpoint's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TileHashes(BTreeMap<(u8, u64), Vec<Hash>>);

impl TileHashes {
    /// The tiles that hold the nodes, for a log of this size: each once, in order.
    ///
    /// # Errors
    /// [`LogError::Range`] when the log has no such node.
    pub fn tiles_of(nodes: &[Node], size: u64) -> Result<Vec<Tile>, LogError> {
        let places = nodes.iter().map(|node| {
            let (level, index, _) = place(*node);
            (node.end() <= size).then(|| Tile::of_log(level, index, size)).flatten().ok_or(LogError::Range)
        });
        let mut tiles = places.collect::<Result<Vec<_>, _>>()?;
        tiles.sort_unstable();
        tiles.dedup();
        Ok(tiles)
    }

    /// Takes a tile's bytes. A wider one replaces a narrower one.
    ///
    /// # Errors
    /// [`LogError::Malformed`] when they are not as many hashes as the tile is wide, or it is no tile of hashes.
    pub fn store(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), LogError> {
        let level = tile.level().ok_or(LogError::Malformed)?;
        let hashes = tile.parse_hashes(bytes)?;
        let held = self.0.entry((level, tile.index())).or_default();
        if held.len() < hashes.len() {
            *held = hashes;
        }
        Ok(())
    }

    fn get(&self, node: Node) -> Option<Hash> {
        let (level, index, within) = place(node);
        let hashes = self.0.get(&(level, index))?.get(within)?;
        subtree(hashes)
    }
}

impl HashReader for TileHashes {
    type Error = LogError;

    fn read_hashes(&self, nodes: &[Node]) -> Result<Vec<Hash>, LogError> {
        nodes.iter().map(|node| self.get(*node).ok_or(LogError::Hashes)).collect()
    }
}

/// Level and index of a node's tile, and which of its hashes the node is over.
fn place(node: Node) -> (u8, u64, core::ops::Range<usize>) {
    let (level, above) = (node.level() / 8, node.level() % 8);
    let first = node.index() << above;
    // 256 hashes a tile
    let start = usize::from(first as u8);
    (level, first >> 8, start..start.saturating_add(1 << above))
}

/// The root over a power of two of hashes.
fn subtree(hashes: &[Hash]) -> Option<Hash> {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks(2).map(fold).collect::<Option<_>>()?;
    }
    row.first().copied()
}
