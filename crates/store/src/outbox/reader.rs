use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use nightsafe_core::deposit::MAX_BODY;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{DATABASE, OutboxRow, POSTGRES, SQLITE, Taken, delete};
use crate::database::Engine;
use crate::postgres::Access;
use crate::sql::{Pool, Row, statement};
use crate::{Database, StoreError, postgres, sqlite};

/// One reads or deletes, another one looks how much there is.
const CONNECTIONS: u32 = 2;

/// How often PostgreSQL is asked to give back what taken deposits left behind. It can do so for hours that are over.
const EMPTY_SLOTS_EVERY: Duration = Duration::from_secs(10 * 60);

/// How often the alarm about rows that are too long is given.
const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);

// Statements and migrations hold the number itself: an index is for one number only
const _: () = assert!(MAX_BODY == 262_144);

/// Takes deposits out, in order of arrival. Clones share one pool.
#[derive(Debug, Clone)]
pub struct OutboxReader {
    pool: Pool,
    slots_emptied: Arc<Mutex<Option<Instant>>>,
    looked: Arc<Mutex<Option<Instant>>>,
}

/// What lies at the head of the outbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboxBatch {
    /// Oldest first.
    pub rows: Vec<OutboxRow>,
    /// Whether more may wait.
    pub more: bool,
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
        Ok(Self { pool, slots_emptied: Arc::default(), looked: Arc::default() })
    }

    /// The oldest deposits, at most `limit` and at most `bytes` of bodies, but one at least. The same row twice, in two
    /// hours on PostgreSQL, is given once. The same ones again until [`Self::delete`].
    ///
    /// Rows that are longer than any deposit can be are left where they lie, with an alarm from time to time: ingest
    /// acknowledged none of them, the schema lets no new ones in, and one of them could be as large as the memory.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn next_batch(&self, limit: u32, bytes: usize) -> Result<OutboxBatch, StoreError> {
        self.look_for_too_long().await;
        let rows = statement(
            "/* outbox next_batch */ SELECT deposit_id, day, nonce, body, found FROM ( \
               SELECT arrival, deposit_id, day, nonce, body, \
                 sum(length(body)) OVER (ORDER BY arrival) AS total, count(*) OVER () AS found FROM ( \
                   SELECT arrival, deposit_id, day, nonce, body FROM deposit WHERE length(body) <= 262144 \
                   ORDER BY arrival LIMIT $1) AS oldest) AS counted \
             WHERE total <= $2 ORDER BY arrival",
        )
        .bind(i64::from(limit))
        // So that the first one always fits
        .bind(i64::try_from(bytes.max(MAX_BODY)).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let found: i64 = rows.first().map_or(Ok(0), |row| row.get("found")).map_err(unavailable)?;
        let more = found >= i64::from(limit) || usize::try_from(found).is_ok_and(|found| found > rows.len());
        let mut rows = rows.iter().map(read_row).collect::<Result<Vec<_>, _>>()?;
        // By content, not by id: one of two rows with the same id may be damaged, and the other not
        let mut seen = HashSet::new();
        rows.retain(|row| seen.insert(row.taken()));
        Ok(OutboxBatch { rows, more })
    }

    /// Deletes deposits that the vault has committed, each with the content that it has there, and keeps the ids that are
    /// hashes; what is not there does no harm. Returns how many rows went.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: then none is deleted.
    pub async fn delete(&self, taken: &[Taken]) -> Result<u64, StoreError> {
        let deleted = match &self.pool {
            Pool::Sqlite(pool) => delete::one_by_one(pool, taken).await,
            Pool::Postgres(pool) => delete::at_once(pool, taken).await,
        };
        let gone = deleted.map_err(unavailable)?;
        self.tidy().await;
        Ok(gone)
    }

    /// How many rows lie there that are longer than any deposit, and are never handed out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn too_long(&self) -> Result<u64, StoreError> {
        let row = statement("/* outbox too_long */ SELECT count(*) AS rows FROM deposit WHERE length(body) > 262144")
            .fetch_one(&self.pool)
            .await
            .map_err(unavailable)?;
        let count: i64 = row.get("rows").map_err(unavailable)?;
        Ok(count.unsigned_abs())
    }

    /// How many deposits wait.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn backlog(&self) -> Result<u64, StoreError> {
        let row = statement(
            "/* outbox backlog */ SELECT (SELECT count(*) FROM deposit) \
             - (SELECT count(*) FROM deposit WHERE length(body) > 262144) AS waiting",
        )
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

    /// The alarm about [`Self::too_long`], when it is time. A database that does not answer is told by what comes next.
    async fn look_for_too_long(&self) {
        let Ok(mut last) = self.looked.try_lock() else { return };
        if last.is_some_and(|last| last.elapsed() < LOOK_EVERY) {
            return;
        }
        *last = Some(Instant::now());
        if let Ok(rows @ 1..) = self.too_long().await {
            tracing::error!(
                rows,
                "the outbox holds rows that are longer than any deposit: something other than ingest put them there; \
                 they are set aside and handed to nobody"
            );
        }
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
