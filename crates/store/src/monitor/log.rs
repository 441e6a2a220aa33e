//! The release logs that a monitor has read.

use nightsafe_core::scalar::Site;

use super::{DATABASE, MonitorStore, unavailable};
use crate::StoreError;
use crate::sql::statement;

/// A log as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadLog {
    /// The log's public key.
    pub key: String,
    /// The last checkpoint, signed.
    pub checkpoint: String,
    /// All entries, in order.
    pub entries: Vec<Vec<u8>>,
}

impl MonitorStore {
    /// The release log of a site, when one was read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn release_log(&self, site: &Site) -> Result<Option<ReadLog>, StoreError> {
        let row = statement("/* monitor log */ SELECT key, checkpoint, size FROM release_log WHERE site = $1")
            .bind(site.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        let Some(row) = row else { return Ok(None) };
        // Of another process that reads on meanwhile, there may be more
        let rows = statement(
            "/* monitor log entries */ SELECT entry FROM release_log_entry WHERE site = $1 AND place < $2 ORDER BY place",
        )
        .bind(site.as_str())
        .bind(row.get::<i64>("size").map_err(unavailable)?)
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let entries: Result<Vec<Vec<u8>>, _> = rows.iter().map(|row| row.get("entry")).collect();
        let entries = entries.map_err(unavailable)?;
        if i64::try_from(entries.len()).ok() != row.get("size").ok() {
            return Err(StoreError::Damaged { database: DATABASE, what: "entries of a release log are missing" });
        }
        Ok(Some(ReadLog {
            key: row.get("key").map_err(unavailable)?,
            checkpoint: row.get("checkpoint").map_err(unavailable)?,
            entries,
        }))
    }

    /// Remembers a log that goes on from the one that was read before, when nobody remembered more of it meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn remember_log(&self, site: &Site, read: &ReadLog) -> Result<(), StoreError> {
        let mut transaction = self.pool.write().await.map_err(unavailable)?;
        let size = place(read.entries.len());
        let row = statement("/* monitor log size */ SELECT size FROM release_log WHERE site = $1")
            .bind(site.as_str())
            .fetch_optional(&mut transaction)
            .await
            .map_err(unavailable)?;
        let known: i64 = row.map_or(Ok(0), |row| row.get("size")).map_err(unavailable)?;
        if known > size {
            return Ok(());
        }
        for (index, entry) in read.entries.iter().enumerate().skip(usize::try_from(known).unwrap_or(usize::MAX)) {
            statement(
                "/* monitor log append */ INSERT INTO release_log_entry (site, place, entry) VALUES ($1, $2, $3)",
            )
            .bind(site.as_str())
            .bind(place(index))
            .bind(entry)
            .execute(&mut transaction)
            .await
            .map_err(unavailable)?;
        }
        statement(
            "/* monitor log remember */ INSERT INTO release_log (site, key, checkpoint, size) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (site) DO UPDATE SET checkpoint = excluded.checkpoint, size = excluded.size",
        )
        .bind(site.as_str())
        .bind(read.key.as_str())
        .bind(read.checkpoint.as_str())
        .bind(size)
        .execute(&mut transaction)
        .await
        .map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)
    }

    /// Forgets a log, because it was replaced and somebody said why.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn forget_log(&self, site: &Site) -> Result<(), StoreError> {
        let mut transaction = self.pool.write().await.map_err(unavailable)?;
        for text in [
            "/* monitor log forget */ DELETE FROM release_log WHERE site = $1",
            "/* monitor log forget entries */ DELETE FROM release_log_entry WHERE site = $1",
        ] {
            statement(text).bind(site.as_str()).execute(&mut transaction).await.map_err(unavailable)?;
        }
        transaction.commit().await.map_err(unavailable)
    }
}

fn place(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}
