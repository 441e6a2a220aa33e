//! Logged in as each role, everything is tried that there is to try: every relation that the catalogue knows, whole and
//! by column, with every kind of statement; every function of ours; schema changes; the rest of the server. What a role
//! may do is written down here; whatever a later migration adds is therefore refused until somebody writes it down.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use sqlx::{Connection, PgConnection, Row};

use crate::place::{Place, Server};

const ROLES: [&str; 3] = ["nightsafe_ingest", "nightsafe_relay", "nightsafe_vault"];

/// Role, kind of statement, relation, and the columns when it is not all of them.
type Right = (&'static str, &'static str, &'static str, &'static [&'static str]);

const RIGHTS: [Right; 91] = [
    ("nightsafe_ingest", "INSERT", "outbox.deposit", &["deposit_id", "day", "nonce", "body"]),
    ("nightsafe_relay", "SELECT", "outbox.deposit", &[]),
    ("nightsafe_relay", "DELETE", "outbox.deposit", &[]),
    ("nightsafe_relay", "INSERT", "outbox.taken", &[]),
    ("nightsafe_vault", "SELECT", "outbox.deposit", &[]),
    ("nightsafe_vault", "DELETE", "outbox.deposit", &[]),
    ("nightsafe_vault", "INSERT", "outbox.taken", &[]),
    ("nightsafe_vault", "SELECT", "vault.deposit_index", &[]),
    ("nightsafe_vault", "INSERT", "vault.deposit_index", &[]),
    ("nightsafe_vault", "UPDATE", "vault.deposit_index", &["manifest", "key_id", "locator"]),
    ("nightsafe_vault", "SELECT", "vault.taken", &[]),
    ("nightsafe_vault", "INSERT", "vault.taken", &[]),
    ("nightsafe_vault", "SELECT", "vault.field_row", &[]),
    ("nightsafe_vault", "INSERT", "vault.field_staging", &[]),
    ("nightsafe_vault", "SELECT", "vault.data_key", &[]),
    ("nightsafe_vault", "INSERT", "vault.data_key", &[]),
    ("nightsafe_vault", "SELECT", "vault.wrapped_item", &[]),
    ("nightsafe_vault", "INSERT", "vault.wrapped_item", &[]),
    ("nightsafe_vault", "SELECT", "vault.recovery_grant", &[]),
    ("nightsafe_vault", "INSERT", "vault.recovery_grant", &[]),
    ("nightsafe_vault", "SELECT", "vault.manifest", &[]),
    ("nightsafe_vault", "INSERT", "vault.manifest", &[]),
    ("nightsafe_vault", "SELECT", "vault.admin", &[]),
    ("nightsafe_vault", "INSERT", "vault.admin", &[]),
    ("nightsafe_vault", "SELECT", "vault.identity", &[]),
    ("nightsafe_vault", "INSERT", "vault.identity", &[]),
    ("nightsafe_vault", "SELECT", "vault.admin_identity", &[]),
    ("nightsafe_vault", "INSERT", "vault.admin_identity", &[]),
    ("nightsafe_vault", "SELECT", "vault.wrapped_identity", &[]),
    ("nightsafe_vault", "INSERT", "vault.wrapped_identity", &[]),
    ("nightsafe_vault", "SELECT", "vault.roster_entry", &[]),
    ("nightsafe_vault", "INSERT", "vault.roster_entry", &[]),
    ("nightsafe_vault", "SELECT", "vault.admin_grant", &[]),
    ("nightsafe_vault", "INSERT", "vault.admin_grant", &[]),
    ("nightsafe_vault", "SELECT", "vault.purged_key", &[]),
    ("nightsafe_vault", "INSERT", "vault.purged_key", &[]),
    ("nightsafe_vault", "SELECT", "vault.ended_grant", &[]),
    ("nightsafe_vault", "INSERT", "vault.ended_grant", &[]),
    ("nightsafe_vault", "SELECT", "vault.audit_key", &[]),
    ("nightsafe_vault", "INSERT", "vault.audit_key", &[]),
    ("nightsafe_vault", "SELECT", "vault.audit_grant", &[]),
    ("nightsafe_vault", "INSERT", "vault.audit_grant", &[]),
    ("nightsafe_vault", "SELECT", "vault.audit_recovery_grant", &[]),
    ("nightsafe_vault", "INSERT", "vault.audit_recovery_grant", &[]),
    ("nightsafe_vault", "DELETE", "vault.audit_grant", &[]),
    ("nightsafe_vault", "SELECT", "vault.recovery_kit", &[]),
    ("nightsafe_vault", "INSERT", "vault.recovery_kit", &[]),
    ("nightsafe_vault", "DELETE", "vault.recovery_kit", &[]),
    ("nightsafe_vault", "SELECT", "vault.passkey", &[]),
    ("nightsafe_vault", "INSERT", "vault.passkey", &[]),
    ("nightsafe_vault", "UPDATE", "vault.passkey", &["sign_count", "last_used"]),
    ("nightsafe_vault", "DELETE", "vault.passkey", &[]),
    ("nightsafe_vault", "SELECT", "vault.invitation", &[]),
    ("nightsafe_vault", "INSERT", "vault.invitation", &[]),
    ("nightsafe_vault", "DELETE", "vault.invitation", &[]),
    ("nightsafe_vault", "SELECT", "vault.newcomer", &[]),
    ("nightsafe_vault", "INSERT", "vault.newcomer", &[]),
    ("nightsafe_vault", "DELETE", "vault.newcomer", &[]),
    ("nightsafe_vault", "SELECT", "vault.roster_proposal", &[]),
    ("nightsafe_vault", "INSERT", "vault.roster_proposal", &[]),
    ("nightsafe_vault", "DELETE", "vault.roster_proposal", &[]),
    ("nightsafe_vault", "DELETE", "vault.admin", &[]),
    ("nightsafe_vault", "DELETE", "vault.admin_identity", &[]),
    ("nightsafe_vault", "DELETE", "vault.wrapped_identity", &[]),
    ("nightsafe_vault", "DELETE", "vault.admin_grant", &[]),
    ("nightsafe_vault", "UPDATE", "vault.admin", &["record"]),
    ("nightsafe_vault", "UPDATE", "vault.wrapped_identity", &["wrapped"]),
    ("nightsafe_vault", "SELECT", "vault.session", &[]),
    ("nightsafe_vault", "INSERT", "vault.session", &[]),
    ("nightsafe_vault", "UPDATE", "vault.session", &["last_used", "half", "wrapped", "recorded"]),
    ("nightsafe_vault", "DELETE", "vault.session", &[]),
    ("nightsafe_vault", "SELECT", "vault.admin_setting", &[]),
    ("nightsafe_vault", "INSERT", "vault.admin_setting", &[]),
    ("nightsafe_vault", "UPDATE", "vault.admin_setting", &["lock_after"]),
    ("nightsafe_vault", "SELECT", "vault.opening", &[]),
    ("nightsafe_vault", "INSERT", "vault.opening", &["deposit_id", "kind", "field_no", "purpose", "admin", "at"]),
    ("nightsafe_vault", "SELECT", "vault.quarantine", &[]),
    ("nightsafe_vault", "INSERT", "vault.quarantine", &[]),
    ("nightsafe_vault", "SELECT", "vault.settled", &[]),
    ("nightsafe_vault", "SELECT", "vault.log_leaf", &[]),
    ("nightsafe_vault", "INSERT", "vault.log_leaf", &[]),
    ("nightsafe_vault", "SELECT", "vault.log_node", &[]),
    ("nightsafe_vault", "INSERT", "vault.log_node", &[]),
    ("nightsafe_vault", "SELECT", "vault.log_entry", &[]),
    ("nightsafe_vault", "INSERT", "vault.log_entry", &[]),
    ("nightsafe_vault", "SELECT", "vault.checkpoint", &[]),
    ("nightsafe_vault", "INSERT", "vault.checkpoint", &[]),
    ("nightsafe_vault", "SELECT", "vault.logged_manifest", &[]),
    ("nightsafe_vault", "INSERT", "vault.logged_manifest", &[]),
    ("nightsafe_vault", "SELECT", "vault.logged_key", &[]),
    ("nightsafe_vault", "INSERT", "vault.logged_key", &[]),
];

const FUNCTIONS: [(&str, &str); 5] = [
    ("nightsafe_relay", "outbox.empty_slots()"),
    ("nightsafe_vault", "outbox.empty_slots()"),
    ("nightsafe_vault", "vault.purge_key(bytea,bigint)"),
    ("nightsafe_vault", "vault.replace_field(bytea,bytea,bytea,bytea,bytea)"),
    ("nightsafe_vault", "vault.settle(bigint)"),
];

/// A relation of the catalogue.
struct Relation {
    name: String,
    kind: String,
    columns: Vec<String>,
    /// Of its primary key, as a list; empty without one.
    primary_key: String,
}

/// Statements that name no column. `?` is the relation.
const WHOLE: [(&str, &str); 13] = [
    ("DELETE", "DELETE FROM ?"),
    ("TRUNCATE", "TRUNCATE ? CASCADE"),
    ("LOCK", "LOCK TABLE ? IN ACCESS EXCLUSIVE MODE"),
    ("SELECT ALL", "SELECT * FROM ?"),
    ("ALTER", "ALTER TABLE ? ADD COLUMN more integer"),
    ("ALTER", "ALTER TABLE ? DISABLE TRIGGER ALL"),
    ("ALTER", "ALTER TABLE ? OWNER TO CURRENT_USER"),
    ("DROP", "DROP TABLE ? CASCADE"),
    ("COMMENT", "COMMENT ON TABLE ? IS 'x'"),
    ("RULE", "CREATE RULE r AS ON INSERT TO ? DO INSTEAD NOTHING"),
    ("INHERIT", "CREATE TABLE outbox.child () INHERITS (?)"),
    ("COPY ALL", "COPY ? TO STDOUT"),
    ("COPY QUERY", "COPY (SELECT * FROM ?) TO STDOUT"),
];

/// Statements for each column. `!` is the column, `#` the columns of the primary key.
const BY_COLUMN: [(&str, &str); 11] = [
    ("SELECT", "SELECT ! FROM ? LIMIT 1"),
    ("INSERT", "INSERT INTO ? (!) OVERRIDING SYSTEM VALUE VALUES (NULL)"),
    ("INSERT RETURNING", "INSERT INTO ? (!) OVERRIDING SYSTEM VALUE VALUES (NULL) RETURNING !"),
    ("UPDATE", "UPDATE ? SET ! = DEFAULT"),
    ("INDEX", "CREATE INDEX ON ? (!)"),
    ("FOR UPDATE", "SELECT ! FROM ? FOR UPDATE"),
    ("FOR UPDATE", "SELECT ! FROM ? FOR KEY SHARE"),
    (
        "MERGE",
        "MERGE INTO ? USING (SELECT 1) AS one ON false WHEN NOT MATCHED THEN INSERT (!) OVERRIDING SYSTEM VALUE VALUES (NULL)",
    ),
    (
        "MERGE UPDATE",
        "MERGE INTO ? AS t USING (SELECT 1) AS one ON t.! IS NULL WHEN MATCHED THEN UPDATE SET ! = DEFAULT",
    ),
    ("UPSERT", "INSERT INTO ? (!) OVERRIDING SYSTEM VALUE VALUES (NULL) ON CONFLICT (#) DO UPDATE SET ! = DEFAULT"),
    ("COPY IN", "COPY ? (!) FROM STDIN"),
];

const VIEW_HAS: [&str; 5] = ["SELECT", "SELECT ALL", "COPY QUERY", "DELETE", "LOCK"];

#[tokio::test]
async fn each_role_may_do_what_is_written_here_and_nothing_else() {
    let Some(place) = Place::postgres().await else { return };
    let Place::Postgres(server) = &place else { panic!() };
    // Somebody else's, made later, and a settled month
    server
        .execute(
            "CREATE SCHEMA shop; CREATE TABLE shop.orders (id integer); CREATE SEQUENCE shop.numbers; \
             CREATE TABLE vault.field_2028_11 PARTITION OF vault.field FOR VALUES IN ('2028-11')",
        )
        .await;
    let relations = relations(server).await;
    assert!(relations.len() > 40, "the catalogue's relations");
    let mut used = BTreeSet::new();
    let mut tried = 0;
    for role in ROLES {
        let mut login = PgConnection::connect(&server.login_url(role)).await.unwrap();
        for relation in &relations {
            for (right, sql, column) in statements(relation) {
                let allowed = may(role, right, &relation.name, column.as_deref());
                let refused = if right.starts_with("COPY") {
                    is_copy_refused(&server.login_url(role), &sql).await
                } else {
                    is_refused(&mut login, &sql).await
                };
                assert_eq!(refused, !allowed, "{role}: {sql}");
                if allowed {
                    used.insert((role, right.split(' ').next().unwrap().to_owned(), relation.name.clone()));
                }
                tried += 1;
            }
        }
    }
    for (role, right, relation, _) in RIGHTS {
        assert!(
            used.contains(&(role, right.to_owned(), relation.to_owned())),
            "{role} {right} {relation} was not tried"
        );
    }
    assert!(tried > 1500, "{tried}");
}

fn has(role: &str, right: &str, relation: &str, column: Option<&str>) -> bool {
    RIGHTS.into_iter().any(|(who, what, place, columns)| {
        who == role
            && what == right
            && place == relation
            && (columns.is_empty() || column.is_some_and(|column| columns.contains(&column)))
    })
}

fn changes(role: &str, relation: &str) -> bool {
    RIGHTS.into_iter().any(|(who, what, place, _)| (who, what, place) == (role, "UPDATE", relation))
}

fn may(role: &str, right: &str, relation: &str, column: Option<&str>) -> bool {
    match right {
        "INSERT RETURNING" => has(role, "INSERT", relation, column) && has(role, "SELECT", relation, column),
        "SELECT ALL" | "COPY ALL" | "COPY QUERY" => has(role, "SELECT", relation, None),
        "MERGE" | "COPY IN" => has(role, "INSERT", relation, column),
        "MERGE UPDATE" => has(role, "SELECT", relation, column) && has(role, "UPDATE", relation, column),
        // Locking a row needs the right to change any column of it
        "FOR UPDATE" => has(role, "SELECT", relation, column) && changes(role, relation),
        "UPSERT" => ["INSERT", "SELECT", "UPDATE"].into_iter().all(|right| has(role, right, relation, column)),
        // Whoever may delete all rows of a table may also lock it
        "LOCK" => has(role, "DELETE", relation, None) || (relation == "vault.session" && role == "nightsafe_vault"),
        _ => has(role, right, relation, column),
    }
}

/// Every statement to try on a relation, with the right that it needs and the column that it names.
fn statements(relation: &Relation) -> Vec<(&'static str, String, Option<String>)> {
    if relation.kind == "S" {
        return [
            "SELECT nextval('?')",
            "SELECT setval('?', 1)",
            "SELECT last_value FROM ?",
            "ALTER SEQUENCE ? RESTART",
        ]
        .into_iter()
        .map(|sql| ("SEQUENCE", sql.replace('?', &relation.name), None))
        .collect();
    }
    let whole = WHOLE.into_iter().filter(|(right, _)| relation.kind != "v" || VIEW_HAS.contains(right));
    let mut all: Vec<_> = whole.map(|(right, sql)| (right, sql.replace('?', &relation.name), None)).collect();
    let by_column = BY_COLUMN.into_iter().filter(|(right, _)| relation.kind != "v" || VIEW_HAS.contains(right));
    for (right, sql) in by_column.filter(|(_, sql)| !(sql.contains('#') && relation.primary_key.is_empty())) {
        for column in &relation.columns {
            let sql = sql.replace('?', &relation.name).replace('!', &format!("\"{column}\""));
            let sql = sql.replace('#', &relation.primary_key);
            all.push((right, sql, Some(column.clone())));
        }
    }
    all
}

async fn relations(server: &Server) -> Vec<Relation> {
    let rows = sqlx::query(
        "SELECT n.nspname || '.' || c.relname AS name, c.relkind::text AS kind, \
         array(SELECT a.attname::text FROM pg_attribute a \
               WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns, \
         (SELECT coalesce(string_agg(quote_ident(a.attname), ', '), '') FROM pg_index i \
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey) \
          WHERE i.indrelid = c.oid AND i.indisprimary) AS primary_key \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname NOT LIKE 'pg\\_%' \
         AND n.nspname <> 'information_schema' ORDER BY 1",
    )
    .fetch_all(&mut server.connect().await)
    .await
    .unwrap();
    rows.iter()
        .map(|row| Relation {
            name: row.get("name"),
            kind: row.get("kind"),
            columns: row.get("columns"),
            primary_key: row.get("primary_key"),
        })
        .collect()
}

/// Whether the server refuses for want of a right, or because the relation is not the role's; whatever it does is
/// undone. Any other complaint, for example about a NULL, comes after rights were looked at.
async fn is_refused(login: &mut PgConnection, sql: &str) -> bool {
    let mut transaction = login.begin().await.unwrap();
    let result = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *transaction).await;
    transaction.rollback().await.unwrap();
    says_refused(result.map(drop), sql)
}

/// COPY to or from the client is a conversation of its own, after which the driver's connection is of no more use.
async fn is_copy_refused(url: &str, sql: &str) -> bool {
    let mut login = PgConnection::connect(url).await.unwrap();
    let result = if sql.ends_with("STDIN") {
        match login.copy_in_raw(sql).await {
            Ok(copy) => copy.abort("only the right was asked for").await,
            Err(error) => Err(error),
        }
    } else {
        match login.copy_out_raw(sql).await {
            Ok(copy) => copy.try_for_each(|_| std::future::ready(Ok(()))).await,
            Err(error) => Err(error),
        }
    };
    says_refused(result, sql)
}

fn says_refused(result: Result<(), sqlx::Error>, sql: &str) -> bool {
    let Err(error) = result else { return false };
    let error = error.as_database_error().unwrap_or_else(|| panic!("{sql}: {error}")).code().unwrap().into_owned();
    // Syntax errors and unknown names would say nothing about rights
    assert!(!matches!(error.as_str(), "42601" | "42703" | "42P01" | "42883" | "25P02"), "{sql}: {error}");
    // A view of two tables has no rows of its own to change
    error == "42501" || error == "55000"
}

#[tokio::test]
async fn functions_of_ours_are_for_those_who_need_them() {
    let Some(place) = Place::postgres().await else { return };
    let Place::Postgres(server) = &place else { panic!() };
    let functions: Vec<(String, bool, Option<Vec<String>>)> = sqlx::query_as(
        "SELECT p.oid::regprocedure::text, p.prosecdef, p.proconfig FROM pg_proc p \
         JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('outbox', 'vault')",
    )
    .fetch_all(&mut server.connect().await)
    .await
    .unwrap();
    assert!(!functions.is_empty());
    for (name, is_definer, settings) in &functions {
        // Whoever calls a function that runs with its owner's rights must not choose what its names mean
        let is_pinned =
            settings.iter().flatten().any(|one| one.starts_with("search_path=") && one.ends_with("pg_temp"));
        assert!(!is_definer || is_pinned, "{name}");
    }
    for role in ROLES {
        let mut login = PgConnection::connect(&server.login_url(role)).await.unwrap();
        for (name, ..) in &functions {
            let allowed = FUNCTIONS.contains(&(role, name.as_str()));
            // With NULL for every argument
            let (function, arguments) = name.split_once('(').unwrap();
            let arguments = arguments.trim_end_matches(')');
            let nulls: Vec<_> =
                arguments.split(',').filter(|one| !one.is_empty()).map(|one| format!("NULL::{one}")).collect();
            let sql = format!("SELECT {function}({})", nulls.join(", "));
            assert_eq!(is_refused(&mut login, &sql).await, !allowed, "{role}: {sql}");
        }
    }
}

/// What is not about a table of ours. Every one of them is refused to every role.
const ELSEWHERE: [&str; 41] = [
    "CREATE TABLE outbox.mine (x integer)",
    "CREATE TABLE vault.mine (x integer)",
    "CREATE TABLE public.mine (x integer)",
    "CREATE TEMPORARY TABLE mine (x integer)",
    "CREATE VIEW outbox.mine AS SELECT 1",
    "CREATE SEQUENCE vault.mine",
    "CREATE TYPE outbox.mine AS (x integer)",
    "CREATE DOMAIN outbox.mine AS integer",
    "CREATE FUNCTION outbox.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION vault.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE OPERATOR outbox.+ (FUNCTION = pg_catalog.int4pl, LEFTARG = integer, RIGHTARG = integer)",
    "CREATE SCHEMA mine",
    "ALTER SCHEMA outbox RENAME TO mine",
    "ALTER SCHEMA vault OWNER TO CURRENT_USER",
    "DROP SCHEMA outbox CASCADE",
    "COMMENT ON SCHEMA outbox IS 'nightsafe outbox 99'",
    "CREATE EXTENSION pageinspect SCHEMA outbox",
    "CREATE EXTENSION pgcrypto SCHEMA outbox",
    "CREATE ROLE mine",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER ROLE CURRENT_USER CREATEROLE",
    "GRANT pg_read_all_data TO CURRENT_USER",
    "GRANT nightsafe_vault TO nightsafe_ingest",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = replica",
    "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO PUBLIC",
    "SELECT lo_creat(-1)",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_stat_file('/etc/passwd')",
    "SELECT pg_reload_conf()",
    "SELECT pg_switch_wal()",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_statistic",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "COPY (SELECT 1) TO '/tmp/nightsafe-must-not-be-there'",
    "DO LANGUAGE plpgsql $$ BEGIN EXECUTE 'CREATE TABLE outbox.mine (x integer)'; END $$",
];

#[tokio::test]
async fn no_role_changes_schemas_or_gets_anywhere_else() {
    let Some(place) = Place::postgres().await else { return };
    let Place::Postgres(server) = &place else { panic!() };
    for role in ROLES {
        let mut login = PgConnection::connect(&server.login_url(role)).await.unwrap();
        for sql in ELSEWHERE {
            assert!(is_refused(&mut login, sql).await, "{role}: {sql}");
        }
        for other in ROLES.into_iter().filter(|other| *other != role) {
            assert!(is_refused(&mut login, &format!("SET ROLE {other}")).await, "{role}: {other}");
        }
        for schema in ["outbox", "vault"] {
            let usage = (role, schema) == ("nightsafe_vault", "vault") || schema == "outbox";
            let sql = format!("SELECT has_schema_privilege('{schema}', 'USAGE')");
            let has: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut login).await.unwrap();
            assert_eq!(has, usage, "{role} {schema}");
        }
        // These do not run inside of a transaction
        for sql in [
            format!("DROP DATABASE {}", server.name()),
            "CREATE DATABASE mine".into(),
            "ALTER SYSTEM SET fsync = off".into(),
        ] {
            let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut login).await.unwrap_err();
            let code = refused.as_database_error().and_then(|error| error.code()).unwrap().into_owned();
            // 55006: the rights would be there, were it not in use
            assert_eq!(code, "42501", "{role}: {refused}");
        }
    }
}

/// Granting what one does not have: refused, or no more than a warning, but nobody has more rights afterwards.
#[tokio::test]
async fn no_role_hands_its_rights_on() {
    let Some(place) = Place::postgres().await else { return };
    let Place::Postgres(server) = &place else { panic!() };
    let rights = async || -> Vec<String> {
        sqlx::query_scalar(
            "SELECT c.oid::regclass || coalesce(c.relacl::text, '') || coalesce(string_agg(a.attacl::text, ','), '') \
             FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid \
             WHERE c.relnamespace IN ('outbox'::regnamespace, 'vault'::regnamespace) GROUP BY c.oid ORDER BY 1",
        )
        .fetch_all(&mut server.connect().await)
        .await
        .unwrap()
    };
    let before = rights().await;
    for role in ROLES {
        let mut login = PgConnection::connect(&server.login_url(role)).await.unwrap();
        for relation in relations(server).await {
            for grant in [
                "GRANT ALL ON ? TO PUBLIC",
                "GRANT INSERT, SELECT ON ? TO nightsafe_ingest",
                "REVOKE ALL ON ? FROM PUBLIC",
            ] {
                let sql = grant.replace('?', &relation.name);
                // Without a transaction: what it does must stay
                let _ = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut login).await;
            }
        }
    }
    assert_eq!(before, rights().await);
}

/// A role of the vault's database, when the outbox has one of its own.
#[tokio::test]
async fn ingest_cannot_even_connect_to_the_vaults_own_database() {
    let Some(server) = Server::empty().await else { return };
    nightsafe_store::postgres::migrate(&server.superuser(), &[nightsafe_store::vault::POSTGRES]).await.unwrap();
    for role in ["nightsafe_ingest", "nightsafe_relay"] {
        let refused = PgConnection::connect(&server.login_url(role)).await.unwrap_err();
        let code = refused.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
        assert_eq!(code.as_deref(), Some("42501"), "{role}: {refused}");
    }
    nightsafe_store::vault::VaultStore::open(&server.login("nightsafe_vault")).await.unwrap();
}
