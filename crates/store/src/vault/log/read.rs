//! Reading the audit log. Rows are only ever added, so what was read under one checkpoint stays true: no reader needs a
//! transaction.

use nightsafe_core::audit::Commitment;
use nightsafe_core::log::{Hash, Holds, Node, TILE_WIDTH, Tile, encode_bundle};

use super::SealedEntry;
use crate::StoreError;
use crate::sql::{On, Row, Transaction, statement};
use crate::vault::{VaultStore, bytes, damaged, fixed, key_id, text, unavailable};

/// An entry that was not erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its leaf.
    pub number: u64,
    /// What the leaf holds, which is bound into the sealed entry.
    pub commitment: Commitment,
    /// The entry.
    pub entry: SealedEntry,
}

impl VaultStore {
    /// The last checkpoint, a signed note; `None` while the log has no leaf.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn log_checkpoint(&self) -> Result<Option<String>, StoreError> {
        checkpoint(&self.pool).await
    }

    /// The bytes of a tile of hashes or an entry bundle (`c2sp.org/tlog-tiles`), where the log has all of it. A partial
    /// one is there also when the log has grown beyond it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn log_tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, StoreError> {
        let start = tile.index().saturating_mul(TILE_WIDTH.into());
        match tile.holds() {
            Holds::Entries => {
                let entries = self.log_commitments(start, tile.width().into()).await?;
                let is_whole = entries.len() == usize::from(tile.width());
                let entries: Vec<[u8; 32]> = entries.into_iter().map(|commitment| commitment.0).collect();
                Ok(is_whole.then(|| encode_bundle(&entries).ok()).flatten())
            }
            Holds::Hashes(level) => {
                let hashes = row_of_hashes(&self.pool, level.saturating_mul(8), start, tile.width()).await?;
                Ok((hashes.len() == usize::from(tile.width())).then(|| Tile::encode_hashes(&hashes)))
            }
        }
    }

    /// The hashes of nodes in their order, as [`nightsafe_core::log::Plan`] asks for them; `None` when the log has not
    /// all of them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn log_hashes(&self, nodes: &[Node]) -> Result<Option<Vec<Hash>>, StoreError> {
        let mut hashes = Vec::with_capacity(nodes.len());
        for node in nodes {
            match hash(&self.pool, *node).await? {
                Some(hash) => hashes.push(hash),
                None => return Ok(None),
            }
        }
        Ok(Some(hashes))
    }

    /// Leaves from `first` on, as far as there are any without a gap, at most `count`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn log_commitments(&self, first: u64, count: u32) -> Result<Vec<Commitment>, StoreError> {
        let rows = statement(
            "/* vault log commitments */ SELECT number, commitment FROM log_leaf WHERE number >= $1 ORDER BY number \
             LIMIT $2",
        )
        .bind(number(first))
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let mut leaves = Vec::with_capacity(rows.len());
        for (row, wanted) in rows.iter().zip(first..) {
            // Behind a gap, which somebody made, they are not the leaves of their places
            if place(row)? != wanted {
                break;
            }
            leaves.push(fixed(row, "commitment").map(Commitment)?);
        }
        Ok(leaves)
    }

    /// Entries of the leaves `first` to `first + count - 1`, in their order. Those that were erased are missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn log_entries(&self, first: u64, count: u32) -> Result<Vec<LogEntry>, StoreError> {
        let rows = statement(
            "/* vault log entries */ SELECT e.number, l.commitment, e.key_id, e.sealed FROM log_entry e JOIN log_leaf l \
             ON l.number = e.number WHERE e.number >= $1 AND e.number < $2 ORDER BY e.number",
        )
        .bind(number(first))
        .bind(number(first.saturating_add(count.into())))
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let entry = |row: &Row| {
            Ok(LogEntry {
                number: place(row)?,
                commitment: fixed(row, "commitment").map(Commitment)?,
                entry: SealedEntry { key_id: key_id(row)?, sealed: bytes(row, "sealed")? },
            })
        };
        rows.iter().map(entry).collect()
    }
}

pub(super) async fn checkpoint<'c>(on: impl Into<On<'c>>) -> Result<Option<String>, StoreError> {
    statement("/* vault log checkpoint */ SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")
        .fetch_optional(on)
        .await
        .map_err(unavailable)?
        .map(|row| text(&row, "note"))
        .transpose()
}

/// How many leaves there are, by the number of the last.
pub(super) async fn leaves(transaction: &mut Transaction) -> Result<u64, StoreError> {
    let last = statement("/* vault log last leaf */ SELECT number FROM log_leaf ORDER BY number DESC LIMIT 1")
        .fetch_optional(transaction)
        .await
        .map_err(unavailable)?;
    last.map_or(Ok(0), |row| Ok(place(&row)?.saturating_add(1)))
}

/// The hashes of nodes, in their order; `None` when one is missing.
pub(super) async fn hashes(transaction: &mut Transaction, nodes: &[Node]) -> Result<Option<Vec<Hash>>, StoreError> {
    let mut hashes = Vec::with_capacity(nodes.len());
    for node in nodes {
        match hash(&mut *transaction, *node).await? {
            Some(hash) => hashes.push(hash),
            None => return Ok(None),
        }
    }
    Ok(Some(hashes))
}

async fn hash<'c>(on: impl Into<On<'c>>, node: Node) -> Result<Option<Hash>, StoreError> {
    statement("/* vault log hash */ SELECT hash FROM log_node WHERE level = $1 AND number = $2")
        .bind(i64::from(node.level()))
        .bind(number(node.index()))
        .fetch_optional(on)
        .await
        .map_err(unavailable)?
        .map(|row| fixed(&row, "hash").map(Hash))
        .transpose()
}

/// Hashes of one level that follow each other.
async fn row_of_hashes<'c>(on: impl Into<On<'c>>, level: u8, first: u64, count: u16) -> Result<Vec<Hash>, StoreError> {
    let rows = statement(
        "/* vault log hashes */ SELECT hash FROM log_node WHERE level = $1 AND number >= $2 AND number < $3 \
         ORDER BY number",
    )
    .bind(i64::from(level))
    .bind(number(first))
    .bind(number(first.saturating_add(count.into())))
    .fetch_all(on)
    .await
    .map_err(unavailable)?;
    rows.iter().map(|row| fixed(row, "hash").map(Hash)).collect()
}

fn place(row: &Row) -> Result<u64, StoreError> {
    let number: i64 = row.get("number").map_err(unavailable)?;
    u64::try_from(number).map_err(|_| damaged("number"))
}

/// What lies beyond the longest log is nowhere.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
