use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{DATABASE, OutboxRow, POSTGRES, SQLITE, delete};
use crate::database::Engine;
use crate::postgres::Access;
use crate::sql::{Pool, Row, statement};
use crate::{Database, StoreError, postgres, sqlite};

/// One reads or deletes, another one looks how much there is.
const CONNECTIONS: u32 = 2;

/// How often PostgreSQL is asked to give back what taken deposits left behind. It can do so for hours that are over.
const EMPTY_SLOTS_EVERY: Duration = Duration::from_secs(10 * 60);

/// Takes deposits out, in order of arrival. Clones share one pool.
#[derive(Debug, Clone)]
pub struct OutboxReader {
    pool: Pool,
    slots_emptied: Arc<Mutex<Option<Instant>>>,
}

impl OutboxReader {
    /// Opens the database; a SQLite file is made when it is not there.
    ///
    /// # Errors
    /// As [`crate::sqlite::open`]; on PostgreSQL [`StoreError::NotMigrated`], [`StoreError::NewerSchema`],
    /// [`StoreError::Unavailable`].
    pub async fn open(database: &Database) -> Result<Self, StoreError> {
        let pool = match &database.0 {
            Engine::Sqlite(path) => Pool::Sqlite(sqlite::open(path, &SQLITE, 1).await?),
            Engine::Postgres(options) => {
                Pool::Postgres(postgres::open(options, &POSTGRES.schema, CONNECTIONS, Access::Write).await?)
            }
        };
        Ok(Self { pool, slots_emptied: Arc::default() })
    }

    /// The oldest deposits, at most `limit`, each once. The same ones again until [`Self::delete`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn next_batch(&self, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let rows = statement(
            "/* outbox next_batch */ SELECT deposit_id, day, nonce, body FROM deposit \
             ORDER BY arrival LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let mut rows = rows.iter().map(read_row).collect::<Result<Vec<_>, _>>()?;
        // On PostgreSQL a retry in a later hour is a second row; deleting one deletes both
        let mut seen = HashSet::new();
        rows.retain(|row| seen.insert(row.deposit_id));
        Ok(rows)
    }

    /// Deletes deposits that the vault has committed, and keeps their ids; ids that are not there do no harm.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: then none is deleted.
    pub async fn delete(&self, deposit_ids: &[[u8; 32]]) -> Result<(), StoreError> {
        let deleted = match &self.pool {
            Pool::Sqlite(pool) => delete::one_by_one(pool, deposit_ids).await,
            Pool::Postgres(pool) => delete::at_once(pool, deposit_ids).await,
        };
        deleted.map_err(unavailable)?;
        self.tidy().await;
        Ok(())
    }

    /// How many deposits wait.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn backlog(&self) -> Result<u64, StoreError> {
        let row = statement("/* outbox backlog */ SELECT count(*) AS waiting FROM deposit")
            .fetch_one(&self.pool)
            .await
            .map_err(unavailable)?;
        let count: i64 = row.get("waiting").map_err(unavailable)?;
        Ok(count.unsigned_abs())
    }

    /// Gives back the space of hours whose deposits are all taken; returns how many hours. [`Self::delete`] does so
    /// from time to time. SQLite uses freed pages again by itself.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn empty_slots(&self) -> Result<u64, StoreError> {
        if let Pool::Sqlite(_) = self.pool {
            return Ok(0);
        }
        let row = statement("/* outbox empty_slots */ SELECT empty_slots()::bigint AS emptied")
            .fetch_one(&self.pool)
            .await
            .map_err(unavailable)?;
        let emptied: i64 = row.get("emptied").map_err(unavailable)?;
        Ok(emptied.unsigned_abs())
    }

    /// Closes the database; on SQLite, what was deleted is then out of the write-ahead log too.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// Does [`Self::empty_slots`] when it is time. That it fails harms nobody: the next time it is tried again.
    async fn tidy(&self) {
        let Ok(mut last) = self.slots_emptied.try_lock() else { return };
        if last.is_some_and(|last| last.elapsed() < EMPTY_SLOTS_EVERY) {
            return;
        }
        *last = Some(Instant::now());
        if let Err(error) = self.empty_slots().await {
            tracing::warn!(%error, "the space of taken deposits was not given back");
        }
    }
}

fn read_row(row: &Row) -> Result<OutboxRow, StoreError> {
    let damaged = |what| StoreError::Damaged { database: DATABASE, what };
    let deposit_id: &[u8] = row.get("deposit_id").map_err(unavailable)?;
    let nonce: &[u8] = row.get("nonce").map_err(unavailable)?;
    Ok(OutboxRow {
        deposit_id: deposit_id.try_into().map_err(|_| damaged("deposit_id is not 32 bytes"))?,
        day: row.get("day").map_err(unavailable)?,
        nonce: nonce.try_into().map_err(|_| damaged("nonce is not 32 bytes"))?,
        body: row.get("body").map_err(unavailable)?,
    })
}

fn unavailable(source: sqlx::Error) -> StoreError {
    StoreError::Unavailable { database: DATABASE, source }
}
