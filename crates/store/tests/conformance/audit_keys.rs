//! Audit keys with their grants, and openings that are in the log with what they hand out.

use nightsafe_core::audit::PointHash;
use nightsafe_core::log::CheckpointError;
use nightsafe_core::scalar::{DepositId, EnvelopeHash, IdentityId, KeyId, RosterHead, Tag};
use nightsafe_store::vault::{
    AppendError, Appended, FieldOpening, FieldRow, NewAuditKey, NewEntry, OpenError, OpeningRequest, PresentField,
    Proposal, RecordedChange, RecoveryGrant, SessionEvent, SessionLimits, StoredAuditKey, StoredGrant, StoredIdentity,
    StoredWrapped, VaultStore,
};

use crate::log::{checkpoint, leaves};
use crate::place::Place;
use crate::rows::{NOW, arrival, field, index, spread};
use crate::sessions::proof;

const ANNA: IdentityId = IdentityId([4; 16]);

fn granted(key: u8, item: &str) -> StoredGrant {
    StoredGrant { key_id: KeyId([key; 16]), recipient: ANNA, item: item.into(), granted: vec![8; 90] }
}

/// Granted to Anna, who must be there.
pub(crate) fn audit_key(id: u8) -> NewAuditKey {
    let sealed =
        |item: &str| RecoveryGrant { item: item.into(), recovery_key_id: KeyId([9; 16]), sealed: vec![2; 1200] };
    NewAuditKey {
        key: StoredAuditKey { key_id: KeyId([id; 16]), public_key: vec![id; 1216] },
        grants: vec![sealed("mlkem-seed"), sealed("x25519")],
        admin_grants: vec![granted(id, "mlkem-seed")],
    }
}

async fn with_anna(place: &Place) -> VaultStore {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    assert!(store.add_admin("anna", b"record", NOW).await.unwrap());
    let wrapped = StoredWrapped { method: "login".into(), slot: String::new(), wrapped: vec![5; 281] };
    let identity = StoredIdentity { id: ANNA, public: vec![7; 90], wrapped: vec![wrapped] };
    assert!(store.add_identity("anna", &identity).await.unwrap());
    store
}

pub(crate) async fn an_audit_key_is_added_once_and_granted_like_a_data_key(place: &Place) {
    let store = with_anna(place).await;
    for id in [2, 1] {
        assert!(store.add_audit_key(&audit_key(id)).await.unwrap());
        assert!(!store.add_audit_key(&audit_key(id)).await.unwrap());
    }
    assert_eq!(store.audit_keys().await.unwrap(), [audit_key(1).key, audit_key(2).key]);
    assert!(store.audit_recovery_grants(&KeyId([1; 16])).await.unwrap() == audit_key(1).grants);
    assert!(store.audit_recovery_grants(&KeyId([3; 16])).await.unwrap().is_empty());

    // By the same call as for data keys, which have grants of their own
    let more = [granted(1, "x25519"), granted(1, "mlkem-seed")];
    assert_eq!(store.add_grants(&more).await.unwrap(), 1);
    let all = [granted(1, "mlkem-seed"), granted(1, "x25519"), granted(2, "mlkem-seed")];
    assert!(store.audit_grants_to(&ANNA).await.unwrap() == all);
    assert!(store.grants_to(&ANNA).await.unwrap().is_empty());
    assert!(store.add_grants(&[granted(3, "x25519")]).await.is_err(), "of a key that is not there");
    // All or nothing
    let mut bad = audit_key(5);
    bad.admin_grants[0].recipient = IdentityId([6; 16]);
    assert!(store.add_audit_key(&bad).await.is_err());
    assert_eq!(store.audit_keys().await.unwrap().len(), 2);
}

pub(crate) async fn a_sign_in_is_recorded_with_its_entry_or_not_at_all(place: &Place) {
    let store = with_anna(place).await;
    let limits = SessionLimits::default();
    for number in [1, 2] {
        let begun = store.begin_session(&proof(number), &[number; 16], ("anna", b"record"), NOW, limits).await;
        assert!(begun.unwrap());
    }
    let began = SessionEvent::Began;
    assert!(!store.is_sign_in_recorded(&[1; 32]).await.unwrap());
    let unsigned = |_, _| Err(CheckpointError::WrongOrigin);
    assert!(store.append_log_of_session(&[1; 32], began, &leaves(0..1), unsigned).await.is_err());
    assert!(!store.is_sign_in_recorded(&[1; 32]).await.unwrap());
    let appended = store.append_log_of_session(&[1; 32], began, &leaves(0..1), checkpoint).await.unwrap();
    assert_eq!(appended, Appended { first: 0, size: 1 });
    assert!(store.is_sign_in_recorded(&[1; 32]).await.unwrap());
    assert!(!store.is_sign_in_recorded(&[2; 32]).await.unwrap(), "another session");
    assert!(!store.is_sign_in_recorded(&[3; 32]).await.unwrap());

    // A sign-out that was not recorded did not happen
    let ended = SessionEvent::Ended;
    assert!(store.append_log_of_session(&[1; 32], ended, &leaves(1..2), unsigned).await.is_err());
    assert!(store.use_session(&proof(1), NOW, limits).await.unwrap().is_some());
    store.append_log_of_session(&[1; 32], ended, &leaves(1..2), checkpoint).await.unwrap();
    assert_eq!(store.use_session(&proof(1), NOW, limits).await.unwrap(), None);
    assert!(store.use_session(&proof(2), NOW, limits).await.unwrap().is_some());
}

fn entry(sequence: u8, grants: Vec<StoredGrant>, ended: Vec<IdentityId>) -> NewEntry {
    let note = format!("entry {sequence}");
    NewEntry { sequence: sequence.into(), head: RosterHead([sequence; 32]), note, ended, admitted: Vec::new(), grants }
}

pub(crate) async fn a_change_is_in_the_log_with_what_it_does(place: &Place) {
    let store = with_anna(place).await;
    assert!(store.add_audit_key(&audit_key(1)).await.unwrap());
    let unsigned = |_, _| Err(CheckpointError::WrongOrigin);
    let written = async || (store.roster().await.unwrap().len(), store.audit_grants_to(&ANNA).await.unwrap().len());
    let first = entry(0, vec![granted(1, "x25519")], Vec::new());
    let change = RecordedChange::Entry(&first);
    assert!(store.change_recorded(change, &leaves(0..2), unsigned).await.is_err());
    assert_eq!(written().await, (0, 1));
    let appended = store.change_recorded(change, &leaves(0..2), checkpoint).await.unwrap();
    assert_eq!((appended, written().await), (Some(Appended { first: 0, size: 2 }), (1, 2)));

    // Not the next one: neither entry nor leaf
    assert_eq!(store.change_recorded(change, &leaves(2..3), checkpoint).await.unwrap(), None);
    assert_eq!(place.count("vault", "log_leaf").await, 2);
    // A leaf that is there already: nothing is done
    let proposal = Proposal { head: RosterHead([9; 32]), note: "waits".into() };
    let again = store.change_recorded(RecordedChange::Proposal(&proposal), &leaves(0..1), checkpoint).await;
    assert!(matches!(again.unwrap_err(), AppendError::Repeated(0)));
    assert_eq!(store.proposals().await.unwrap(), []);
    let waits = store.change_recorded(RecordedChange::Proposal(&proposal), &leaves(2..3), checkpoint).await;
    assert_eq!(
        (waits.unwrap(), store.proposals().await.unwrap()),
        (Some(Appended { first: 2, size: 3 }), vec![proposal])
    );

    let other = StoredGrant { key_id: KeyId([3; 16]), ..granted(1, "x25519") };
    let unknown = store.change_recorded(RecordedChange::Grants(&[other]), &leaves(3..4), checkpoint).await;
    assert!(matches!(unknown.unwrap_err(), AppendError::Store(_)), "of a key that is not there");
    let known = [granted(1, "mlkem-seed")];
    let kept = store.change_recorded(RecordedChange::Grants(&known), &leaves(3..4), checkpoint).await;
    assert_eq!(kept.unwrap(), Some(Appended { first: 3, size: 4 }));

    // One's own sessions elsewhere
    let limits = SessionLimits::default();
    for number in [1, 2, 3] {
        let begun = store.begin_session(&proof(number), &[number; 16], ("anna", b"record"), NOW, limits).await;
        assert!(begun.unwrap());
    }
    let open = async || store.sessions("anna", NOW, limits).await.unwrap().len();
    let one = RecordedChange::Session("anna", &[2; 16]);
    assert!(store.change_recorded(one, &leaves(4..5), unsigned).await.is_err());
    assert_eq!(open().await, 3);
    store.change_recorded(one, &leaves(4..5), checkpoint).await.unwrap().unwrap();
    assert_eq!(open().await, 2);
    let others = RecordedChange::OtherSessions("anna", &[1; 32]);
    store.change_recorded(others, &leaves(5..6), checkpoint).await.unwrap().unwrap();
    assert_eq!(open().await, 1);

    // Who goes opens no entry any more, by what lies here
    let gone = entry(1, Vec::new(), vec![ANNA]);
    store.change_recorded(RecordedChange::Entry(&gone), &leaves(6..7), checkpoint).await.unwrap().unwrap();
    assert_eq!(written().await, (2, 0));
    assert_eq!(store.audit_recovery_grants(&KeyId([1; 16])).await.unwrap().len(), 2, "the recovery key does");
}

/// A classical envelope: version, suite, key id, cost, a good point, a ciphertext.
fn envelope(ciphertext: u8) -> Vec<u8> {
    let mut point = [0; 32];
    point[0] = 9;
    [&[1, 0, 0x20][..], &[3; 16], &[0], &point, &[ciphertext; 40]].concat()
}

pub(crate) async fn an_opening_is_in_the_log_with_what_it_hands_out(place: &Place) {
    let store = with_anna(place).await;
    let sealed = |number: u32, kind: &str| FieldRow { envelope: envelope(7), ..field(number, kind) };
    // A second row beside the first, of which nothing can be opened
    let damaged = FieldRow { envelope_hash: EnvelopeHash(spread(9, 6)), ..field(0, "card") };
    let fields = vec![sealed(0, "card"), damaged.clone(), sealed(1, "phone")];
    store.take_in(&[arrival(index(0, "2026-11-21", &[]), fields)]).await.unwrap();
    let deposit_id = DepositId(spread(0, 1));
    let request = |deposit_id| OpeningRequest {
        deposit_id,
        open: vec![FieldOpening { kind: "card".into(), index: 0, tag: field(0, "card").tag, purpose: "ship".into() }],
        check: vec![field(1, "phone").tag, Tag([0; 32])],
    };
    let (good, unknown) = ([request(deposit_id)], [request(deposit_id), request(DepositId([0xaa; 32]))]);

    let refused = store.open_fields_recorded((&good, "anna", NOW), &leaves(0..1), |_| false, checkpoint).await;
    assert!(matches!(refused.unwrap_err(), OpenError::Differs));
    let refused = store.open_fields_recorded((&unknown, "anna", NOW), &leaves(0..1), |_| true, checkpoint).await;
    assert!(matches!(refused.unwrap_err(), OpenError::UnknownDeposit(id) if id == DepositId([0xaa; 32])));
    let unsigned = |_, _| Err(CheckpointError::WrongOrigin);
    let refused = store.open_fields_recorded((&good, "anna", NOW), &leaves(0..1), |_| true, unsigned).await;
    assert!(matches!(refused.unwrap_err(), OpenError::Append(AppendError::Sign(_))));
    assert_eq!((place.count("vault", "opening").await, place.count("vault", "log_leaf").await), (0, 0));

    let mut point = [0; 32];
    point[0] = 9;
    let point = Some(PointHash::of(&point));
    let agrees = |rows: &[nightsafe_store::vault::OpenedFields]| rows[0].rows.iter().all(|row| row.point() == point);
    let opened = store.open_fields_recorded((&good, "anna", NOW), &leaves(0..1), agrees, checkpoint).await;
    let (rows, appended) = opened.unwrap();
    assert_eq!(appended, Appended { first: 0, size: 1 });
    assert_eq!(rows[0].rows, [sealed(0, "card")]);
    let there = |row: &FieldRow, point| PresentField { tag: row.tag, hash: row.envelope_hash, point };
    assert_eq!(rows[0].present, [there(&damaged, None), there(&field(1, "phone"), point)]);
    assert_eq!((place.count("vault", "opening").await, place.count("vault", "log_leaf").await), (1, 1));

    let again = store.open_fields_recorded((&good, "anna", NOW), &leaves(0..1), |_| true, checkpoint).await;
    assert!(matches!(again.unwrap_err(), OpenError::Append(AppendError::Repeated(0))));
    assert_eq!(place.count("vault", "opening").await, 1, "a replayed entry opens nothing");
}
