//! How every PostgreSQL database of ours is opened. Opening never migrates: [`migrate`](migrate::migrate) does, run by a
//! role that owns the schemas, which no server has.

pub mod migrate;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor, Row};

use crate::StoreError;
use crate::schema::Schema;

pub use migrate::{MigrateError, Migrated, migrate};

/// The oldest server that is taken, as in `server_version_num`. It is the oldest that is tested.
pub const OLDEST_SERVER: i32 = 150_000;

/// How long connecting may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The schema of one database on PostgreSQL, in a PostgreSQL schema of the same name.
#[derive(Debug, Clone, Copy)]
pub struct PostgresSchema {
    /// Its migrations.
    pub schema: Schema,
    /// Who may do what; can be run again.
    pub rights: &'static str,
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Write,
    ReadOnly,
}

/// A pool of at most `connections`, once the schema is known to be the one that this program knows.
pub(crate) async fn open(
    options: &PgConnectOptions,
    schema: &Schema,
    connections: u32,
    access: Access,
) -> Result<PgPool, StoreError> {
    let database = schema.database;
    let unavailable = StoreError::unavailable(database);
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(CONNECT_TIMEOUT)
        .after_connect(move |connection, _| Box::pin(prepare(connection, database, access)))
        .connect_with(named(options, database))
        .await
        .map_err(unavailable)?;
    let mut connection = pool.acquire().await.map_err(unavailable)?;
    check(&mut connection, schema).await?;
    if access == Access::Write {
        tell_risks(&mut connection).await.map_err(unavailable)?;
    }
    drop(connection);
    Ok(pool)
}

/// One connection, ready for use.
pub(crate) async fn connect(options: &PgConnectOptions, database: &'static str) -> Result<PgConnection, sqlx::Error> {
    let connecting = async {
        let mut connection = PgConnection::connect_with(&named(options, database)).await?;
        prepare(&mut connection, database, Access::Write).await?;
        Ok(connection)
    };
    tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.map_err(|_| sqlx::Error::PoolTimedOut)?
}

/// What `pg_stat_activity` shows.
fn named(options: &PgConnectOptions, database: &'static str) -> PgConnectOptions {
    options.clone().application_name(&format!("nightsafe {database}"))
}

/// Settings of every session, whatever the server's defaults are: tables are looked for in our schema and nowhere else,
/// and an answered commit is on the disk.
async fn prepare(connection: &mut PgConnection, database: &'static str, access: Access) -> Result<(), sqlx::Error> {
    let prepare = sqlx::query(
        "/* postgres prepare */ SELECT \
         set_config('search_path', $1 || ', pg_temp', false), \
         set_config('default_transaction_isolation', 'read committed', false), \
         set_config('default_transaction_read_only', $2, false), \
         set_config('synchronous_commit', \
             replace(current_setting('synchronous_commit'), 'off', 'on'), false)",
    );
    let read_only = if access == Access::ReadOnly { "on" } else { "off" };
    connection.execute(prepare.bind(database).bind(read_only)).await?;
    Ok(())
}

/// Settings of the server under which what is committed can be lost, or damaged, when its machine stops; in words. No
/// session can overrule them, and every role can read them.
pub(crate) async fn risks(connection: &mut PgConnection) -> Result<Vec<&'static str>, sqlx::Error> {
    let row = sqlx::query(
        "/* postgres risks */ SELECT current_setting('fsync') AS fsync, \
         current_setting('full_page_writes') AS full_page_writes",
    )
    .fetch_one(connection)
    .await?;
    let mut risks = Vec::new();
    for (setting, text) in [
        (
            "fsync",
            "fsync is off on the PostgreSQL server: a crash of its machine takes deposits with it that have receipts",
        ),
        (
            "full_page_writes",
            "full_page_writes is off on the PostgreSQL server: a crash of its machine can damage tables",
        ),
    ] {
        if row.try_get::<String, _>(setting)? == "off" {
            risks.push(text);
        }
    }
    Ok(risks)
}

/// An error, although the server goes on: the shop decides, but nobody must overlook it.
pub(crate) async fn tell_risks(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    for risk in risks(connection).await? {
        tracing::error!("{risk}");
    }
    Ok(())
}

/// Refuses every version but the newest. Reads the schema's comment, which needs no right at all: ingest has none to
/// read a table.
pub(crate) async fn check(connection: &mut PgConnection, schema: &Schema) -> Result<(), StoreError> {
    let (database, known) = (schema.database, schema.newest());
    match version(connection, database).await? {
        found if found > known => Err(StoreError::NewerSchema { database, found, known }),
        found if found < known => Err(StoreError::NotMigrated { database, found, known }),
        _ => Ok(()),
    }
}

/// The version in the schema's comment; 0 when there is none.
pub(crate) async fn version(connection: &mut PgConnection, database: &'static str) -> Result<i64, StoreError> {
    let row =
        sqlx::query("/* postgres version */ SELECT obj_description(to_regnamespace($1), 'pg_namespace') AS found")
            .bind(database)
            .fetch_one(connection)
            .await
            .map_err(StoreError::unavailable(database))?;
    let comment: Option<String> = row.try_get("found").map_err(StoreError::unavailable(database))?;
    let number = comment
        .as_deref()
        .and_then(|text| text.strip_prefix("nightsafe ")?.strip_prefix(database)?.trim().parse().ok());
    Ok(number.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOW: &str = "SHOW synchronous_commit";

    /// Also where somebody has made `off` the default of the role or the server.
    #[tokio::test]
    async fn every_session_waits_for_the_disk() {
        let Ok(url) = std::env::var("NIGHTSAFE_TEST_POSTGRES_URL") else { return };
        let options: PgConnectOptions = url.parse().unwrap();
        for (default, ours) in [("off", "on"), ("remote_apply", "remote_apply"), ("on", "on")] {
            let options = options.clone().options([("synchronous_commit", default)]);
            let mut connection = connect(&options, "outbox").await.unwrap();
            let set: String = sqlx::query_scalar(SHOW).fetch_one(&mut connection).await.unwrap();
            assert_eq!(set, ours, "{default}");
        }
    }
}
