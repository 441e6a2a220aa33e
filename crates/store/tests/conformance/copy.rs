//! A vault copied into an empty one: every row, nothing half, whatever the two engines are.

use nightsafe_core::keys::KeyState;
use nightsafe_core::passkey::PasskeyId;
use nightsafe_core::scalar::{IdentityId, KeyId, ManifestHash, RosterHead};
use nightsafe_store::backup::{BackupError, backup};
use nightsafe_store::vault::{
    Arrival, CopyError, CustodyItem, CustodyKey, FieldOpening, Filter, KeyNews, NewDataKey, NewEntry, NewKit,
    NewPasskey, OpeningRequest, Proposal, Reason, RecoveryGrant, SessionLimits, StoredGrant, StoredIdentity,
    StoredWrapped, VaultStore,
};

use crate::audit_keys::audit_key;
use crate::log::{checkpoint, leaves};
use crate::passkeys::passkey;
use crate::people::{entry, invitation, newcomer};
use crate::place::{Engine, Place};
use crate::rows::{NOW, arrival, field, index};
use crate::sessions::proof;

/// More than a page of them.
const ORDERS: u32 = 250;
const ANNA: IdentityId = IdentityId([4; 16]);
const DORA: IdentityId = IdentityId([6; 16]);

/// Something in every table, half of the field rows settled.
async fn fill(store: &VaultStore) {
    store.add_admin("anna", b"record", NOW).await.unwrap();
    store.set_lock_after("anna", 300).await.unwrap();
    let key_id = KeyId([3; 16]);
    let items = vec![
        CustodyItem { item: "mlkem-seed".into(), wrapped: vec![1; 90] },
        CustodyItem { item: "x25519".into(), wrapped: vec![2; 90] },
    ];
    let grant = |recovery: u8| RecoveryGrant {
        item: "x25519".into(),
        recovery_key_id: KeyId([recovery; 16]),
        sealed: vec![recovery; 200],
    };
    let key = CustodyKey { key_id, suite: "xwing".into(), public_key: vec![5; 1216], items };
    let wrapped = |method: &str| StoredWrapped { method: method.into(), slot: String::new(), wrapped: vec![6; 90] };
    let identity =
        StoredIdentity { id: ANNA, public: vec![7; 90], wrapped: vec![wrapped("login"), wrapped("recovery-code")] };
    assert!(store.add_identity("anna", &identity).await.unwrap());
    let by = ("anna", &b"record"[..]);
    assert!(store.begin_session(&proof(1), &[1; 16], by, NOW, SessionLimits::default()).await.unwrap());
    let (session, record, wrapped) = (&proof(1).token_hash, &b"kit"[..], &[9; 90][..]);
    assert!(store.keep_kit(NewKit { admin: "anna", session, record, wrapped, made: NOW }).await.unwrap());
    let id = PasskeyId([1; 16]);
    assert!(store.add_passkey(NewPasskey { session, ..passkey(&id, Some(wrapped)) }).await.unwrap());
    let granted = StoredGrant { key_id, recipient: ANNA, item: "x25519".into(), granted: vec![8; 90] };
    let new = NewDataKey { key, grants: vec![grant(1), grant(2)], admin_grants: vec![granted] };
    store.add_data_key(&new).await.unwrap();
    store.add_audit_key(&audit_key(1)).await.unwrap();
    let gone = KeyId([13; 16]);
    let gone_key = CustodyKey { key_id: gone, suite: "xwing".into(), public_key: vec![6; 1216], items: Vec::new() };
    store.add_data_key(&NewDataKey { key: gone_key, grants: Vec::new(), admin_grants: Vec::new() }).await.unwrap();
    assert!(store.purge_key(&gone, NOW).await.unwrap());
    // Dora came and went, so that it is remembered what was granted to her
    assert!(store.invite(&invitation("dora"), &[4; 32], NOW).await.unwrap());
    assert!(store.join(&[4; 32], &newcomer("dora", DORA)).await.unwrap());
    let granted = StoredGrant { key_id, recipient: DORA, item: "x25519".into(), granted: vec![8; 90] };
    let comes = NewEntry { admitted: vec![("dora".into(), DORA)], grants: vec![granted], ..entry(0) };
    for next in [comes, NewEntry { ended: vec![DORA], ..entry(1) }, entry(2)] {
        assert!(store.take_roster_entry(&next).await.unwrap());
    }
    store.propose(&Proposal { head: RosterHead([9; 32]), note: "proposed".into() }).await.unwrap();
    for (name, token) in [("ben", [2; 32]), ("cleo", [3; 32])] {
        assert!(store.invite(&invitation(name), &token, NOW).await.unwrap());
    }
    assert!(store.join(&[2; 32], &newcomer("ben", IdentityId([5; 16]))).await.unwrap());
    for sequence in 1..3_u8 {
        store.add_manifest(&ManifestHash([sequence; 32]), sequence.into(), &format!("note {sequence}")).await.unwrap();
    }
    for half in [0..ORDERS / 2, ORDERS / 2..ORDERS] {
        let orders: Vec<_> = half
            .map(|n| arrival(index(n, "2026-11-21", &[("last4", "4242"), ("brand", "visa")]), vec![field(n, "card")]))
            .collect();
        store.settle(NOW).await.unwrap();
        store.take_in(&orders).await.unwrap();
    }
    let bad = |n: u32| Arrival { content: Err(Reason::Malformed), ..arrival(index(n, "2026-11-22", &[]), vec![]) };
    store.take_in(&[bad(900), bad(901)]).await.unwrap();
    for _ in 0..3 {
        open(store).await;
    }
    store.append_log(&leaves(0..1), checkpoint).await.unwrap();
    let said = [KeyNews::Published(ManifestHash([1; 32])), KeyNews::Came(key_id, KeyState::Active)];
    let said: Vec<_> = said.into_iter().zip(leaves(1..3)).collect();
    store.append_key_news(&said, checkpoint).await.unwrap();
    store.append_log(&leaves(3..130), checkpoint).await.unwrap();
}

async fn open(store: &VaultStore) {
    let request = OpeningRequest {
        deposit_id: index(0, "", &[]).deposit_id,
        open: vec![FieldOpening { kind: "card".into(), index: 0, tag: field(0, "card").tag, purpose: "charge".into() }],
        check: Vec::new(),
    };
    store.open_fields(&[request], "anna", NOW).await.unwrap().unwrap();
}

/// All that the methods of a vault tell.
async fn told(store: &VaultStore) -> impl PartialEq + std::fmt::Debug + use<> {
    let rows = store.search(&Filter::default(), None, 1000).await.unwrap().rows;
    let mut fields = Vec::new();
    for number in 0..ORDERS {
        fields.push(store.field_rows(&field(number, "card").tag).await.unwrap());
    }
    let openings = store.openings(&index(0, "", &[]).deposit_id).await.unwrap();
    let grants = store.recovery_grants(&KeyId([3; 16])).await.unwrap().len();
    let quarantined = store.quarantined(9).await.unwrap();
    let log = (store.log_checkpoint().await.unwrap(), store.log_entries(0, 1000).await.unwrap());
    let said = store.key_log().await.unwrap();
    (
        (rows, fields, format!("{openings:?}")),
        (store.custody().await.unwrap(), store.manifests().await.unwrap(), store.admin_record("anna").await.unwrap()),
        (grants, quarantined, log, said),
        (
            store.identity_of("anna").await.unwrap(),
            (store.grants_to(&ANNA).await.unwrap(), store.audit_grants_to(&ANNA).await.unwrap()),
            (store.ended_grants().await.unwrap(), store.purged_keys().await.unwrap()),
            (store.audit_keys().await.unwrap(), store.audit_recovery_grants(&KeyId([1; 16])).await.unwrap()),
            (store.lock_after("anna").await.unwrap(), store.kit("anna").await.unwrap()),
            store.passkeys("anna", "admin.example").await.unwrap(),
            store.roster().await.unwrap(),
        ),
        (
            store.proposals().await.unwrap(),
            store.newcomers().await.unwrap(),
            store.invitation_of(&[3; 32], NOW).await.unwrap(),
        ),
    )
}

async fn copied(from: &Place, to: &Place) {
    let source = VaultStore::open(&from.vault()).await.unwrap();
    let target = VaultStore::open(&to.vault()).await.unwrap();
    target.check_empty().await.unwrap();
    fill(&source).await;
    let counts = source.copy_to(&target).await.unwrap();
    assert_eq!(
        counts,
        [
            ("admin", 1),
            ("data_key", 2),
            ("purged_key", 1),
            ("wrapped_item", 2),
            ("recovery_grant", 2),
            ("identity", 2),
            ("admin_identity", 1),
            ("admin_setting", 1),
            ("recovery_kit", 1),
            ("passkey", 1),
            ("wrapped_identity", 3),
            ("roster_entry", 3),
            ("roster_proposal", 1),
            ("invitation", 1),
            ("newcomer", 1),
            ("admin_grant", 1),
            ("ended_grant", 1),
            ("audit_key", 1),
            ("audit_grant", 1),
            ("audit_recovery_grant", 2),
            ("manifest", 2),
            ("deposit_index", ORDERS.into()),
            ("taken", ORDERS.into()),
            ("field", ORDERS.into()),
            ("opening", 3),
            ("logged_manifest", 1),
            ("logged_key", 1),
            ("log_leaf", 130),
            ("log_node", 258),
            ("log_entry", 130),
            ("checkpoint", 3),
            ("quarantine", 2),
        ]
    );
    assert_eq!(told(&source).await, told(&target).await);

    let again = source.copy_to(&target).await.unwrap_err();
    assert!(matches!(again, CopyError::NotEmpty { table: "admin", rows: 1 }), "{again}");
    target.check_empty().await.unwrap_err();
    // The copy is a vault at work: it knows what it has, takes what it has not, and settles
    let outcomes = target
        .take_in(&[
            arrival(index(1, "2026-11-21", &[("last4", "4242"), ("brand", "visa")]), vec![field(1, "card")]),
            arrival(index(ORDERS, "2026-11-21", &[]), vec![field(ORDERS, "card")]),
        ])
        .await
        .unwrap();
    assert_eq!(format!("{outcomes:?}"), "[AlreadyThere, Stored]");
    open(&target).await;
    target.settle(NOW).await.unwrap();
    assert_eq!(target.append_log(&leaves(130..131), checkpoint).await.unwrap().first, 130);
    for store in [source, target] {
        store.close().await;
    }
}

pub(crate) async fn a_copy_tells_the_same(place: &Place) {
    let engine = if matches!(place, Place::Sqlite(_)) { Engine::Sqlite } else { Engine::Postgres };
    copied(place, &Place::new(engine).await.unwrap()).await;
}

#[tokio::test]
async fn from_sqlite_to_postgres_and_back() {
    let Some(server) = Place::postgres().await else { return };
    copied(&Place::sqlite(), &server).await;
    let Some(server) = Place::postgres().await else { return };
    copied(&server, &Place::sqlite()).await;
}

/// Where PostgreSQL put the rows says nothing but the order of their tags.
#[tokio::test]
async fn rows_lie_in_the_order_of_their_tags() {
    let Some(server) = Place::postgres().await else { return };
    let from = Place::sqlite();
    let source = VaultStore::open(&from.vault()).await.unwrap();
    fill(&source).await;
    source.copy_to(&VaultStore::open(&server.vault()).await.unwrap()).await.unwrap();
    let Place::Postgres(own) = &server else { panic!() };
    for (table, key) in [("field_staging", "tag"), ("deposit_index", "deposit_id"), ("taken", "deposit_id")] {
        let order = |by: &str| format!("SELECT {key} FROM vault.{table} ORDER BY {by}");
        let mut raw = own.connect().await;
        let places: Vec<Vec<u8>> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(order("ctid"))).fetch_all(&mut raw).await.unwrap();
        let keys: Vec<Vec<u8>> = sqlx::query_scalar(sqlx::AssertSqlSafe(order(key))).fetch_all(&mut raw).await.unwrap();
        assert_eq!(places.len(), ORDERS as usize);
        assert!(places == keys, "{table}");
        let transactions = format!("SELECT count(DISTINCT xmin::text) FROM vault.{table}");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(transactions)).fetch_one(&mut raw).await.unwrap();
        assert_eq!(count, 1, "{table}");
    }
}

#[tokio::test]
async fn a_copy_that_fails_leaves_nothing() {
    let Some(server) = Place::postgres().await else { return };
    let from = Place::sqlite();
    let source = VaultStore::open(&from.vault()).await.unwrap();
    fill(&source).await;
    // The last table refuses
    server.execute("vault", "ALTER TABLE quarantine ADD CHECK (day < '2026')").await;
    let target = VaultStore::open(&server.vault()).await.unwrap();
    let error = source.copy_to(&target).await.unwrap_err();
    assert!(matches!(error, CopyError::Store(_)), "{error}");
    target.check_empty().await.unwrap();
    assert_eq!(server.count("vault", "field_row").await, 0);
}

/// Settling takes the tables away under whoever reads: a copy of PostgreSQL must see all rows whenever it begins.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_while_rows_are_settled_has_all_of_them() {
    let Some(server) = Place::postgres().await else { return };
    let source = VaultStore::open(&server.vault()).await.unwrap();
    fill(&source).await;
    let settling = tokio::spawn({
        let store = VaultStore::open(&server.vault()).await.unwrap();
        async move {
            for n in 0..40 {
                let one = arrival(index(1000 + n, "2026-11-21", &[]), vec![field(1000 + n, "card")]);
                store.take_in(&[one]).await.unwrap();
                store.settle(NOW).await.unwrap();
            }
        }
    });
    let mut copies = 0;
    while !settling.is_finished() || copies == 0 {
        let place = Place::sqlite();
        let target = VaultStore::open(&place.vault()).await.unwrap();
        let counts = source.copy_to(&target).await.unwrap();
        let rows = |name| counts.iter().find(|(table, _)| *table == name).unwrap().1;
        assert_eq!(rows("field"), rows("deposit_index"), "each of these orders has one field");
        copies += 1;
    }
    settling.await.unwrap();
}

pub(crate) async fn a_backup_of_a_file_in_use_is_a_vault(place: &Place) {
    let other = tempfile::tempdir().unwrap();
    let to = other.path().join("backup.db");
    if let Place::Postgres(_) = place {
        assert!(matches!(backup(&place.vault(), &to).await, Err(BackupError::Postgres)));
        assert!(!to.exists());
        return;
    }
    let store = VaultStore::open(&place.vault()).await.unwrap();
    fill(&store).await;
    backup(&place.vault(), &to).await.unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&to).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    // The very rows, read without making or changing anything, and then at work
    let copy = VaultStore::open_read_only(&to.as_path().into()).await.unwrap();
    assert_eq!(told(&store).await, told(&copy).await);
    copy.close().await;
    let copy = VaultStore::open(&to.as_path().into()).await.unwrap();
    copy.settle(NOW).await.unwrap();
    copy.close().await;

    let before = std::fs::read(&to).unwrap();
    assert!(matches!(backup(&place.vault(), &to).await, Err(BackupError::Exists)));
    assert_eq!(std::fs::read(&to).unwrap(), before);
    let (nothing, new) = (other.path().join("nothing.db"), other.path().join("new.db"));
    backup(&nothing.as_path().into(), &new).await.unwrap_err();
    assert!(!new.exists() && !nothing.exists());
}
