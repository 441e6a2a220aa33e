//! How every SQLite file of ours is opened.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection, SqlitePool};

use crate::StoreError;
use crate::schema::Schema;

/// Bytes a page. With 4096, most envelopes spill into overflow pages, whose numbers betray the
/// order of insertion; with 16384 a field row stays in the page that its tag belongs to.
pub const PAGE_SIZE: u32 = 16_384;

/// How long a statement waits for another process's lock.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the file, making it (readable by its owner only) and running migrations as needed.
/// Returns a pool of at most `connections`; one connection suits a database with one writer.
///
/// # Errors
/// As [`Schema::migrate`]; [`StoreError::File`] and [`StoreError::PageSize`].
pub async fn open(path: &Path, schema: &Schema, connections: u32) -> Result<SqlitePool, StoreError> {
    let database = schema.database;
    create_private(path).map_err(|source| StoreError::File { database, source })?;
    let options = connect_options(path);
    let unavailable = StoreError::unavailable(database);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(unavailable)?;
    schema.migrate(&mut connection).await?;
    check_page_size(database, &mut connection).await?;
    connection.close().await.map_err(unavailable)?;
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        // On a full disk SQLite undoes a transaction by itself, of which the driver learns nothing: to it, the connection
        // is in that transaction for ever. So one that comes back like that is closed, and the next user gets a new one.
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.ping().await?; // by then everything before it is done, a rollback too
                Ok(!connection.is_in_transaction())
            })
        })
        .connect_with(options)
        .await
        .map_err(unavailable)
}

/// Opens a file that is there for reading only: nothing is made, migrated or written. A file that nobody has open
/// (without a write-ahead log) is read as one that cannot change, so that it may lie on a read-only medium.
///
/// # Errors
/// [`StoreError::Unavailable`] when there is no such file, [`StoreError::NewerSchema`], and
/// [`StoreError::ForeignSchema`] when it has another schema than this program's newest.
pub async fn open_read_only(path: &Path, schema: &Schema) -> Result<SqlitePool, StoreError> {
    let unavailable = StoreError::unavailable(schema.database);
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let is_closed = !Path::new(&log).exists();
    let options =
        SqliteConnectOptions::new().filename(path).read_only(true).immutable(is_closed).busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(unavailable)?;
    let mut connection = pool.acquire().await.map_err(unavailable)?;
    schema.check(&mut *connection).await?;
    drop(connection);
    Ok(pool)
}

fn connect_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .page_size(PAGE_SIZE)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged deposit is on the disk, not in the system's cache
        .synchronous(SqliteSynchronous::Full)
        // Deleted rows are overwritten with zeros
        .pragma("secure_delete", "ON")
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
}

async fn check_page_size(database: &'static str, connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let found: i64 = sqlx::query_scalar("PRAGMA page_size")
        .fetch_one(connection)
        .await
        .map_err(StoreError::unavailable(database))?;
    let wanted = i64::from(PAGE_SIZE);
    if found == wanted { Ok(()) } else { Err(StoreError::PageSize { database, found, wanted }) }
}

/// SQLite gives WAL and shared-memory files the mode of the main file, so setting it here is
/// enough for all three.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
#[cfg(feature = "outbox")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_connection_waits_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let pool = open(&folder.path().join("outbox.db"), &crate::outbox::SQLITE, 2).await.unwrap();
        let (mut one, mut other) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
        for connection in [&mut one, &mut other] {
            let full: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut **connection).await.unwrap();
            assert_eq!(full, 2);
        }
    }
}
