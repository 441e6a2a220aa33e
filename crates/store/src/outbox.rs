//! The outbox: what ingest writes and the vault takes away.
//!
//! [`OutboxWriter`] inserts and can do nothing else; [`OutboxReader`] reads in order of arrival
//! and deletes what the vault has committed, keeping the ids.

mod delete;
mod insert;
mod reader;
mod writer;

use sha2::{Digest, Sha256};

use crate::postgres::PostgresSchema;
use crate::schema::{Schema, Step};

pub use reader::{OutboxBatch, OutboxReader};
pub use writer::{InsertError, OutboxWriter, Waiting, WriterLimits, WriterObserver, WriterTask};

/// Name of the database in error texts, and of its schema on PostgreSQL.
const DATABASE: &str = "outbox";

/// Schema of the outbox on SQLite.
pub const SQLITE: Schema = Schema {
    database: DATABASE,
    migrations: &[
        Step { version: 1, name: "deposit", sql: include_str!("../../../migrations/outbox/sqlite/0001_deposit.sql") },
        Step { version: 2, name: "taken", sql: include_str!("../../../migrations/outbox/sqlite/0002_taken.sql") },
        Step { version: 3, name: "length", sql: include_str!("../../../migrations/outbox/sqlite/0003_length.sql") },
    ],
};

/// Schema of the outbox on PostgreSQL.
pub const POSTGRES: PostgresSchema = PostgresSchema {
    schema: Schema {
        database: DATABASE,
        migrations: &[
            Step {
                version: 1,
                name: "deposit",
                sql: include_str!("../../../migrations/outbox/postgres/0001_deposit.sql"),
            },
            Step { version: 2, name: "taken", sql: include_str!("../../../migrations/outbox/postgres/0002_taken.sql") },
            Step {
                version: 3,
                name: "length",
                sql: include_str!("../../../migrations/outbox/postgres/0003_length.sql"),
            },
        ],
    },
    rights: include_str!("../../../migrations/outbox/postgres/rights.sql"),
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

/// A row to delete: every row with this id and this content, and no other row with the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Taken {
    /// The id under which it lies.
    pub deposit_id: [u8; 32],
    /// [`OutboxRow::content`]: the id, unless the row is damaged.
    pub content: [u8; 32],
}

impl OutboxRow {
    /// SHA-256 of nonce and body as they are.
    pub fn content(&self) -> [u8; 32] {
        content(&self.nonce, &self.body)
    }

    /// What deletes this row.
    pub fn taken(&self) -> Taken {
        Taken { deposit_id: self.deposit_id, content: self.content() }
    }
}

fn content(nonce: &[u8], body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(nonce).chain_update(body).finalize().into()
}

/// Shows the size only.
impl std::fmt::Debug for OutboxRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OutboxRow({} bytes)", self.body.len())
    }
}
