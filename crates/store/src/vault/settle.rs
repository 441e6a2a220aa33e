//! Settling: field rows go to places that say nothing of when, and with what, they came.
//!
//! A database keeps more of a row than its columns: where in the file it lies, which transaction wrote it, what the
//! write-ahead log still has. All of that links rows that came together. Once a day the rows are written anew in the
//! order of their tags, which are random. `docs/THREAT-MODEL.md` says what can be linked until then, and where else.

use nightsafe_core::time::UnixTime;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, PgPool, Row as _, Sqlite, SqlitePool};

use super::{DATABASE, VaultStore, unavailable};
use crate::StoreError;
use crate::sql::{Pool, statement};

/// How often a log that somebody reads is tried; each time waits as long as any statement does.
const ATTEMPTS: u32 = 3;

/// PostgreSQL's code for a lock that was not given in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";
/// SQLite's codes for the same, without what says more of them.
const BUSY: [i64; 2] = [5, 6];

impl VaultStore {
    /// Puts all field rows that are there into the order of their tags, and empties whatever held the order in which
    /// they came: on SQLite the write-ahead log, on PostgreSQL the staging table. Changes no row. Can be run at any time,
    /// again, and while the vault is in use: readers go on; on SQLite those who write wait, as long as they wait for
    /// any lock, and then fail; on PostgreSQL everybody waits for moments.
    ///
    /// When it fails or is killed, every row is there as before, settled or not.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when somebody reads all the time, or settles at the moment; [`StoreError::Unavailable`].
    pub async fn settle(&self, now: UnixTime) -> Result<(), StoreError> {
        let now = now.seconds().cast_signed();
        match &self.pool {
            Pool::Sqlite(pool) => settle_sqlite(pool, now).await,
            Pool::Postgres(pool) => settle_postgres(pool, now).await,
        }
    }

    /// When the rows were last settled; `None` when they never were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn last_settled(&self) -> Result<Option<UnixTime>, StoreError> {
        statement("/* vault last_settled */ SELECT at FROM settled")
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?
            .map(|row| Ok(UnixTime::from_seconds(row.get::<i64>("at").map_err(unavailable)?.unsigned_abs())))
            .transpose()
    }
}

/// Rebuilds the file. A page of a SQLite file keeps its cells in the order in which they were written, and the pages
/// themselves are numbered as they came, so nothing less will do.
async fn settle_sqlite(pool: &SqlitePool, now: i64) -> Result<(), StoreError> {
    let mut connection = pool.acquire().await.map_err(unavailable)?;
    // The new pages then lie at the log's start, over all that the log's index in shared memory knew
    empty_log(&mut connection).await?;
    sqlx::query("/* vault rebuild */ VACUUM").execute(&mut *connection).await.map_err(in_use)?;
    if !empty_log(&mut connection).await? {
        return Err(StoreError::InUse { database: DATABASE });
    }
    note_time(&mut connection, now).await?;
    if empty_log(&mut connection).await? { Ok(()) } else { Err(StoreError::InUse { database: DATABASE }) }
}

/// The log's index in shared memory is only cleared by the next one who writes: without this it would show, until then,
/// which pages were written together by whoever came while the file was rebuilt. Deleting makes sure that something is
/// written, also when the time is the same.
async fn note_time(connection: &mut PoolConnection<Sqlite>, now: i64) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(in_use)?;
    sqlx::query("/* vault settled before */ DELETE FROM settled").execute(&mut *transaction).await.map_err(in_use)?;
    sqlx::query("/* vault settled */ INSERT INTO settled (one, at) VALUES (1, $1)")
        .bind(now)
        .execute(&mut *transaction)
        .await
        .map_err(in_use)?;
    transaction.commit().await.map_err(in_use)
}

/// Brings the write-ahead log into the file and cuts it to nothing; false when somebody reads from it all the time.
async fn empty_log(connection: &mut PoolConnection<Sqlite>) -> Result<bool, StoreError> {
    for _ in 0..ATTEMPTS {
        let row = sqlx::query("/* vault empty log */ PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&mut **connection)
            .await
            .map_err(in_use)?;
        if row.try_get::<i64, _>(0).map_err(unavailable)? == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// See `migrations/vault/postgres/0003_settled.sql`.
async fn settle_postgres(pool: &PgPool, now: i64) -> Result<(), StoreError> {
    let months: Vec<String> =
        sqlx::query_scalar("/* vault settle */ SELECT settle($1)").bind(now).fetch_all(pool).await.map_err(in_use)?;
    for month in months {
        sqlx::query("/* vault mark all */ SELECT count(*) FROM field_row WHERE expires = $1")
            .bind(month)
            .fetch_one(pool)
            .await
            .map_err(unavailable)?;
    }
    Ok(())
}

/// Tells a lock that was not to be had from everything else.
fn in_use(source: sqlx::Error) -> StoreError {
    let code = source.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let is_busy = code.is_some_and(|code| {
        code == LOCK_NOT_AVAILABLE || code.parse().is_ok_and(|code: i64| BUSY.contains(&(code & 0xff)))
    });
    if is_busy { StoreError::InUse { database: DATABASE } } else { unavailable(source) }
}

#[cfg(test)]
mod tests {
    use super::super::{INTAKE_LOCK, POSTGRES};

    #[test]
    fn the_function_takes_the_lock_of_intake() {
        let function = POSTGRES.schema.migrations.iter().find(|step| step.name == "settled").unwrap().sql;
        assert!(function.contains(&format!("pg_advisory_xact_lock({INTAKE_LOCK})")));
    }
}
