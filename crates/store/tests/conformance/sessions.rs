//! Who may sign in, and who is signed in.

use nightsafe_store::vault::{SessionIdentity, SessionLimits, SessionProof, VaultStore};

use crate::place::Place;
use crate::rows::NOW;

const LIMITS: SessionLimits = SessionLimits { idle: 900, absolute: 12 * 3600 };

/// Token and tab of a session.
pub(crate) const fn proof(number: u8) -> SessionProof {
    SessionProof { token_hash: [number; 32], tab_hash: [number + 100; 32] }
}

async fn with_admins(place: &Place) -> VaultStore {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    for name in ["admin", "ben"] {
        assert!(store.add_admin(name, b"record", NOW).await.unwrap());
    }
    store
}

async fn begin(store: &VaultStore, number: u8, admin: &str, at: u64) {
    let by = (admin, &b"record"[..]);
    assert!(store.begin_session(&proof(number), &[number; 16], by, NOW.plus(at), LIMITS).await.unwrap());
}

/// Whose session it is then.
async fn used(store: &VaultStore, proof: &SessionProof, at: u64) -> Option<String> {
    store.use_session(proof, NOW.plus(at), LIMITS).await.unwrap().map(|used| used.admin)
}

pub(crate) async fn sessions_end_by_idleness_and_by_age(place: &Place) {
    let store = with_admins(place).await;
    assert_eq!(SessionLimits::default(), LIMITS);
    assert!(!store.add_admin("admin", b"other", NOW).await.unwrap());
    assert_eq!(store.admin_record("admin").await.unwrap().as_deref(), Some(&b"record"[..]));
    assert_eq!(store.admin_record("nobody").await.unwrap(), None);

    begin(&store, 1, "admin", 0).await;
    for other in [("admin", &b"an earlier one"[..]), ("nobody", b"record")] {
        assert!(!store.begin_session(&proof(9), &[9; 16], other, NOW, LIMITS).await.unwrap());
    }
    assert_eq!(used(&store, &proof(9), 0).await, None);
    assert_eq!(used(&store, &proof(1), LIMITS.idle - 1).await.as_deref(), Some("admin"));
    assert_eq!(used(&store, &proof(1), 2 * LIMITS.idle - 1).await, None);

    begin(&store, 2, "admin", 0).await;
    for at in (60..LIMITS.absolute).step_by(60) {
        assert!(used(&store, &proof(2), at).await.is_some());
    }
    assert_eq!(used(&store, &proof(2), LIMITS.absolute).await, None);

    begin(&store, 3, "admin", 0).await;
    store.end_session(&proof(3).token_hash).await.unwrap();
    store.end_session(&proof(3).token_hash).await.unwrap();
    assert_eq!(used(&store, &proof(3), 0).await, None);
}

pub(crate) async fn a_token_is_nothing_without_its_tab(place: &Place) {
    let store = with_admins(place).await;
    begin(&store, 1, "admin", 0).await;
    begin(&store, 2, "admin", 0).await;
    let mixed = SessionProof { tab_hash: proof(2).tab_hash, ..proof(1) };
    for wrong in [mixed, SessionProof { tab_hash: [0; 32], ..proof(1) }] {
        assert_eq!(used(&store, &wrong, 800).await, None);
        assert_eq!(store.resume_session(&wrong, NOW.plus(800), LIMITS).await.unwrap(), None);
    }
    // And it was no use of the session
    assert_eq!(used(&store, &proof(1), 900).await, None);
}

pub(crate) async fn what_unlocks_an_identity_goes_with_its_session(place: &Place) {
    let store = with_admins(place).await;
    let identity = SessionIdentity { half: [7; 32], wrapped: vec![8; 300] };
    let resumed = async |number: u8, at: u64| {
        store.resume_session(&proof(number), NOW.plus(at), LIMITS).await.unwrap().map(|(_, identity)| identity)
    };
    begin(&store, 1, "admin", 0).await;
    assert_eq!(resumed(1, 0).await, Some(None));
    assert!(store.keep_identity(&proof(1).token_hash, &identity).await.unwrap());
    assert_eq!(resumed(1, 0).await, Some(Some(identity.clone())));
    // Within the admin's own time: ten minutes where nothing was set
    assert_eq!(resumed(1, 599).await, Some(Some(identity.clone())));
    assert_eq!(resumed(1, 599 + 600).await, None);
    // The session is gone with it, although the vault's limit was not reached
    assert_eq!(used(&store, &proof(1), 599 + 600).await, None);
    assert!(!store.keep_identity(&proof(1).token_hash, &identity).await.unwrap());

    assert_eq!(store.lock_after("admin").await.unwrap(), 600);
    for seconds in [60, 300] {
        store.set_lock_after("admin", seconds).await.unwrap();
        assert_eq!(store.lock_after("admin").await.unwrap(), seconds);
        begin(&store, 2, "admin", 0).await;
        assert!(resumed(2, seconds - 1).await.is_some());
        assert_eq!(resumed(2, 2 * seconds - 1).await, None);
    }
    assert_eq!(store.lock_after("ben").await.unwrap(), 600);
    // The vault's own limits hold all the same
    store.set_lock_after("admin", 5000).await.unwrap();
    begin(&store, 3, "admin", 0).await;
    assert_eq!(resumed(3, 900).await, None);
}

pub(crate) async fn an_admin_lists_and_ends_his_own_sessions(place: &Place) {
    let store = with_admins(place).await;
    for (number, admin) in [(1, "admin"), (2, "admin"), (3, "admin"), (4, "ben")] {
        begin(&store, number, admin, number.into()).await;
    }
    used(&store, &proof(1), 10).await;
    let listed = async |at: u64| {
        let rows = store.sessions("admin", NOW.plus(at), LIMITS).await.unwrap();
        rows.iter().map(|row| (row.id[0], row.started.seconds() - NOW.seconds())).collect::<Vec<_>>()
    };
    assert_eq!(listed(10).await, [(1, 1), (3, 3), (2, 2)]);
    assert_eq!(store.sessions("admin", NOW.plus(10), LIMITS).await.unwrap()[0].last_used, NOW.plus(10));
    // Those that have ended by themselves are not among them
    assert_eq!(listed(905).await, [(1, 1)]);

    assert_eq!(store.end_session_of("admin", &[4; 16]).await.unwrap(), 0, "it is Ben's");
    assert_eq!(store.end_session_of("admin", &[2; 16]).await.unwrap(), 1);
    assert_eq!(store.end_session_of("admin", &[2; 16]).await.unwrap(), 0);
    assert_eq!(listed(10).await, [(1, 1), (3, 3)]);
    assert_eq!(store.end_other_sessions("admin", &proof(3).token_hash).await.unwrap(), 1);
    assert_eq!(listed(10).await, [(3, 3)]);
    assert!(used(&store, &proof(4), 10).await.is_some());
}
