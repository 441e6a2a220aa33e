//! A copy of a SQLite file that is in use, as it is at one moment.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use crate::database::Engine;
use crate::{Database, StoreError, sqlite};

const DATABASE: &str = "SQLite";

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// PostgreSQL has tools of its own.
    #[error("a PostgreSQL database is backed up by pg_dump, or by whatever archives its write-ahead log")]
    Postgres,
    /// Nothing is overwritten.
    #[error("the file to write to exists already: choose another name")]
    Exists,
    /// The new file cannot be written, or the database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes all that is committed in `database` to a new file, readable by its owner alone, and waits until it is on the
/// disk. Others may read and write meanwhile. What was made of the new file goes away again when that fails.
///
/// # Errors
/// [`BackupError`]
pub async fn backup(database: &Database, to: &Path) -> Result<(), BackupError> {
    let Engine::Sqlite(from) = &database.0 else { return Err(BackupError::Postgres) };
    let new = create_private(to)?;
    let written = write(from, to).await.and_then(|()| sync(&new, to));
    if written.is_err() {
        // The reason for the failure is worth more than one for this
        let _ = std::fs::remove_file(to);
    }
    Ok(written?)
}

async fn write(from: &Path, to: &Path) -> Result<(), StoreError> {
    let unavailable = StoreError::unavailable(DATABASE);
    let text = to.to_str().ok_or_else(|| file(ErrorKind::InvalidFilename.into()))?;
    // May write: what somebody who was killed left in the write-ahead log belongs to it
    let options = SqliteConnectOptions::new().filename(from).busy_timeout(sqlite::BUSY_TIMEOUT);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(unavailable)?;
    sqlx::query("/* sqlite backup */ VACUUM INTO $1").bind(text).execute(&mut connection).await.map_err(unavailable)?;
    connection.close().await.map_err(unavailable)
}

fn create_private(path: &Path) -> Result<File, BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => BackupError::Exists,
        _ => file(error).into(),
    })
}

/// The file, and its name in the folder.
fn sync(new: &File, path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    new.sync_all().and_then(|()| File::open(folder)?.sync_all()).map_err(file)
}

fn file(source: std::io::Error) -> StoreError {
    StoreError::File { database: DATABASE, source }
}
