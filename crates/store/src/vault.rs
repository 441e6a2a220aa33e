//! The vault's database: index rows, field rows, custody, admins, sessions, openings, quarantine.
//!
//! One type, [`VaultStore`]; its methods are in one file per group of tables. No method returns a
//! tag together with a deposit id, and no statement stores them together: the caller, who opened
//! the locator, is the only one who knows which field rows belong to a deposit.

mod admins;
mod custody;
mod deposits;
mod intake;
mod openings;
mod sessions;

use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, ManifestHash, Tag};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use crate::database::Engine;
use crate::schema::{Schema, Step};
use crate::{Database, StoreError, sqlite};

pub use custody::{CustodyItem, CustodyKey, NewDataKey, RecoveryGrant};
pub use deposits::{After, FACETS, Filter, IndexRow, Page, search_statements};
pub use intake::{Arrival, FieldRow, Outcome, Quarantined, Reason};
pub use openings::{FieldOpening, OpenedFields, Opening, OpeningRequest};
pub use sessions::SessionLimits;

/// Name of the database in error texts.
const DATABASE: &str = "vault";

/// Readers may go on while one transaction writes.
const CONNECTIONS: u32 = 4;

/// Schema of the vault on SQLite.
pub const SQLITE: Schema = Schema {
    database: DATABASE,
    migrations: &[Step {
        version: 1,
        name: "vault",
        sql: include_str!("../../../migrations/vault/sqlite/0001_vault.sql"),
    }],
};

/// The vault's database. Clones share one pool.
#[derive(Debug, Clone)]
pub struct VaultStore {
    pool: SqlitePool,
}

impl VaultStore {
    /// Opens the file, making it when it is not there.
    ///
    /// # Errors
    /// As [`crate::sqlite::open`].
    pub async fn open(database: &Database) -> Result<Self, StoreError> {
        let Engine::Sqlite(path) = &database.0;
        let pool = sqlite::open(path, &SQLITE, CONNECTIONS).await?;
        Ok(Self { pool })
    }

    /// Opens a file that is there for reading only; every method that writes fails.
    ///
    /// # Errors
    /// As [`crate::sqlite::open_read_only`].
    pub async fn open_read_only(database: &Database) -> Result<Self, StoreError> {
        let Engine::Sqlite(path) = &database.0;
        let pool = sqlite::open_read_only(path, &SQLITE).await?;
        Ok(Self { pool })
    }

    /// Closes the file; the write-ahead log is emptied into it.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// Whether the database answers now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn probe(&self) -> Result<(), StoreError> {
        sqlx::query("/* vault probe */ SELECT 1 FROM admin LIMIT 1")
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    /// A transaction that holds the write lock from its start, so that what it read stays true.
    async fn write(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, StoreError> {
        self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable)
    }
}

fn unavailable(source: sqlx::Error) -> StoreError {
    StoreError::Unavailable { database: DATABASE, source }
}

fn damaged(what: &'static str) -> StoreError {
    StoreError::Damaged { database: DATABASE, what }
}

fn text(row: &SqliteRow, column: &'static str) -> Result<String, StoreError> {
    row.try_get(column).map_err(unavailable)
}

fn bytes(row: &SqliteRow, column: &'static str) -> Result<Vec<u8>, StoreError> {
    row.try_get(column).map_err(unavailable)
}

fn fixed<const N: usize>(row: &SqliteRow, column: &'static str) -> Result<[u8; N], StoreError> {
    let bytes: &[u8] = row.try_get(column).map_err(unavailable)?;
    bytes.try_into().map_err(|_| damaged(column))
}

fn deposit_id(row: &SqliteRow) -> Result<DepositId, StoreError> {
    fixed(row, "deposit_id").map(DepositId)
}

fn key_id(row: &SqliteRow) -> Result<KeyId, StoreError> {
    fixed(row, "key_id").map(KeyId)
}

fn manifest(row: &SqliteRow) -> Result<ManifestHash, StoreError> {
    fixed(row, "manifest").map(ManifestHash)
}

fn tag(row: &SqliteRow) -> Result<Tag, StoreError> {
    fixed(row, "tag").map(Tag)
}

fn envelope_hash(row: &SqliteRow) -> Result<EnvelopeHash, StoreError> {
    fixed(row, "envelope_hash").map(EnvelopeHash)
}
