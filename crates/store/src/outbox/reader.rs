use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use super::{DATABASE, OutboxRow};
use crate::{Database, StoreError};

/// Takes deposits out, in order of arrival.
#[derive(Debug, Clone)]
pub struct OutboxReader {
    pool: SqlitePool,
}

impl OutboxReader {
    /// Opens the file, making it when it is not there.
    ///
    /// # Errors
    /// As [`crate::sqlite::open`].
    pub async fn open(database: &Database) -> Result<Self, StoreError> {
        let pool = super::open(database).await?;
        Ok(Self { pool })
    }

    /// The oldest deposits, at most `limit`. The same ones again until [`Self::delete`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn next_batch(&self, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let rows = sqlx::query(
            "/* outbox next_batch */ SELECT deposit_id, day, nonce, body FROM deposit \
             ORDER BY rowid LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::unavailable(DATABASE))?;
        rows.iter().map(read_row).collect()
    }

    /// Deletes deposits that the vault has committed; ids that are not there do no harm.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: then none is deleted.
    pub async fn delete(&self, deposit_ids: &[[u8; 32]]) -> Result<(), StoreError> {
        let unavailable = StoreError::unavailable(DATABASE);
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable)?;
        for id in deposit_ids {
            sqlx::query("/* outbox delete */ DELETE FROM deposit WHERE deposit_id = $1")
                .bind(id.as_slice())
                .execute(&mut *transaction)
                .await
                .map_err(unavailable)?;
        }
        transaction.commit().await.map_err(unavailable)
    }

    /// How many deposits wait.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn backlog(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("/* outbox backlog */ SELECT count(*) FROM deposit")
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::unavailable(DATABASE))?;
        Ok(count.unsigned_abs())
    }

    /// Closes the file; what was deleted is then out of the write-ahead log too.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

fn read_row(row: &SqliteRow) -> Result<OutboxRow, StoreError> {
    let unavailable = StoreError::unavailable(DATABASE);
    let damaged = |what| StoreError::Damaged { database: DATABASE, what };
    let deposit_id: &[u8] = row.try_get("deposit_id").map_err(unavailable)?;
    let nonce: &[u8] = row.try_get("nonce").map_err(unavailable)?;
    Ok(OutboxRow {
        deposit_id: deposit_id.try_into().map_err(|_| damaged("deposit_id is not 32 bytes"))?,
        day: row.try_get("day").map_err(unavailable)?,
        nonce: nonce.try_into().map_err(|_| damaged("nonce is not 32 bytes"))?,
        body: row.try_get("body").map_err(unavailable)?,
    })
}
