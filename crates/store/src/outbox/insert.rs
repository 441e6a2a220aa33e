//! How a batch of deposits gets into the table, on each engine: all of it or nothing.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{SqlitePool, sqlite::SqliteConnection};

use super::{DATABASE, OutboxRow, POSTGRES, SQLITE};
use crate::database::Engine;
use crate::{Database, StoreError, postgres, sqlite};

/// A server that has not answered by then is taken as lost, and those who wait are told.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(10);

/// One connection that inserts. Several may do so at once on PostgreSQL, on SQLite there is one.
pub(super) enum Inserter {
    Sqlite(SqlitePool),
    Postgres { options: Box<PgConnectOptions>, connection: Option<PgConnection> },
}

impl Inserter {
    /// Opens the database for at most `connections` inserters.
    pub(super) async fn open(database: &Database, connections: usize) -> Result<Vec<Self>, StoreError> {
        match &database.0 {
            Engine::Sqlite(path) => Ok(vec![Self::Sqlite(sqlite::open(path, &SQLITE, 1).await?)]),
            Engine::Postgres(options) => {
                let unavailable = StoreError::unavailable(DATABASE);
                let mut first = postgres::connect(options, DATABASE).await.map_err(unavailable)?;
                postgres::check(&mut first, &POSTGRES.schema).await?;
                postgres::tell_risks(&mut first).await.map_err(unavailable)?;
                // The others connect when they are needed first
                let inserter = |connection| Self::Postgres { options: options.clone(), connection };
                let others = (1..connections.max(1)).map(|_| inserter(None));
                Ok(std::iter::once(inserter(Some(first))).chain(others).collect())
            }
        }
    }

    /// Inserts and commits. Without rows it finds out whether the database takes writes.
    /// Gives how many were not there before.
    pub(super) async fn commit(&mut self, rows: &[&OutboxRow]) -> Result<u64, StoreError> {
        let committed = match self {
            Self::Sqlite(pool) => insert_in_few(pool, rows).await,
            Self::Postgres { options, connection } => insert_at_once(options, connection, rows).await,
        };
        committed.map_err(StoreError::unavailable(DATABASE))
    }

    pub(super) async fn close(self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres { connection, .. } => {
                if let Some(connection) = connection {
                    // What was committed stays so, however the farewell goes
                    let _ = tokio::time::timeout(COMMIT_TIMEOUT, sqlx::Connection::close(connection)).await;
                }
            }
        }
    }
}

/// Many rows a statement: each statement is handed over to the driver's thread and back, and on a busy machine that
/// costs more than the row does.
async fn insert_in_few(pool: &SqlitePool, rows: &[&OutboxRow]) -> Result<u64, sqlx::Error> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let mut new = 0_u64;
    let mut rest = rows;
    while !rest.is_empty() {
        let (some, others) = rest.split_at(rows_of_one_statement(rest.len()));
        new = new.saturating_add(insert_some(&mut transaction, some).await?);
        rest = others;
    }
    transaction.commit().await?;
    Ok(new)
}

/// The greatest power of two that is not above `rows` and 64: seven statements are prepared, and not one for each length.
fn rows_of_one_statement(rows: usize) -> usize {
    1 << rows.clamp(1, 64).ilog2()
}

async fn insert_some(connection: &mut SqliteConnection, rows: &[&OutboxRow]) -> Result<u64, sqlx::Error> {
    let text = format!(
        "/* outbox insert some */ INSERT INTO deposit (deposit_id, day, nonce, body) \
         SELECT * FROM (VALUES {}) WHERE NOT EXISTS (SELECT 1 FROM taken WHERE deposit_id = column1) \
         ON CONFLICT DO NOTHING",
        vec!["(?, ?, ?, ?)"; rows.len()].join(", ")
    );
    // Nothing but the number of rows is in the text
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
    for row in rows {
        query = query
            .bind(row.deposit_id.as_slice())
            .bind(row.day.as_str())
            .bind(row.nonce.as_slice())
            .bind(row.body.as_slice());
    }
    Ok(query.execute(connection).await?.rows_affected())
}

/// A connection that turns out to be lost is made anew once: inserting again what may have been inserted does no harm.
async fn insert_at_once(
    options: &PgConnectOptions,
    connection: &mut Option<PgConnection>,
    rows: &[&OutboxRow],
) -> Result<u64, sqlx::Error> {
    let was_open = connection.is_some();
    match try_at_once(options, connection, rows).await {
        Err(error) if was_open && connection.is_none() && !matches!(error, sqlx::Error::PoolTimedOut) => {
            try_at_once(options, connection, rows).await
        }
        result => result,
    }
}

/// Leaves the connection behind only when it can be used again.
async fn try_at_once(
    options: &PgConnectOptions,
    connection: &mut Option<PgConnection>,
    rows: &[&OutboxRow],
) -> Result<u64, sqlx::Error> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => postgres::connect(options, DATABASE).await?,
    };
    let inserted = tokio::time::timeout(COMMIT_TIMEOUT, insert_all(&mut open, rows)).await;
    let inserted = inserted.unwrap_or(Err(sqlx::Error::PoolTimedOut));
    // The server refused the statement, so both sides know where they are; after anything else they may not. A server
    // that says it is shutting down (class 57) is about to close the connection.
    let is_usable = match &inserted {
        Ok(_) => true,
        Err(sqlx::Error::Database(error)) => error.code().is_none_or(|code| !code.starts_with("57")),
        Err(_) => false,
    };
    if is_usable {
        *connection = Some(open);
    }
    inserted
}

/// One statement, one transaction. INSERT is all that it needs: nothing is returned, and a conflict has no target that
/// would have to be read.
async fn insert_all(connection: &mut PgConnection, rows: &[&OutboxRow]) -> Result<u64, sqlx::Error> {
    // All connections in the same order: two of them with the same deposits wait for each other in one direction only
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| row.deposit_id);
    let done = sqlx::query(
        "/* outbox insert all */ INSERT INTO deposit (deposit_id, day, nonce, body) \
         SELECT * FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::bytea[]) \
         ON CONFLICT DO NOTHING",
    )
    .bind(rows.iter().map(|row| row.deposit_id.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.day.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.nonce.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.body.as_slice()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_cut_into_powers_of_two() {
        let cut = |mut rows: usize| {
            let mut sizes = Vec::new();
            while rows > 0 {
                sizes.push(rows_of_one_statement(rows));
                rows -= rows_of_one_statement(rows);
            }
            sizes
        };
        assert!(cut(0).is_empty());
        assert_eq!(cut(1), [1]);
        assert_eq!(cut(63), [32, 16, 8, 4, 2, 1]);
        assert_eq!(cut(150), [64, 64, 16, 4, 2]);
    }
}
