//! What only SQLite has: tables without row numbers, plans of its own, files of earlier releases.

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_core::scalar::{DepositId, KeyId, ManifestHash};
use nightsafe_store::vault::{
    CustodyItem, CustodyKey, FieldOpening, NewDataKey, OpeningRequest, Reason, RecoveryGrant, SessionLimits, VaultStore,
};
use sqlx::{Connection, Row};

use crate::rows::{NOW, arrival, field, index, spread};
use crate::sessions::proof;

struct Vault {
    folder: tempfile::TempDir,
}

impl Vault {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        VaultStore::open(&folder.path().join("vault.db").into()).await.unwrap().close().await;
        Self { folder }
    }

    async fn raw(&self) -> sqlx::SqliteConnection {
        let path = self.folder.path().join("vault.db");
        sqlx::SqliteConnection::connect(path.to_str().unwrap()).await.unwrap()
    }
}

#[tokio::test]
async fn index_rows_and_field_rows_share_nothing_but_the_key_id() {
    let vault = Vault::new().await;
    let mut raw = vault.raw().await;
    let rows = sqlx::query(
        "SELECT m.name AS t, c.name AS c FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'",
    )
    .fetch_all(&mut raw)
    .await
    .unwrap();
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in &rows {
        tables.entry(row.get("t")).or_default().insert(row.get("c"));
    }
    let shared: Vec<_> = tables["deposit_index"].intersection(&tables["field"]).collect();
    assert_eq!(shared, ["key_id"]);
    for (table, columns) in &tables {
        assert!(!(columns.contains("tag") && columns.contains("deposit_id")), "{table}");
    }
    // No row number keeps the order of arrival
    for table in ["deposit_index", "field"] {
        let sql: String = sqlx::query_scalar("SELECT sql FROM sqlite_schema WHERE name = $1")
            .bind(table)
            .fetch_one(&mut raw)
            .await
            .unwrap();
        assert!(sql.ends_with("STRICT, WITHOUT ROWID"), "{table}");
    }
}

#[tokio::test]
async fn every_search_walks_an_index() {
    let vault = Vault::new().await;
    let mut raw = vault.raw().await;
    for statement in nightsafe_store::vault::search_statements() {
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
            .fetch_all(&mut raw)
            .await
            .unwrap();
        let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        assert!(steps[0].starts_with("SEARCH deposit_index USING INDEX"), "{statement}: {steps:?}");
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{statement}: {steps:?}");
    }
}

/// A vault as the first release wrote it, rows in every table. It must open with every later version: never edit it, and
/// add another file with the next schema version.
const WRITTEN_BY_VERSION_1: &str = include_str!("../fixtures/vault-1.sql");

/// Made with `NIGHTSAFE_WRITE_FIXTURE=FILE`, then dumped as SQL text.
async fn populate(path: &std::path::Path) {
    let store = VaultStore::open(&path.into()).await.unwrap();
    let mut bad = arrival(index(9, "2026-11-21", &[]), vec![]);
    bad.content = Err(Reason::Malformed);
    let facets = [("brand", "visa"), ("last4", "1111"), ("expiry", "2028-01"), ("postal_code", "10115")];
    let mut one = index(1, "2026-11-21", &facets);
    one.locator.truncate(40);
    let mut sealed = [field(1, "card"), field(2, "phone")];
    sealed.iter_mut().for_each(|field| field.envelope.truncate(40));
    store.take_in(&[arrival(one, sealed.to_vec()), bad]).await.unwrap();
    let item = CustodyItem { item: "x25519".into(), wrapped: vec![1; 40] };
    let key = CustodyKey { key_id: KeyId([3; 16]), suite: "x25519".into(), public_key: vec![5; 32], items: vec![item] };
    let grant = RecoveryGrant { item: "x25519".into(), recovery_key_id: KeyId([9; 16]), sealed: vec![2; 40] };
    store.add_data_key(&NewDataKey { key, grants: vec![grant], admin_grants: Vec::new() }).await.unwrap();
    store.add_manifest(&ManifestHash([2; 32]), 1, "text\n\n— name AAAA\n").await.unwrap();
    store.add_admin("admin", b"record", NOW).await.unwrap();
    let by = ("admin", &b"record"[..]);
    store.begin_session(&proof(1), &[1; 16], by, NOW, SessionLimits::default()).await.unwrap();
    let request = OpeningRequest {
        deposit_id: DepositId(spread(1, 1)),
        open: vec![FieldOpening { kind: "card".into(), index: 0, tag: field(1, "card").tag, purpose: "charge".into() }],
        check: vec![],
    };
    store.open_fields(&[request], "admin", NOW).await.unwrap().unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_vault_of_the_first_schema_version_opens() {
    if let Ok(path) = std::env::var("NIGHTSAFE_WRITE_FIXTURE") {
        populate(std::path::Path::new(&path)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        .foreign_keys(false)
        .page_size(nightsafe_store::sqlite::PAGE_SIZE);
    let mut raw = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(WRITTEN_BY_VERSION_1).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();

    let store = VaultStore::open(&path.as_path().into()).await.unwrap();
    let id = DepositId(spread(1, 1));
    let row = store.deposit(&id).await.unwrap().unwrap();
    assert_eq!((row.reference.as_str(), row.facets["last4"].as_str(), row.facets.len()), ("ORDER-1", "1111", 4));
    for (number, kind) in [(1, "card"), (2, "phone")] {
        assert_eq!(store.field_rows(&field(number, kind).tag).await.unwrap()[0].kind, kind);
    }
    assert_eq!(store.openings(&id).await.unwrap()[0].purpose, "charge");
    assert_eq!(store.quarantined(9).await.unwrap()[0].reason, "malformed");
    assert_eq!(store.custody().await.unwrap()[0].items.len(), 1);
    assert_eq!(store.recovery_grants(&KeyId([3; 16])).await.unwrap().len(), 1);
    assert_eq!(store.manifests().await.unwrap(), ["text\n\n— name AAAA\n"]);
    assert_eq!(store.admin_record("admin").await.unwrap().as_deref(), Some(&b"record"[..]));
    // Sessions of then had no tab: admins sign in again
    assert_eq!(store.sessions("admin", NOW, SessionLimits::default()).await.unwrap(), []);
}
