//! The outbox: what ingest writes and the vault takes away.
//!
//! [`OutboxWriter`] inserts and can do nothing else; [`OutboxReader`] reads in order of arrival
//! and deletes what the vault has committed.

mod reader;
mod writer;

use sqlx::SqlitePool;

use crate::database::Engine;
use crate::schema::{Schema, Step};
use crate::{Database, StoreError, sqlite};

pub use reader::OutboxReader;
pub use writer::{InsertError, OutboxWriter, WriterLimits, WriterTask};

/// Name of the database in error texts.
const DATABASE: &str = "outbox";

/// Schema of the outbox on SQLite.
pub const SQLITE: Schema = Schema {
    database: DATABASE,
    migrations: &[Step {
        version: 1,
        name: "deposit",
        sql: include_str!("../../../migrations/outbox/sqlite/0001_deposit.sql"),
    }],
};

/// One deposit as it lies in the outbox.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// SHA-256 of nonce and body.
    pub deposit_id: [u8; 32],
    /// Day of arrival, `YYYY-MM-DD`, UTC.
    pub day: String,
    /// The deposit's nonce.
    pub nonce: [u8; 32],
    /// Canonical body (docs/spec/deposit.md).
    pub body: Vec<u8>,
}

/// Shows the size only.
impl std::fmt::Debug for OutboxRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OutboxRow({} bytes)", self.body.len())
    }
}

/// Opens the outbox file for one of [`OutboxWriter`] and [`OutboxReader`]; each opens it for
/// itself, as they may be different processes.
async fn open(database: &Database) -> Result<SqlitePool, StoreError> {
    let Engine::Sqlite(path) = &database.0;
    sqlite::open(path, &SQLITE, 1).await
}
