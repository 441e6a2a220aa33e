//! A transaction of the vault that is kept from going on, in the middle of it, until the vault is dead.

use std::time::{Duration, Instant};

use nightsafe_core::scalar::Tag;
use nightsafe_tests::process::pause;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

/// The vault must have come there, or be gone, by then.
const PATIENCE: Duration = Duration::from_secs(60);

/// So long nobody else can begin to write: whoever writes stands still.
const STILL: Duration = Duration::from_millis(500);

/// What holds it.
pub(super) enum Held {
    /// A trigger that never comes to an end, as there are no locks of rows.
    Sqlite { path: String },
    /// A lock, and a connection that sees who waits for it.
    Postgres { holder: PgConnection, watcher: PgConnection },
}

impl Held {
    /// Whoever appends to the audit log, when the leaves are written and the entries are not.
    pub(super) async fn entries(database: &str) -> Self {
        Self::at(database, "BEFORE INSERT ON log_entry", "LOCK TABLE vault.log_entry IN SHARE MODE").await
    }

    /// Whoever exchanges the field under this tag.
    pub(super) async fn field(database: &str, tag: Tag) -> Self {
        let tag = tag.to_hex();
        let on_sqlite = format!("BEFORE UPDATE ON field WHEN OLD.tag = X'{tag}'");
        let row = |table: &str| format!("SELECT FROM vault.{table} WHERE tag = '\\x{tag}' FOR UPDATE");
        let on_postgres = ["field_staging", "field"].map(row).join("; ");
        Self::at(database, &on_sqlite, &on_postgres).await
    }

    async fn at(database: &str, on_sqlite: &str, on_postgres: &str) -> Self {
        if let Some(path) = database.strip_prefix("sqlite:") {
            let endless = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT n FROM n";
            let sql = format!(
                "CREATE VIEW endless AS {endless}; CREATE TRIGGER held {on_sqlite} BEGIN SELECT count(*) FROM endless; END"
            );
            sqlite(path, PATIENCE).await.execute(AssertSqlSafe(sql)).await.unwrap();
            return Self::Sqlite { path: path.to_owned() };
        }
        let mut holder = PgConnection::connect(database).await.unwrap();
        holder.execute(AssertSqlSafe(format!("BEGIN; {on_postgres}"))).await.unwrap();
        Self::Postgres { holder, watcher: PgConnection::connect(database).await.unwrap() }
    }

    /// Until a transaction of the vault stands still here.
    pub(super) async fn wait(&mut self) {
        let start = Instant::now();
        while !self.is_waiting().await {
            assert!(start.elapsed() < PATIENCE, "the vault did not come there");
            pause(Duration::from_millis(10));
        }
    }

    async fn is_waiting(&mut self) -> bool {
        match self {
            Self::Sqlite { path } => {
                let mut other = sqlite(path, STILL).await;
                let began = other.execute("BEGIN IMMEDIATE").await.is_ok();
                other.close().await.unwrap();
                !began
            }
            Self::Postgres { holder, watcher } => {
                let holder: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(holder).await.unwrap();
                let sql = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'nightsafe_vault' \
                           AND datname = current_database() AND $1 = ANY (pg_blocking_pids(pid)))";
                sqlx::query_scalar(sql).bind(holder).fetch_one(watcher).await.unwrap()
            }
        }
    }

    /// After the vault has died: until nothing of it is left in the database.
    pub(super) async fn let_go(self) {
        match self {
            Self::Sqlite { path } => {
                let mut owner = sqlite(&path, PATIENCE).await;
                owner.execute("DROP TRIGGER held; DROP VIEW endless").await.unwrap();
                owner.close().await.unwrap();
            }
            Self::Postgres { mut holder, mut watcher } => {
                holder.execute("ROLLBACK").await.unwrap();
                holder.close().await.unwrap();
                let sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'nightsafe_vault' \
                           AND datname = current_database()";
                let start = Instant::now();
                while sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut watcher).await.unwrap() > 0 {
                    assert!(start.elapsed() < PATIENCE, "the server has not noticed that the vault is dead");
                    pause(Duration::from_millis(10));
                }
                watcher.close().await.unwrap();
            }
        }
    }
}

async fn sqlite(path: &str, patience: Duration) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(patience);
    SqliteConnection::connect_with(&options).await.unwrap()
}
