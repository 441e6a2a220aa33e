//! The vault on SQLite: two rows that do not join, intake that can be repeated, search by pages, sessions.
#![cfg(feature = "vault")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail the test")]

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, ManifestHash, Tag};
use nightsafe_core::time::UnixTime;
use nightsafe_store::vault::{
    Arrival, CustodyItem, CustodyKey, FieldOpening, FieldRow, Filter, IndexRow, NewDataKey, OpeningRequest, Outcome,
    Reason, RecoveryGrant, SessionLimits, VaultStore,
};
use sqlx::{Connection, Row};

const NOW: UnixTime = UnixTime::from_seconds(1_795_219_200);

struct Vault {
    store: VaultStore,
    folder: tempfile::TempDir,
}

impl Vault {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = VaultStore::open(&folder.path().join("vault.db").into()).await.unwrap();
        Self { store, folder }
    }

    async fn raw(&self) -> sqlx::SqliteConnection {
        let path = self.folder.path().join("vault.db");
        sqlx::SqliteConnection::connect(path.to_str().unwrap()).await.unwrap()
    }

    async fn count(&self, table: &'static str) -> i64 {
        let sql = match table {
            "field" => "SELECT count(*) FROM field",
            "deposit_index" => "SELECT count(*) FROM deposit_index",
            "quarantine" => "SELECT count(*) FROM quarantine",
            "opening" => "SELECT count(*) FROM opening",
            _ => panic!("no such table"),
        };
        sqlx::query_scalar(sql).fetch_one(&mut self.raw().await).await.unwrap()
    }
}

fn spread(number: u32, what: u8) -> [u8; 32] {
    let mut bytes = [what; 32];
    bytes[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
    bytes
}

fn index(number: u32, day: &str, facets: &[(&str, &str)]) -> IndexRow {
    IndexRow {
        deposit_id: DepositId(spread(number, 1)),
        site: "demo.nightsafe.example".into(),
        reference: format!("ORDER-{number}"),
        manifest: ManifestHash([2; 32]),
        key_id: KeyId([3; 16]),
        facets: facets.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect(),
        day: day.into(),
        locator: vec![4; 1700],
    }
}

fn field(number: u32, kind: &str) -> FieldRow {
    FieldRow {
        tag: Tag(spread(number, 5)),
        envelope_hash: EnvelopeHash(spread(number, 6)),
        kind: kind.into(),
        key_id: KeyId([3; 16]),
        expires: "2028-11".into(),
        envelope: vec![7; 1300],
    }
}

fn arrival(index: IndexRow, fields: Vec<FieldRow>) -> Arrival {
    Arrival {
        deposit_id: index.deposit_id.0,
        day: index.day.clone(),
        nonce: [8; 32],
        body: vec![9; 100],
        body_hash: index.deposit_id.0,
        content: Ok((index, fields)),
    }
}

#[tokio::test]
async fn a_batch_is_taken_in_once_however_often_it_comes() {
    let vault = Vault::new().await;
    let batch: Vec<Arrival> = (0..20)
        .map(|n| arrival(index(n, "2026-11-21", &[]), vec![field(2 * n, "card"), field(2 * n + 1, "phone")]))
        .collect();
    assert_eq!(vault.store.take_in(&batch).await.unwrap(), vec![Outcome::Stored; 20]);
    assert_eq!(vault.store.take_in(&batch).await.unwrap(), vec![Outcome::AlreadyThere; 20]);
    assert_eq!((vault.count("deposit_index").await, vault.count("field").await), (20, 40));

    // A shopper's retry on the next day, after the outbox was emptied
    let retry = arrival(index(3, "2026-11-22", &[]), vec![field(6, "card"), field(7, "phone")]);
    assert_eq!(vault.store.take_in(&[retry]).await.unwrap(), [Outcome::AlreadyThere]);
    let row = vault.store.deposit(&DepositId(spread(3, 1))).await.unwrap().unwrap();
    assert_eq!(row, index(3, "2026-11-21", &[]));
}

#[tokio::test]
async fn what_cannot_be_taken_in_is_quarantined_and_the_rest_goes_on() {
    let vault = Vault::new().await;
    vault.store.take_in(&[arrival(index(0, "2026-11-21", &[]), vec![field(0, "card")])]).await.unwrap();

    let mut edited = index(0, "2026-11-21", &[("last4", "9999")]);
    edited.locator = vec![0; 3];
    let mut unreadable = arrival(index(1, "2026-11-21", &[]), vec![]);
    unreadable.content = Err(Reason::Malformed);
    let mut other_month = field(0, "card");
    other_month.expires = "2026-12".into();
    let batch = [
        arrival(edited, vec![field(8, "card")]),
        unreadable,
        arrival(index(2, "2026-11-21", &[]), vec![field(9, "phone"), other_month]),
        arrival(index(3, "2026-11-21", &[]), vec![field(10, "card")]),
    ];
    let expected = [
        Outcome::Quarantined(Reason::Conflict),
        Outcome::Quarantined(Reason::Malformed),
        Outcome::Quarantined(Reason::Conflict),
        Outcome::Stored,
    ];
    for _ in 0..2 {
        let outcomes = vault.store.take_in(&batch).await.unwrap();
        assert_eq!(outcomes[..3], expected[..3]);
    }
    assert_eq!(vault.count("quarantine").await, 3, "the same arrival is one row");
    assert_eq!(vault.count("field").await, 2, "no field of a quarantined deposit");
    assert_eq!(vault.count("deposit_index").await, 2);
    let reasons: BTreeSet<_> = vault.store.quarantined(10).await.unwrap().into_iter().map(|row| row.reason).collect();
    assert_eq!(reasons, BTreeSet::from(["conflict".into(), "malformed".into()]));
    // What was there first is untouched
    assert_eq!(vault.store.field_rows(&field(0, "card").tag).await.unwrap(), [field(0, "card")]);
}

#[tokio::test]
async fn two_deposits_of_one_batch_may_not_disagree_about_a_field() {
    let vault = Vault::new().await;
    let batch = [
        arrival(index(0, "2026-11-21", &[]), vec![field(0, "card")]),
        arrival(index(1, "2026-11-21", &[]), vec![field(0, "phone")]),
    ];
    let outcomes = vault.store.take_in(&batch).await.unwrap();
    assert_eq!(outcomes, [Outcome::Stored, Outcome::Quarantined(Reason::Conflict)]);
}

#[tokio::test]
async fn a_second_envelope_under_a_tag_is_a_second_row() {
    let vault = Vault::new().await;
    let mut resealed = field(0, "card");
    resealed.envelope_hash = EnvelopeHash([0xee; 32]);
    vault.store.take_in(&[arrival(index(0, "2026-11-21", &[]), vec![field(0, "card")])]).await.unwrap();
    vault.store.take_in(&[arrival(index(1, "2026-11-21", &[]), vec![resealed])]).await.unwrap();
    assert_eq!(vault.store.field_rows(&field(0, "card").tag).await.unwrap().len(), 2);
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
async fn search_by_each_term_in_pages() {
    let vault = Vault::new().await;
    let mut batch = Vec::new();
    for n in 0..50 {
        let day = format!("2026-11-{:02}", 1 + n % 10);
        let last4 = format!("{:04}", n % 5);
        let brand = if n % 2 == 0 { "visa" } else { "amex" };
        let facets = [
            ("brand", brand),
            ("last4", &last4),
            ("postal_code", "80331"),
            ("country", "DE"),
            ("email", "a@b.example"),
        ];
        batch.push(arrival(index(n, &day, if n == 49 { &[] } else { &facets }), vec![field(n, "card")]));
    }
    vault.store.take_in(&batch).await.unwrap();

    let some = |text: &str| Some(text.to_owned());
    for (filter, expected) in [
        (Filter::default(), 50),
        (Filter { reference: some("ORDER-7"), ..Filter::default() }, 1),
        (Filter { reference: some("ORDER-"), ..Filter::default() }, 0),
        (Filter { last4: some("0003"), ..Filter::default() }, 10),
        (Filter { last4: some("0003"), brand: some("visa"), ..Filter::default() }, 5),
        (Filter { brand: some("amex"), ..Filter::default() }, 24),
        (Filter { postal_code: some("80331"), ..Filter::default() }, 49),
        (Filter { country: some("DE"), day: some("2026-11-02"), ..Filter::default() }, 5),
        (Filter { country: some("DE"), ..Filter::default() }, 49),
        (Filter { day: some("2026-11-10"), ..Filter::default() }, 5),
        (Filter { day: some("2026-12-01"), ..Filter::default() }, 0),
        (Filter { reference: some("ORDER-7"), brand: some("visa"), ..Filter::default() }, 0),
    ] {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = vault.store.search(&filter, after.as_ref(), 7).await.unwrap();
            assert!(page.rows.len() <= 7);
            found.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found.len(), expected, "{filter:?}");
        let mut ordered = found.clone();
        ordered.sort_by(|a, b| b.day.cmp(&a.day).then(a.deposit_id.cmp(&b.deposit_id)));
        assert_eq!(found, ordered);
        let ids: BTreeSet<_> = found.iter().map(|row| row.deposit_id).collect();
        assert_eq!(ids.len(), expected, "no row twice");
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

#[tokio::test]
async fn an_opening_is_recorded_with_what_it_hands_out() {
    let vault = Vault::new().await;
    let fields = vec![field(0, "card"), field(1, "phone")];
    vault.store.take_in(&[arrival(index(0, "2026-11-21", &[]), fields)]).await.unwrap();
    let deposit_id = DepositId(spread(0, 1));
    let request = |deposit_id| OpeningRequest {
        deposit_id,
        open: vec![FieldOpening { kind: "card".into(), index: 0, tag: field(0, "card").tag, purpose: "charge".into() }],
        check: vec![field(1, "phone").tag, Tag([0; 32])],
    };

    let opened = vault.store.open_fields(&[request(deposit_id)], "admin", NOW).await.unwrap().unwrap();
    assert_eq!(opened[0].rows, [field(0, "card")]);
    assert_eq!(opened[0].present, [(field(1, "phone").tag, field(1, "phone").envelope_hash)]);
    let openings = vault.store.openings(&deposit_id).await.unwrap();
    assert_eq!(openings.len(), 1, "a check is no opening");
    let one = &openings[0];
    assert_eq!(
        (one.kind.as_str(), one.index, one.purpose.as_str(), one.admin.as_str()),
        ("card", 0, "charge", "admin")
    );
    assert_eq!(one.at, NOW);

    let unknown = DepositId([0xaa; 32]);
    let refused = vault.store.open_fields(&[request(deposit_id), request(unknown)], "admin", NOW).await;
    assert_eq!(refused.unwrap().err(), Some(unknown));
    assert_eq!(vault.count("opening").await, 1, "a refused batch records nothing");

    // Named as another kind, the row stays where it is
    let mut lie = request(deposit_id);
    lie.open[0].kind = "phone".into();
    let opened = vault.store.open_fields(&[lie], "admin", NOW).await.unwrap().unwrap();
    assert!(opened[0].rows.is_empty());
}

#[tokio::test]
async fn sessions_end_by_idleness_and_by_age() {
    let vault = Vault::new().await;
    let limits = SessionLimits::default();
    assert!(vault.store.add_admin("admin", b"record", NOW).await.unwrap());
    assert!(!vault.store.add_admin("admin", b"other", NOW).await.unwrap());
    assert_eq!(vault.store.admin_record("admin").await.unwrap().as_deref(), Some(&b"record"[..]));
    assert_eq!(vault.store.admin_record("nobody").await.unwrap(), None);

    vault.store.begin_session(&[1; 32], "admin", NOW, limits).await.unwrap();
    let idle = vault.store.use_session(&[1; 32], NOW.plus(limits.idle - 1), limits).await.unwrap();
    assert_eq!(idle.as_deref(), Some("admin"));
    let ended = vault.store.use_session(&[1; 32], NOW.plus(2 * limits.idle - 1), limits).await.unwrap();
    assert_eq!(ended, None);

    vault.store.begin_session(&[2; 32], "admin", NOW, limits).await.unwrap();
    let mut now = NOW;
    while now < NOW.plus(limits.absolute - 60) {
        now = now.plus(60);
        assert!(vault.store.use_session(&[2; 32], now, limits).await.unwrap().is_some());
    }
    assert_eq!(vault.store.use_session(&[2; 32], NOW.plus(limits.absolute), limits).await.unwrap(), None);

    vault.store.begin_session(&[3; 32], "admin", NOW, limits).await.unwrap();
    vault.store.end_session(&[3; 32]).await.unwrap();
    vault.store.end_session(&[3; 32]).await.unwrap();
    assert_eq!(vault.store.use_session(&[3; 32], NOW, limits).await.unwrap(), None);
}

#[tokio::test]
async fn custody_and_manifests_are_added_once() {
    let vault = Vault::new().await;
    let item = |name: &str| CustodyItem { item: name.into(), wrapped: vec![1; 120] };
    let key = |id: u8| CustodyKey {
        key_id: KeyId([id; 16]),
        suite: "xwing".into(),
        public_key: vec![id; 1216],
        items: vec![item("mlkem-seed"), item("x25519")],
    };
    let grant = RecoveryGrant { item: "x25519".into(), recovery_key_id: KeyId([9; 16]), sealed: vec![2; 1200] };
    for id in [2, 1] {
        let new = NewDataKey { key: key(id), grants: vec![grant.clone()] };
        assert!(vault.store.add_data_key(&new).await.unwrap());
        assert!(!vault.store.add_data_key(&new).await.unwrap());
    }
    assert_eq!(vault.store.custody().await.unwrap(), [key(1), key(2)]);
    assert!(vault.store.recovery_grants(&KeyId([1; 16])).await.unwrap() == [grant]);

    assert!(vault.store.add_manifest(&ManifestHash([2; 32]), 2, "second").await.unwrap());
    assert!(vault.store.add_manifest(&ManifestHash([1; 32]), 1, "first").await.unwrap());
    assert!(!vault.store.add_manifest(&ManifestHash([1; 32]), 1, "changed").await.unwrap());
    assert_eq!(vault.store.manifests().await.unwrap(), ["first", "second"]);
    assert_eq!(vault.store.manifest(&ManifestHash([2; 32])).await.unwrap().as_deref(), Some("second"));
    assert_eq!(vault.store.manifest(&ManifestHash([3; 32])).await.unwrap(), None);
}

/// A vault as the first release wrote it, rows in every table. It must open with every later version: never edit it, and
/// add another file with the next schema version.
const WRITTEN_BY_VERSION_1: &str = include_str!("fixtures/vault-1.sql");

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
    store.add_data_key(&NewDataKey { key, grants: vec![grant] }).await.unwrap();
    store.add_manifest(&ManifestHash([2; 32]), 1, "text\n\n— name AAAA\n").await.unwrap();
    store.add_admin("admin", b"record", NOW).await.unwrap();
    store.begin_session(&[1; 32], "admin", NOW, SessionLimits::default()).await.unwrap();
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
    let session = store.use_session(&[1; 32], NOW, SessionLimits::default()).await.unwrap();
    assert_eq!(session.as_deref(), Some("admin"));
}
