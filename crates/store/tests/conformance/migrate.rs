//! `nightsafe db migrate`, and what servers say to a database that is not migrated.

use nightsafe_store::outbox::{OutboxReader, OutboxWriter, WriterLimits};
use nightsafe_store::postgres::{MigrateError, PostgresSchema, migrate};
use nightsafe_store::schema::Schema;
use nightsafe_store::vault::{Outcome, VaultStore};
use nightsafe_store::{StoreError, outbox, vault};

use crate::place::Server;
use crate::rows::{arrival, field, index, spread, waiting};

const BOTH: [PostgresSchema; 2] = [outbox::POSTGRES, vault::POSTGRES];

#[test]
fn both_engines_have_the_same_numbers_and_names() {
    for (sqlite, postgres) in [(outbox::SQLITE, outbox::POSTGRES.schema), (vault::SQLITE, vault::POSTGRES.schema)] {
        let names = |schema: nightsafe_store::schema::Schema| -> Vec<_> {
            schema.migrations.iter().map(|step| (step.version, step.name)).collect()
        };
        assert_eq!(names(sqlite), names(postgres));
        assert_eq!(sqlite.database, postgres.database);
        for (step, expected) in postgres.migrations.iter().zip(1..) {
            assert_eq!(step.version, expected);
            // Servers read the version from there
            let comment = format!("COMMENT ON SCHEMA {0} IS 'nightsafe {0} {expected}';\n", postgres.database);
            assert!(step.sql.ends_with(&comment), "{} must end with: {comment}", step.name);
        }
    }
}

#[tokio::test]
async fn again_changes_nothing_and_takes_back_what_was_granted_by_hand() {
    let Some(server) = Server::empty().await else { return };
    let first = migrate(&server.superuser(), &BOTH).await.unwrap();
    let newest = [("outbox", outbox::SQLITE.newest()), ("vault", vault::SQLITE.newest())];
    assert_eq!(first.databases, newest.map(|(name, newest)| (name, 0, newest)));
    assert_eq!(first.left_open, Vec::<&str>::new());
    let mut raw = server.connect().await;
    for setting in ["fsync", "full_page_writes"] {
        let value: String =
            sqlx::query_scalar("SELECT current_setting($1)").bind(setting).fetch_one(&mut raw).await.unwrap();
        let told = first.risks.iter().any(|risk| risk.starts_with(&format!("{setting} is off")));
        assert_eq!(told, value == "off", "{setting} = {value}");
    }

    let (writer, task) = OutboxWriter::open(&server.login("nightsafe_ingest"), WriterLimits::default()).await.unwrap();
    writer.insert(waiting(1)).await.unwrap();
    drop(writer);
    task.finished().await;
    server
        .execute(
            "GRANT SELECT ON outbox.deposit TO nightsafe_ingest; GRANT UPDATE (reference) ON vault.deposit_index TO \
             nightsafe_vault; GRANT CREATE ON SCHEMA public TO PUBLIC; GRANT ALL ON SCHEMA vault TO nightsafe_relay",
        )
        .await;
    let again = migrate(&server.superuser(), &BOTH).await.unwrap();
    assert_eq!(again.databases, newest.map(|(name, newest)| (name, newest, newest)));
    assert_eq!(again.roles, Vec::<&str>::new());
    let mut raw = server.connect().await;
    let open: bool = sqlx::query_scalar(
        "SELECT has_table_privilege('nightsafe_ingest', 'outbox.deposit', 'SELECT') \
         OR has_column_privilege('nightsafe_vault', 'vault.deposit_index', 'reference', 'UPDATE') \
         OR has_schema_privilege('nightsafe_ingest', 'public', 'CREATE') \
         OR has_schema_privilege('nightsafe_relay', 'vault', 'USAGE')",
    )
    .fetch_one(&mut raw)
    .await
    .unwrap();
    assert!(!open);
    let reader = OutboxReader::open(&server.login("nightsafe_vault")).await.unwrap();
    assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows, [waiting(1)]);
}

#[tokio::test]
async fn servers_never_migrate_and_say_what_to_do() {
    let Some(server) = Server::empty().await else { return };
    let told = |error: StoreError, version: i64| {
        assert!(matches!(error, StoreError::NotMigrated { found, .. } if found == version), "{error}");
        assert!(error.to_string().contains("nightsafe db migrate"));
    };
    told(VaultStore::open(&server.superuser()).await.unwrap_err(), 0);
    migrate(&server.superuser(), &[outbox::POSTGRES]).await.unwrap();
    OutboxReader::open(&server.login("nightsafe_relay")).await.unwrap();
    told(VaultStore::open(&server.login("nightsafe_vault")).await.unwrap_err(), 0);

    server.execute("COMMENT ON SCHEMA outbox IS 'nightsafe outbox 1'").await;
    told(OutboxReader::open(&server.login("nightsafe_vault")).await.unwrap_err(), 1);
    told(OutboxWriter::open(&server.login("nightsafe_ingest"), WriterLimits::default()).await.unwrap_err(), 1);
    server.execute("COMMENT ON SCHEMA outbox IS 'somebody else''s'").await;
    told(OutboxReader::open(&server.login("nightsafe_vault")).await.unwrap_err(), 0);
}

#[tokio::test]
async fn newer_and_changed_schemas_are_refused() {
    let Some(server) = Server::empty().await else { return };
    migrate(&server.superuser(), &BOTH).await.unwrap();
    server.execute("COMMENT ON SCHEMA vault IS 'nightsafe vault 99'").await;
    let newer = migrate(&server.superuser(), &BOTH).await.unwrap_err();
    assert!(matches!(newer, MigrateError::Store(StoreError::NewerSchema { found: 99, .. })), "{newer}");
    let newer = VaultStore::open(&server.login("nightsafe_vault")).await.unwrap_err();
    assert!(matches!(newer, StoreError::NewerSchema { found: 99, .. }), "{newer}");
    // The other database is no worse for it
    OutboxReader::open(&server.login("nightsafe_vault")).await.unwrap();

    server
        .execute("COMMENT ON SCHEMA vault IS 'nightsafe vault 1'; UPDATE vault._sqlx_migrations SET checksum = '\\x00'")
        .await;
    let changed = migrate(&server.superuser(), &BOTH).await.unwrap_err();
    assert!(matches!(changed, MigrateError::Store(StoreError::ForeignSchema { database: "vault", .. })), "{changed}");
}

#[tokio::test]
async fn a_database_that_is_shared_is_refused() {
    let Some(server) = Server::empty().await else { return };
    server.execute("CREATE SCHEMA shop; CREATE TABLE shop.orders (id integer)").await;
    let shared = migrate(&server.superuser(), &BOTH).await.unwrap_err();
    assert!(matches!(&shared, MigrateError::Shared { schema } if schema == "shop"), "{shared}");
    let mut raw = server.connect().await;
    let made: bool =
        sqlx::query_scalar("SELECT to_regnamespace('outbox') IS NOT NULL").fetch_one(&mut raw).await.unwrap();
    assert!(!made, "what is refused is refused before anything is changed");

    server.execute("DROP TABLE shop.orders").await;
    migrate(&server.superuser(), &BOTH).await.unwrap();
}

#[tokio::test]
async fn a_file_of_sqlite_is_not_for_this() {
    let folder = tempfile::tempdir().unwrap();
    let refused = migrate(&folder.path().join("outbox.db").into(), &BOTH).await.unwrap_err();
    assert!(matches!(refused, MigrateError::Sqlite), "{refused}");
}

/// From every version that there was, with a row that is there before.
#[tokio::test]
async fn every_older_version_becomes_the_newest() {
    for steps in 1..vault::POSTGRES.schema.migrations.len() {
        let Some(server) = Server::empty().await else { return };
        let older = |new: PostgresSchema| {
            let Schema { database, migrations } = new.schema;
            PostgresSchema {
                schema: Schema { database, migrations: &migrations[..steps.min(migrations.len())] },
                rights: "",
            }
        };
        migrate(&server.superuser(), &BOTH.map(older)).await.unwrap();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (row, id) = (waiting(1), hex(&spread(0, 1)));
        server
            .execute(&format!(
                "INSERT INTO outbox.deposit (deposit_id, day, nonce, body) VALUES ('\\x{}', '{}', '\\x{}', '\\x{}'); \
                 INSERT INTO vault.deposit_index (deposit_id, site, reference, manifest, key_id, day, locator) \
                 VALUES ('\\x{id}', 's', 'r', '\\x{id}', substr('\\x{id}'::bytea, 1, 16), '2026-11-21', '')",
                hex(&row.deposit_id),
                row.day,
                hex(&row.nonce),
                hex(&row.body)
            ))
            .await;
        if steps > 1 {
            server.execute("INSERT INTO vault.taken SELECT deposit_id FROM vault.deposit_index").await;
        }
        let done = migrate(&server.superuser(), &BOTH).await.unwrap();
        assert_eq!(done.databases[1], ("vault", steps as i64, vault::SQLITE.newest()));
        let reader = OutboxReader::open(&server.login("nightsafe_relay")).await.unwrap();
        assert_eq!(reader.next_batch(9, usize::MAX).await.unwrap().rows, [row]);
        reader.delete(&[waiting(1).taken()]).await.unwrap();
        // Known, so that it is not taken in again once its rows are gone
        server.execute("DELETE FROM vault.deposit_index").await;
        let store = VaultStore::open(&server.login("nightsafe_vault")).await.unwrap();
        let again = arrival(index(0, "2026-11-21", &[]), vec![field(0, "card")]);
        assert_eq!(store.take_in(&[again]).await.unwrap(), [Outcome::AlreadyThere]);
    }
}

/// Who owns the database and may make roles needs no superuser; what he cannot take away is said.
#[tokio::test]
async fn an_owner_who_is_no_superuser_migrates_too() {
    let Some(server) = Server::empty().await else { return };
    let owner = format!("{}_owner", server.name());
    server
        .execute(&format!("CREATE ROLE {owner} LOGIN CREATEROLE; ALTER DATABASE {} OWNER TO {owner}", server.name()))
        .await;
    let done = migrate(&server.login(&owner), &BOTH).await;
    let (writer, _task) = OutboxWriter::open(&server.login("nightsafe_ingest"), WriterLimits::default()).await.unwrap();
    writer.insert(waiting(1)).await.unwrap();
    server
        .execute(&format!(
            "ALTER DATABASE {} OWNER TO postgres; DROP OWNED BY {owner}; DROP ROLE {owner}",
            server.name()
        ))
        .await;
    let done = done.unwrap();
    assert_eq!(done.left_open.len(), 1, "{done:?}");
    assert!(done.left_open[0].starts_with("large objects"));
}
