//! A shop's databases and its ingest, and how rows get into them by the hundred thousand.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nightsafe_store::Database;
use nightsafe_store::vault::VaultStore;
use nightsafe_tests::bulk::{SQLITE_FILLING, sqlite_index, sqlite_taken};
use nightsafe_tests::cluster::Cluster;
use sqlx::{Connection as _, Executor, PgConnection, SqliteConnection};
use tempfile::TempDir;

use super::rig::Rig;

pub(super) struct Installation {
    pub(super) rig: Rig,
    tables: Tables,
    /// Ids that the outbox keeps of deposits that came in bulk.
    taken: u64,
    _folder: TempDir,
}

/// As their owner opens them.
enum Tables {
    Sqlite { vault: SqliteConnection, outbox: SqliteConnection },
    Postgres { owner: PgConnection, _server: Cluster },
}

impl Installation {
    /// Outbox and vault are files of their own, as every installation has them.
    pub(super) async fn sqlite() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let [vault, outbox] =
            ["vault.db", "outbox.db"].map(|name| format!("sqlite:{}", folder.path().join(name).display()));
        let store = VaultStore::open(&vault.parse::<Database>().unwrap()).await.unwrap();
        let rig = Rig::start(folder.path(), &outbox, &outbox, store).await;
        let tables = Tables::Sqlite { vault: filler(&vault).await, outbox: filler(&outbox).await };
        Self { rig, tables, taken: 0, _folder: folder }
    }

    /// On a server of its own.
    pub(super) async fn postgres() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let server = server(folder.path()).await;
        let url = server.url("postgres");
        let store = VaultStore::open(&url.parse().unwrap()).await.unwrap();
        let [ingest, outbox] = ["nightsafe_ingest", "nightsafe_vault"].map(|role| server.url_as(role, "postgres"));
        let rig = Rig::start(folder.path(), &ingest, &outbox, store).await;
        let mut owner = PgConnection::connect(&url).await.unwrap();
        owner.execute("SET synchronous_commit = off").await.unwrap();
        Self { rig, tables: Tables::Postgres { owner, _server: server }, taken: 0, _folder: folder }
    }

    /// Index rows `from` to below `to`.
    pub(super) async fn fill(&mut self, from: u64, to: u64) {
        match &mut self.tables {
            Tables::Sqlite { vault, .. } => {
                vault.execute(sqlx::AssertSqlSafe(sqlite_index(from, to))).await.unwrap();
                vault.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
            }
            Tables::Postgres { owner, .. } => {
                owner.execute(sqlx::AssertSqlSafe(postgres_index(from, to))).await.unwrap();
            }
        }
    }

    /// As many ids of taken deposits as there are rows; and what the engine would do by itself, in the midst of what is
    /// timed.
    pub(super) async fn settle(&mut self, rows: u64) {
        let (from, to) = (self.taken, rows);
        match &mut self.tables {
            Tables::Sqlite { outbox, .. } => {
                outbox.execute(sqlx::AssertSqlSafe(sqlite_taken(from, to))).await.unwrap();
                outbox.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
            }
            Tables::Postgres { owner, .. } => {
                let ids = format!(
                    "INSERT INTO outbox.taken SELECT {} FROM generate_series({from}, {to} - 1) AS i",
                    random_bytes("taken", from)
                );
                owner.execute(sqlx::AssertSqlSafe(ids)).await.unwrap();
                owner.execute("VACUUM (ANALYZE) vault.deposit_index").await.unwrap();
                owner.execute("VACUUM (ANALYZE) outbox.taken").await.unwrap();
                owner.execute("CHECKPOINT").await.unwrap();
            }
        }
        self.taken = rows;
    }

    pub(super) async fn stop(self) {
        match self.tables {
            Tables::Sqlite { vault, outbox } => {
                vault.close().await.unwrap();
                outbox.close().await.unwrap();
                self.rig.stop().await;
            }
            Tables::Postgres { owner, _server } => {
                owner.close().await.unwrap();
                self.rig.stop().await;
            }
        }
    }
}

async fn filler(url: &str) -> SqliteConnection {
    let mut filler = SqliteConnection::connect(url).await.unwrap();
    filler.execute(SQLITE_FILLING).await.unwrap();
    filler
}

async fn server(folder: &Path) -> Cluster {
    let server = Cluster::start(&folder.join("pg")).expect("PostgreSQL is not installed: cargo xtask test installs it");
    server.migrate("postgres").await;
    server
}

fn postgres_index(from: u64, to: u64) -> String {
    let random = |count| (0..count).map(|part| random_bytes(&part.to_string(), from)).collect::<Vec<_>>().join(" || ");
    format!(
        "INSERT INTO vault.deposit_index (deposit_id, site, reference, manifest, key_id, brand, last4, expiry, \
         postal_code, country, day, locator) \
         SELECT {}, 'demo.nightsafe.example', 'BULK-' || i, {}, \
         substr({}, 1, 16), (ARRAY['visa', 'mastercard', 'amex'])[1 + i % 3], \
         lpad((i % 10000 * 7919 % 10000)::text, 4, '0'), '2029-05', lpad((random() * 99999)::int::text, 5, '0'), 'DE', \
         (DATE '2026-11-21' - (i % 700)::int)::text, {} FROM generate_series({from}, {to} - 1) AS i",
        random_bytes("id", from),
        random(1),
        random(1),
        random(56)
    )
}

/// An expression for 32 bytes, others in each row `i`.
fn random_bytes(what: &str, from: u64) -> String {
    format!("sha256(('{what}-{from}-' || i || random())::bytea)")
}
