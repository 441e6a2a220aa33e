//! The vault's database: index rows, field rows, custody, admins, recovery kits, passkeys, invitations, identities, roster, sessions,
//! openings, quarantine, audit log.
//!
//! One type, [`VaultStore`]; its methods are in one file per group of tables. No method returns a
//! tag together with a deposit id, and no statement stores them together: the caller, who opened
//! the locator, is the only one who knows which field rows belong to a deposit.

mod admins;
mod anonymity;
mod audit_keys;
mod copy;
mod custody;
mod deposits;
mod identities;
mod intake;
mod invitations;
mod key_log;
mod log;
mod openings;
mod passkeys;
mod purge;
mod quarantine;
mod recorded;
mod recovery;
mod reseal;
mod roster;
mod sessions;
mod settle;

use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, ManifestHash, Tag};

use crate::database::Engine;
use crate::postgres::{Access, PostgresSchema};
use crate::schema::{Schema, Step};
use crate::sql::{Pool, Row, Transaction, statement};
use crate::{Database, StoreError, postgres, sqlite};

pub use anonymity::AnonymitySet;
pub use audit_keys::{NewAuditKey, StoredAuditKey};
pub use copy::{CopyError, RowCounts};
pub use custody::{CustodyItem, CustodyKey, NewDataKey, RecoveryGrant};
pub use deposits::{After, FACETS, Filter, IndexRow, Page, search_statements};
pub use identities::{StoredGrant, StoredIdentity, StoredWrapped};
pub use intake::{Arrival, FieldRow, Outcome, Reason};
pub use invitations::{Invitation, Newcomer};
pub use key_log::{KeyLog, KeyNews};
pub use log::{AppendError, Appended, LogEntry, NewLeaf, SealedEntry, SessionEvent};
pub use openings::{FieldOpening, OpenError, OpenedFields, Opening, OpeningRequest, PresentField};
pub use passkeys::{MAX_PASSKEYS, NewPasskey, Passkey, UsedPasskey};
pub use purge::PurgedKey;
pub use quarantine::Quarantined;
pub use recorded::RecordedChange;
pub use recovery::{Kit, NewKit, Recovered};
pub use reseal::{Resealed, ResealedField};
pub use roster::{NewEntry, Proposal};
pub use sessions::{SessionIdentity, SessionLimits, SessionProof, SessionRow, UsedSession};

/// Name of the database in error texts, and of its schema on PostgreSQL.
const DATABASE: &str = "vault";

/// Held by whoever moves field rows on PostgreSQL, in intake or in settling: what it found stays true until it commits.
/// (An advisory lock; SQLite has one writer anyway.)
const INTAKE_LOCK: i64 = 0x6e69_6768_7473_0001;

/// Held by whoever adds or moves grants of data keys, or destroys them, on PostgreSQL: none comes back. Taken after
/// [`INTAKE_LOCK`] and before [`LOG_LOCK`] by who takes several.
const GRANT_LOCK: i64 = 0x6e69_6768_7473_0004;

/// Held by whoever appends to the audit log on PostgreSQL: there is one end to append to. Taken after [`INTAKE_LOCK`]
/// by who takes both. (The number between them is that of settling.)
const LOG_LOCK: i64 = 0x6e69_6768_7473_0003;

/// Readers may go on while one transaction writes.
const CONNECTIONS: u32 = 4;

/// Schema of the vault on SQLite.
pub const SQLITE: Schema = Schema {
    database: DATABASE,
    migrations: &[
        Step { version: 1, name: "vault", sql: include_str!("../../../migrations/vault/sqlite/0001_vault.sql") },
        Step { version: 2, name: "taken", sql: include_str!("../../../migrations/vault/sqlite/0002_taken.sql") },
        Step { version: 3, name: "settled", sql: include_str!("../../../migrations/vault/sqlite/0003_settled.sql") },
        Step { version: 4, name: "identity", sql: include_str!("../../../migrations/vault/sqlite/0004_identity.sql") },
        Step { version: 5, name: "log", sql: include_str!("../../../migrations/vault/sqlite/0005_log.sql") },
        Step { version: 6, name: "people", sql: include_str!("../../../migrations/vault/sqlite/0006_people.sql") },
        Step { version: 7, name: "session", sql: include_str!("../../../migrations/vault/sqlite/0007_session.sql") },
        Step {
            version: 8,
            name: "audit_key",
            sql: include_str!("../../../migrations/vault/sqlite/0008_audit_key.sql"),
        },
        Step { version: 9, name: "recovery", sql: include_str!("../../../migrations/vault/sqlite/0009_recovery.sql") },
        Step { version: 10, name: "reseal", sql: include_str!("../../../migrations/vault/sqlite/0010_reseal.sql") },
        Step { version: 11, name: "passkey", sql: include_str!("../../../migrations/vault/sqlite/0011_passkey.sql") },
        Step { version: 12, name: "purged", sql: include_str!("../../../migrations/vault/sqlite/0012_purged.sql") },
        Step { version: 13, name: "key_log", sql: include_str!("../../../migrations/vault/sqlite/0013_key_log.sql") },
    ],
};

/// Schema of the vault on PostgreSQL.
pub const POSTGRES: PostgresSchema = PostgresSchema {
    schema: Schema {
        database: DATABASE,
        migrations: &[
            Step { version: 1, name: "vault", sql: include_str!("../../../migrations/vault/postgres/0001_vault.sql") },
            Step { version: 2, name: "taken", sql: include_str!("../../../migrations/vault/postgres/0002_taken.sql") },
            Step {
                version: 3,
                name: "settled",
                sql: include_str!("../../../migrations/vault/postgres/0003_settled.sql"),
            },
            Step {
                version: 4,
                name: "identity",
                sql: include_str!("../../../migrations/vault/postgres/0004_identity.sql"),
            },
            Step { version: 5, name: "log", sql: include_str!("../../../migrations/vault/postgres/0005_log.sql") },
            Step {
                version: 6,
                name: "people",
                sql: include_str!("../../../migrations/vault/postgres/0006_people.sql"),
            },
            Step {
                version: 7,
                name: "session",
                sql: include_str!("../../../migrations/vault/postgres/0007_session.sql"),
            },
            Step {
                version: 8,
                name: "audit_key",
                sql: include_str!("../../../migrations/vault/postgres/0008_audit_key.sql"),
            },
            Step {
                version: 9,
                name: "recovery",
                sql: include_str!("../../../migrations/vault/postgres/0009_recovery.sql"),
            },
            Step {
                version: 10,
                name: "reseal",
                sql: include_str!("../../../migrations/vault/postgres/0010_reseal.sql"),
            },
            Step {
                version: 11,
                name: "passkey",
                sql: include_str!("../../../migrations/vault/postgres/0011_passkey.sql"),
            },
            Step {
                version: 12,
                name: "purged",
                sql: include_str!("../../../migrations/vault/postgres/0012_purged.sql"),
            },
            Step {
                version: 13,
                name: "key_log",
                sql: include_str!("../../../migrations/vault/postgres/0013_key_log.sql"),
            },
        ],
    },
    rights: include_str!("../../../migrations/vault/postgres/rights.sql"),
};

/// The vault's database. Clones share one pool.
#[derive(Debug, Clone)]
pub struct VaultStore {
    pool: Pool,
}

impl VaultStore {
    /// Opens the database; a SQLite file is made when it is not there.
    ///
    /// # Errors
    /// As [`crate::sqlite::open`]; on PostgreSQL [`StoreError::NotMigrated`], [`StoreError::NewerSchema`],
    /// [`StoreError::Unavailable`].
    pub async fn open(database: &Database) -> Result<Self, StoreError> {
        let pool = match &database.0 {
            Engine::Sqlite(path) => Pool::Sqlite(sqlite::open(path, &SQLITE, CONNECTIONS).await?),
            Engine::Postgres(options) => {
                Pool::Postgres(postgres::open(options, &POSTGRES.schema, CONNECTIONS, Access::Write).await?)
            }
        };
        Ok(Self { pool })
    }

    /// Opens a database that is there for reading only; every method that writes fails.
    ///
    /// # Errors
    /// As [`crate::sqlite::open_read_only`], or [`Self::open`] on PostgreSQL.
    pub async fn open_read_only(database: &Database) -> Result<Self, StoreError> {
        let pool = match &database.0 {
            Engine::Sqlite(path) => Pool::Sqlite(sqlite::open_read_only(path, &SQLITE).await?),
            Engine::Postgres(options) => {
                Pool::Postgres(postgres::open(options, &POSTGRES.schema, 1, Access::ReadOnly).await?)
            }
        };
        Ok(Self { pool })
    }

    /// Closes the database; on SQLite, the write-ahead log is emptied into the file.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// Whether the database answers now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn probe(&self) -> Result<(), StoreError> {
        statement("/* vault probe */ SELECT 1 FROM admin LIMIT 1")
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    /// See [`Pool::write`].
    async fn write(&self) -> Result<Transaction, StoreError> {
        self.pool.write().await.map_err(unavailable)
    }
}

fn unavailable(source: sqlx::Error) -> StoreError {
    StoreError::Unavailable { database: DATABASE, source }
}

fn damaged(what: &'static str) -> StoreError {
    StoreError::Damaged { database: DATABASE, what }
}

fn text(row: &Row, column: &'static str) -> Result<String, StoreError> {
    row.get(column).map_err(unavailable)
}

fn bytes(row: &Row, column: &'static str) -> Result<Vec<u8>, StoreError> {
    row.get(column).map_err(unavailable)
}

fn fixed<const N: usize>(row: &Row, column: &'static str) -> Result<[u8; N], StoreError> {
    let bytes: &[u8] = row.get(column).map_err(unavailable)?;
    bytes.try_into().map_err(|_| damaged(column))
}

fn deposit_id(row: &Row) -> Result<DepositId, StoreError> {
    fixed(row, "deposit_id").map(DepositId)
}

fn key_id(row: &Row) -> Result<KeyId, StoreError> {
    fixed(row, "key_id").map(KeyId)
}

fn manifest(row: &Row) -> Result<ManifestHash, StoreError> {
    fixed(row, "manifest").map(ManifestHash)
}

fn tag(row: &Row) -> Result<Tag, StoreError> {
    fixed(row, "tag").map(Tag)
}

fn envelope_hash(row: &Row) -> Result<EnvelopeHash, StoreError> {
    fixed(row, "envelope_hash").map(EnvelopeHash)
}
