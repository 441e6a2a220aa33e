//! `nightsafe db migrate`: schemas, roles and rights on a PostgreSQL server. Can be run again at any time.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Row};

use super::{CONNECT_TIMEOUT, OLDEST_SERVER, PostgresSchema, version};
use crate::database::Engine;
use crate::{Database, StoreError};

/// The roles, what their servers are and what they may do, in a few words.
pub const ROLES: [(&str, &str); 3] = [
    ("nightsafe_ingest", "inserts into the outbox, nothing else"),
    ("nightsafe_relay", "takes deposits out of the outbox for a vault elsewhere"),
    ("nightsafe_vault", "takes deposits out of the outbox; reads and adds to the vault"),
];

const MAKE_ROLES: &str = include_str!("../../../../migrations/roles/postgres/roles.sql");
const DATABASE_RIGHTS: &str = include_str!("../../../../migrations/roles/postgres/rights.sql");

/// Held while migrating: two at once would run each other's statements twice.
const LOCK: i64 = 0x6e69_6768_7473_6166;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// Roles that were made, of [`ROLES`].
    pub roles: Vec<&'static str>,
    /// Name of each database with the version that it had (0: it was new) and has.
    pub databases: Vec<(&'static str, i64, i64)>,
    /// What the migrating role could not take away from the roles; in words.
    pub left_open: Vec<&'static str>,
    /// Settings of the server under which committed deposits can be lost; in words.
    pub risks: Vec<&'static str>,
}

/// Why nothing, or not everything, was migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// SQLite files are migrated when they are opened.
    #[error("this is a SQLite file: it is migrated by whatever opens it next")]
    Sqlite,
    /// Too old.
    #[error("the server is PostgreSQL {}, the oldest that is taken is {}", found / 10_000, OLDEST_SERVER / 10_000)]
    OldServer {
        /// Its `server_version_num`.
        found: i32,
    },
    /// The roles would inherit what PUBLIC may do with tables that are not ours.
    #[error(
        "schema {schema} holds tables that are not Nightsafe's: make a database for Nightsafe alone \
         (CREATE DATABASE nightsafe), so that its roles have no rights on anything else"
    )]
    Shared {
        /// Where they are.
        schema: String,
    },
    /// A role of ours was given more than a login.
    #[error(
        "role {role} is a superuser, may make roles or databases, bypasses row security, replicates, owns something \
         or is a member of another role: take that away, then migrate again"
    )]
    StrongRole {
        /// Its name.
        role: &'static str,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes the roles that are missing, brings each schema to its newest version and sets all rights anew.
///
/// Needs a role that may make roles (unless they are there) and owns the database, better a superuser. It becomes the
/// owner of all tables and functions; no server logs in as it.
///
/// # Errors
/// [`MigrateError`]. What is refused is refused before anything is changed.
pub async fn migrate(database: &Database, schemas: &[PostgresSchema]) -> Result<Migrated, MigrateError> {
    let Engine::Postgres(options) = &database.0 else { return Err(MigrateError::Sqlite) };
    let mut connection = connect(options).await?;
    lock(&mut connection).await?;
    check_server(&mut connection).await?;
    for one in schemas {
        let (database, known) = (one.schema.database, one.schema.newest());
        let found = version(&mut connection, database).await?;
        if found > known {
            return Err(StoreError::NewerSchema { database, found, known }.into());
        }
    }
    let roles = make_roles(&mut connection).await?;
    let mut databases = Vec::new();
    for one in schemas {
        let from = migrate_schema(&mut connection, one).await?;
        databases.push((one.schema.database, from, one.schema.newest()));
    }
    run(&mut connection, DATABASE_RIGHTS).await?;
    let left_open = left_open(&mut connection).await?;
    let risks = super::risks(&mut connection).await.map_err(unavailable)?;
    connection.close().await.map_err(unavailable)?;
    Ok(Migrated { roles, databases, left_open, risks })
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let options = options.clone().application_name("nightsafe db migrate");
    tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options))
        .await
        .map_err(|_| unavailable(sqlx::Error::PoolTimedOut))?
        .map_err(unavailable)
}

/// Ends with the connection.
async fn lock(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("/* migrate lock */ SELECT pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(connection)
        .await
        .map_err(unavailable)?;
    Ok(())
}

async fn check_server(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let found: i32 = sqlx::query_scalar("/* migrate server */ SELECT current_setting('server_version_num')::integer")
        .fetch_one(&mut *connection)
        .await
        .map_err(unavailable)?;
    if found < OLDEST_SERVER {
        return Err(MigrateError::OldServer { found });
    }
    let shared: Option<String> = sqlx::query_scalar(
        "/* migrate shared */ SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname NOT LIKE 'pg\\_%' \
         AND n.nspname NOT IN ('information_schema', 'outbox', 'vault') \
         AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid \
                         AND d.deptype = 'e') LIMIT 1",
    )
    .fetch_optional(connection)
    .await
    .map_err(unavailable)?;
    shared.map_or(Ok(()), |schema| Err(MigrateError::Shared { schema }))
}

/// Makes those that are missing and refuses those that can do more than they should.
async fn make_roles(connection: &mut PgConnection) -> Result<Vec<&'static str>, MigrateError> {
    let mut missing = Vec::new();
    for (role, _) in ROLES {
        if strength(connection, role).await?.is_none() {
            missing.push(role);
        }
    }
    if !missing.is_empty() {
        run(connection, MAKE_ROLES).await?;
    }
    for (role, _) in ROLES {
        if strength(connection, role).await? != Some(false) {
            return Err(MigrateError::StrongRole { role });
        }
    }
    Ok(missing)
}

/// Whether a role has rights by itself that no grant of ours gave it; `None` when it does not exist.
async fn strength(connection: &mut PgConnection, role: &str) -> Result<Option<bool>, StoreError> {
    sqlx::query_scalar(
        "/* migrate role */ SELECT r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication \
         OR r.rolbypassrls OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid) \
         OR EXISTS (SELECT FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid \
                    AND d.deptype = 'o') \
         FROM pg_roles r WHERE r.rolname = $1",
    )
    .bind(role)
    .fetch_optional(connection)
    .await
    .map_err(unavailable)
}

/// Returns the version that it had.
async fn migrate_schema(connection: &mut PgConnection, one: &PostgresSchema) -> Result<i64, StoreError> {
    let database = one.schema.database;
    // The only names that get here are our own constants
    let sql = format!("CREATE SCHEMA IF NOT EXISTS {database}; SET search_path = {database}, pg_temp");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *connection).await.map_err(unavailable)?;
    let found = one.schema.migrate(connection).await?;
    run(connection, one.rights).await?;
    super::check(connection, &one.schema).await?;
    Ok(found)
}

/// A file of several statements: all of it or nothing.
async fn run(connection: &mut PgConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(sql).execute(connection).await.map_err(unavailable)?;
    Ok(())
}

/// Asks the catalogue what a role of ours can still do besides what it was granted.
async fn left_open(connection: &mut PgConnection) -> Result<Vec<&'static str>, StoreError> {
    let row = sqlx::query(
        "/* migrate left_open */ SELECT \
         has_database_privilege('nightsafe_ingest', current_database(), 'TEMPORARY') AS temporary, \
         coalesce(has_schema_privilege('nightsafe_ingest', to_regnamespace('public'), 'CREATE'), false) AS public, \
         has_function_privilege('nightsafe_ingest', 'pg_catalog.lo_creat(integer)', 'EXECUTE') AS large_objects",
    )
    .fetch_one(connection)
    .await
    .map_err(unavailable)?;
    let mut open = Vec::new();
    for (column, text) in [
        ("temporary", "temporary tables: the owner of the database must REVOKE TEMPORARY ON DATABASE ... FROM PUBLIC"),
        ("public", "tables in schema public: its owner must REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
        (
            "large_objects",
            "large objects: a superuser must REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), \
             lo_from_bytea(oid, bytea) FROM PUBLIC, or migrate as a superuser",
        ),
    ] {
        if row.try_get::<bool, _>(column).map_err(unavailable)? {
            open.push(text);
        }
    }
    Ok(open)
}

fn unavailable(source: sqlx::Error) -> StoreError {
    StoreError::Unavailable { database: "PostgreSQL", source }
}
