//! Tiles: which hashes are served together, and under which path (`c2sp.org/tlog-tiles`).

use super::{Hash, LogError, MAX_SIZE, Node};
use crate::encoding::push_decimal;

/// Hashes of a full tile, and entries of a full bundle.
pub const TILE_WIDTH: u16 = 256;
/// Levels of tiles that a log of [`MAX_SIZE`] leaves has: 0 to 7.
const LEVELS: u8 = 8;

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holds {
    /// Entries, in a bundle.
    Entries,
    /// Hashes of this level of tiles, 0 for those of leaves.
    Hashes(u8),
}

/// A tile or an entry bundle. Full, or partial: the rightmost of its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    holds: Holds,
    index: u64,
    width: u16,
}

impl Tile {
    /// A tile; `None` when the width is not 1 to 256, or it lies beyond [`MAX_SIZE`] leaves.
    pub fn new(holds: Holds, index: u64, width: u16) -> Option<Self> {
        let tile = Self { holds, index, width };
        let fits = tile.last().is_some_and(|last| last.end() <= MAX_SIZE);
        ((1..=TILE_WIDTH).contains(&width) && fits).then_some(tile)
    }

    /// The tile of hashes as a log of that size has it; `None` when it has none there.
    pub fn of_log(level: u8, index: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(u32::from(level).checked_mul(8)?)?;
        let before = index.checked_mul(TILE_WIDTH.into())?;
        let width = hashes.checked_sub(before)?.min(TILE_WIDTH.into());
        Self::new(Holds::Hashes(level), index, width as u16)
    }

    /// The entry bundle as a log of that size has it; `None` when it has none there.
    pub fn bundle_of_log(index: u64, size: u64) -> Option<Self> {
        Some(Self { holds: Holds::Entries, ..Self::of_log(0, index, size)? })
    }

    /// What it holds.
    pub const fn holds(self) -> Holds {
        self.holds
    }

    /// The level of hashes; `None` for entries.
    pub const fn level(self) -> Option<u8> {
        match self.holds {
            Holds::Hashes(level) => Some(level),
            Holds::Entries => None,
        }
    }

    /// Place among the tiles of its level, from 0.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// Hashes or entries in it, 1 to 256.
    pub const fn width(self) -> u16 {
        self.width
    }

    /// The nodes whose hashes it holds, in order; `None` for entries.
    pub fn nodes(self) -> Option<Vec<Node>> {
        let level = self.level()?.checked_mul(8)?;
        let first = self.index.checked_mul(TILE_WIDTH.into())?;
        (first..first.checked_add(self.width.into())?).map(|index| Node::new(level, index)).collect()
    }

    /// `tile/<L>/<N>[.p/<W>]`, or `tile/entries/<N>[.p/<W>]`.
    pub fn path(self) -> String {
        let mut path = String::from("tile/");
        match self.holds {
            Holds::Entries => path.push_str("entries"),
            Holds::Hashes(level) => push_decimal(&mut path, level.into(), 1),
        }
        let groups = self.index.checked_ilog10().unwrap_or(0) / 3;
        for group in (0..=groups).rev() {
            path.push_str(if group > 0 { "/x" } else { "/" });
            let above = 1000_u64.checked_pow(group).and_then(|unit| self.index.checked_div(unit)).unwrap_or(0);
            push_decimal(&mut path, above % 1000, 3);
        }
        if self.width < TILE_WIDTH {
            path.push_str(".p/");
            push_decimal(&mut path, self.width.into(), 1);
        }
        path
    }

    /// Reads [`Tile::path`].
    ///
    /// # Errors
    /// [`LogError::Malformed`] for a path that [`Tile::path`] does not write.
    pub fn parse_path(path: &str) -> Result<Self, LogError> {
        read(path).filter(|tile| tile.path() == path).ok_or(LogError::Malformed)
    }

    /// The bytes of a tile of hashes: one after the other.
    pub fn encode_hashes(hashes: &[Hash]) -> Vec<u8> {
        hashes.iter().flat_map(|hash| hash.0).collect()
    }

    /// Reads the bytes of this tile.
    ///
    /// # Errors
    /// [`LogError::Malformed`] when they are not as many hashes as it is wide.
    pub fn parse_hashes(self, bytes: &[u8]) -> Result<Vec<Hash>, LogError> {
        match bytes.as_chunks() {
            (hashes, []) if hashes.len() == usize::from(self.width) => Ok(hashes.iter().copied().map(Hash).collect()),
            _ => Err(LogError::Malformed),
        }
    }

    /// The rightmost node.
    fn last(self) -> Option<Node> {
        let level = match self.holds {
            Holds::Entries => 0,
            Holds::Hashes(level) if level < LEVELS => level.checked_mul(8)?,
            Holds::Hashes(_) => return None,
        };
        let hashes = self.index.checked_mul(TILE_WIDTH.into())?.checked_add(self.width.into())?;
        Node::new(level, hashes.checked_sub(1)?)
    }
}

/// Too lenient by itself: `parse_path` writes what was read again.
fn read(path: &str) -> Option<Tile> {
    let (holds, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let holds = match holds {
        "entries" => Holds::Entries,
        level => Holds::Hashes(level.parse().ok()?),
    };
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok()?),
        None => (rest, TILE_WIDTH),
    };
    let mut index = 0_u64;
    for group in number.split('/') {
        let digits: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
        index = index.checked_mul(1000)?.checked_add(digits)?;
    }
    Tile::new(holds, index, width)
}
