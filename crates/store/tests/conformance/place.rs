//! Where a test has its databases: a folder, or a database of its own on the server that the environment names.

use std::sync::atomic::{AtomicU32, Ordering};

use nightsafe_store::postgres::migrate;
use nightsafe_store::{Database, outbox, vault};
use sqlx::{Connection, PgConnection};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Databases of one test.
pub(crate) enum Place {
    Sqlite(tempfile::TempDir),
    Postgres(Server),
}

/// A database of our own; gone when dropped.
pub(crate) struct Server {
    url: String,
    name: String,
}

/// Given back by ending the transaction that holds it.
pub(crate) enum Lock {
    Sqlite(sqlx::SqliteConnection),
    Postgres(PgConnection),
}

impl Lock {
    pub(crate) async fn release(self) {
        match self {
            Self::Sqlite(raw) => raw.close().await.unwrap(),
            Self::Postgres(raw) => raw.close().await.unwrap(),
        }
    }
}

impl Place {
    pub(crate) async fn new(engine: Engine) -> Option<Self> {
        match engine {
            Engine::Sqlite => Some(Self::sqlite()),
            Engine::Postgres => Self::postgres().await,
        }
    }

    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    /// `None`, and a loud line, where there is no server.
    pub(crate) async fn postgres() -> Option<Self> {
        let server = Server::empty().await?;
        migrate(&server.superuser(), &[outbox::POSTGRES, vault::POSTGRES]).await.unwrap();
        Some(Self::Postgres(server))
    }

    /// The outbox as ingest opens it.
    pub(crate) fn outbox(&self) -> Database {
        self.open("outbox.db", "nightsafe_ingest")
    }

    /// The outbox as whoever takes deposits out opens it.
    pub(crate) fn taking(&self) -> Database {
        self.open("outbox.db", "nightsafe_relay")
    }

    /// The vault as its server opens it.
    pub(crate) fn vault(&self) -> Database {
        self.open("vault.db", "nightsafe_vault")
    }

    /// The vault as its operator opens it.
    pub(crate) fn vault_of_owner(&self) -> Database {
        match self {
            Self::Sqlite(_) => self.vault(),
            Self::Postgres(server) => server.superuser(),
        }
    }

    fn open(&self, file: &str, role: &str) -> Database {
        match self {
            Self::Sqlite(folder) => folder.path().join(file).into(),
            Self::Postgres(server) => server.login(role),
        }
    }

    /// Keeps everybody from writing to the outbox, as another process may.
    pub(crate) async fn lock_outbox(&self) -> Lock {
        match self {
            Self::Sqlite(folder) => {
                let file = folder.path().join("outbox.db");
                let mut raw = sqlx::SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
                sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut raw).await.unwrap();
                Lock::Sqlite(raw)
            }
            Self::Postgres(server) => {
                let mut raw = server.connect().await;
                sqlx::raw_sql("BEGIN; LOCK TABLE outbox.deposit IN ACCESS EXCLUSIVE MODE")
                    .execute(&mut raw)
                    .await
                    .unwrap();
                Lock::Postgres(raw)
            }
        }
    }

    /// Runs a statement that no method of ours has, with all rights.
    pub(crate) async fn execute(&self, database: &str, sql: &str) {
        match self {
            Self::Sqlite(folder) => {
                let file = folder.path().join(format!("{database}.db"));
                let mut raw = sqlx::SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
                sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut raw).await.unwrap();
                raw.close().await.unwrap();
            }
            Self::Postgres(server) => server.execute(&format!("SET search_path = {database}; {sql}")).await,
        }
    }

    /// All rows of a table of the vault, as text, in the order of their first column.
    pub(crate) async fn rows(&self, table: &str) -> Vec<String> {
        match self {
            Self::Sqlite(folder) => {
                let file = folder.path().join("vault.db");
                let mut raw = sqlx::SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
                let sql = format!(
                    "SELECT concat_ws('|', hex(tag), hex(envelope_hash), kind, hex(key_id), expires, hex(envelope)) \
                     FROM {table} ORDER BY 1"
                );
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut raw).await.unwrap()
            }
            Self::Postgres(server) => {
                let sql = format!("SELECT r::text FROM vault.{table} r ORDER BY 1");
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut server.connect().await).await.unwrap()
            }
        }
    }

    /// How many rows there are.
    pub(crate) async fn count(&self, database: &str, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        match self {
            Self::Sqlite(folder) => {
                let file = folder.path().join(format!("{database}.db"));
                let mut raw = sqlx::SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut raw).await.unwrap()
            }
            Self::Postgres(server) => {
                let sql = format!("SELECT count(*) FROM {database}.{table}");
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut server.connect().await).await.unwrap()
            }
        }
    }
}

impl Server {
    /// A database without anything in it.
    pub(crate) async fn empty() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Ok(url) = std::env::var("NIGHTSAFE_TEST_POSTGRES_URL") else {
            eprintln!(
                "SKIPPED: no PostgreSQL, because NIGHTSAFE_TEST_POSTGRES_URL is not set (cargo xtask test sets it)"
            );
            return None;
        };
        let name = format!("ns_store_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        run(&url, &format!("CREATE DATABASE {name}")).await;
        Some(Self { url, name })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn superuser_url(&self) -> String {
        with(&self.url, None, &self.name)
    }

    pub(crate) fn superuser(&self) -> Database {
        self.superuser_url().parse().unwrap()
    }

    pub(crate) fn login_url(&self, role: &str) -> String {
        with(&self.url, Some(role), &self.name)
    }

    pub(crate) fn login(&self, role: &str) -> Database {
        self.login_url(role).parse().unwrap()
    }

    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.superuser_url()).await.unwrap()
    }

    pub(crate) async fn execute(&self, sql: &str) {
        run(&self.superuser_url(), sql).await;
    }

    /// Runs a statement in another database of the same server.
    pub(crate) async fn execute_elsewhere(&self, sql: &str) {
        run(&self.url, sql).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let (url, sql) = (self.url.clone(), format!("DROP DATABASE {} WITH (FORCE)", self.name));
        let dropping = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run(&url, &sql));
        });
        dropping.join().unwrap();
    }
}

async fn run(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// The URL with another user (without a password: the server of the tests must let our roles in) and database.
fn with(url: &str, user: Option<&str>, database: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (place, parameters) =
        rest.split_once('?').map_or((rest, String::new()), |(place, rest)| (place, format!("?{rest}")));
    let authority = place.split('/').next().unwrap();
    let authority = match user {
        Some(user) => format!("{user}@{}", authority.rsplit_once('@').map_or(authority, |(_, host)| host)),
        None => authority.to_owned(),
    };
    format!("{scheme}://{authority}/{database}{parameters}")
}
