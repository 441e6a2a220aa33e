//! What a witness has cosigned.

use super::{DATABASE, MonitorStore, unavailable};
use crate::StoreError;
use crate::sql::statement;

/// The last checkpoint of a log that was cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// Number of leaves.
    pub size: u64,
    /// The root.
    pub root: [u8; 32],
    /// The checkpoint with the log's signature and the cosignature.
    pub checkpoint: String,
}

impl MonitorStore {
    /// What was cosigned last of the log with this origin.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn cosigned(&self, origin: &str) -> Result<Option<Cosigned>, StoreError> {
        let damaged = |what| StoreError::Damaged { database: DATABASE, what };
        let row = statement("/* witness cosigned */ SELECT size, root, checkpoint FROM cosigned WHERE origin = $1")
            .bind(origin)
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        let Some(row) = row else { return Ok(None) };
        let (size, root): (i64, &[u8]) = (row.get("size").map_err(unavailable)?, row.get("root").map_err(unavailable)?);
        Ok(Some(Cosigned {
            size: u64::try_from(size).map_err(|_| damaged("a size is below zero"))?,
            root: root.try_into().map_err(|_| damaged("a root is not 32 bytes"))?,
            checkpoint: row.get("checkpoint").map_err(unavailable)?,
        }))
    }

    /// Keeps what is about to be cosigned, if the log was last cosigned at the size `old`: on the disk when this returns. `false`
    /// when something else was cosigned meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn keep_cosigned(&self, origin: &str, old: u64, new: &Cosigned) -> Result<bool, StoreError> {
        let number = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
        // Of one size there is one root: the same may be cosigned again, another may not
        let touched = statement(
            "/* witness keep */ INSERT INTO cosigned (origin, size, root, checkpoint) SELECT $1, $2, $3, $4 \
             WHERE $5 = 0 OR EXISTS (SELECT 1 FROM cosigned WHERE origin = $1) \
             ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, checkpoint = excluded.checkpoint \
             WHERE cosigned.size = $5 AND (excluded.size > cosigned.size \
             OR (excluded.size = cosigned.size AND excluded.root = cosigned.root))",
        )
        .bind(origin)
        .bind(number(new.size))
        .bind(&new.root)
        .bind(new.checkpoint.as_str())
        .bind(number(old))
        .execute(&self.pool)
        .await
        .map_err(unavailable)?;
        Ok(touched > 0)
    }
}
