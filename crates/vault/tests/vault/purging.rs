//! Data keys whose time is over, and under which nothing is left: destroyed, with an entry of the vault's, and no key before.

use nightsafe_core::audit::{Action, Actor, Commitment, Entry, open_sealed};
use nightsafe_core::keys::KeyState;
use nightsafe_core::scalar::KeyId;
use nightsafe_core::time::UnixTime;
use nightsafe_proto::vault::custody::Custody;
use nightsafe_proto::wire::Hex;
use nightsafe_serve::clock::Clock as _;
use nightsafe_vault::{PurgeError, PurgeGauges};

use crate::fixture::{NOW, Vault, card, site};
use crate::log::log_key;
use crate::reseal::Left;

/// With the queue seen to its end just now.
async fn purge(vault: &Vault) -> Vec<KeyId> {
    purge_as_of(vault, Some(vault.clock.now())).await
}

async fn purge_as_of(vault: &Vault, drained: Option<UnixTime>) -> Vec<KeyId> {
    vault.state.purge_keys(drained, &PurgeGauges::default()).await.unwrap()
}

async fn held(vault: &Vault) -> Vec<KeyId> {
    vault.store.custody().await.unwrap().iter().map(|key| key.key_id).collect()
}

/// The last entry, which must be the vault's own.
async fn last_entry(left: &Left, token: &str) -> Entry {
    let entries = left.recorded.team.vault.entries(token).await.entries;
    let last = entries.last().unwrap();
    let commitment = Commitment(last.commitment.0);
    let (salt, signed) = open_sealed(&left.recorded.audit_key, &site(), &commitment, &last.sealed.0).unwrap();
    signed.verify(&salt, log_key().vkey()).unwrap().clone()
}

#[tokio::test]
async fn a_key_goes_when_its_last_deposit_is_sealed_anew_and_the_log_says_so() {
    let left = Left::new(2).await;
    let browser = left.browser().await;
    let vault = &left.recorded.team.vault;
    let later = NOW.plus_days(4);
    let late = vault.seal("LATE", &[("card", card("4111111111111111"))]);
    // Its time is over, and deposits are left
    vault.clock.set(later);
    assert_eq!(purge(vault).await, []);
    vault.clock.set(NOW);
    let rows = left.list(None, 9).await;
    assert_eq!(left.send(&left.sealed(&browser, &rows).await).await, []);
    let size = left.recorded.size().await;
    // Nothing is left, and browsers that have not noticed may still seal to it
    assert_eq!(purge(vault).await, []);
    vault.clock.set(later);
    // What was taken while it was not over yet may be in an outbox that was not reached since
    for drained in [None, Some(NOW), Some(NOW.plus_days(2))] {
        assert_eq!(purge_as_of(vault, drained).await, []);
    }
    assert_eq!(purge(vault).await, [left.old]);
    assert_eq!(purge(vault).await, [], "once");

    let next = browser.next.public_key().key_id();
    assert_eq!(held(vault).await, [next]);
    assert!(vault.store.recovery_grants(&left.old).await.unwrap().is_empty());
    assert!(vault.store.ended_grants().await.unwrap().is_empty());
    assert_eq!(vault.store.recovery_grants(&next).await.unwrap().len(), 2);
    let token = vault.sign_in().await;
    let custody: Custody = vault.get("/v1/custody", &token).await.json();
    let purged: Vec<_> = custody.purged.iter().map(|key| (key.key_id, key.at)).collect();
    assert_eq!((custody.keys.len(), purged), (1, vec![(Hex(left.old.0), later.seconds())]));
    assert_eq!(vault.checkpoint(&token).await.size, size + 1);
    let entry = last_entry(&left, &token).await;
    let action = Action::KeyChange { data_key: left.old, state: KeyState::Purged };
    assert_eq!((entry.actor(), entry.action(), entry.time()), (Actor::Vault, &action, later));

    // What comes after it is kept, and told
    vault.ingest(&[&late]).await;
    let pulled = vault.puller().await.step().await.unwrap();
    assert_eq!((pulled.stored, pulled.quarantined), (0, 1));
    assert_eq!(vault.store.quarantined(9).await.unwrap()[0].reason, "purged-key");
    assert_eq!(vault.backlog().await, 0);
}

#[tokio::test]
async fn a_clock_that_is_a_year_ahead_destroys_no_key_that_is_to_seal_yet() {
    let vault = Vault::new().await;
    let ahead = vault.with_keys_ahead(&[90, 180, 270]).await;
    vault.clock.set(NOW.plus_days(365));
    assert_eq!(purge(&vault).await, []);
    assert_eq!(held(&vault).await.len(), 4);
    // Somebody's browser takes the second for the active one: then the first is over, and nothing was sealed to it
    let order = vault.seal_to(&ahead[0], "ORDER-1", &[("card", card("4111111111111111"))]);
    vault.ingest(&[&order]).await;
    assert_eq!(vault.puller().await.step().await.unwrap().stored, 1);
    assert_eq!(purge(&vault).await, [vault.key.public_key().key_id()]);
    assert_eq!(held(&vault).await.len(), 3);
    assert!(purge(&vault).await.is_empty());
}

#[tokio::test]
async fn a_key_that_was_discarded_goes_once_no_browser_can_have_taken_it() {
    let vault = Vault::new().await;
    let ahead = vault.with_keys_ahead(&[90]).await;
    // A manifest that names neither
    let discarded = ahead[0].public_key().key_id();
    let (next, _) = vault.next_epoch_after(2).await;
    assert_eq!(purge(&vault).await, []);
    vault.clock.set(NOW.plus_days(3).plus(1));
    assert_eq!(purge(&vault).await, [discarded]);
    let mut kept = vec![vault.key.public_key().key_id(), next.public_key().key_id()];
    kept.sort();
    assert_eq!(held(&vault).await, kept, "nothing was sealed to the one that follows yet");
}

#[tokio::test]
async fn nothing_is_purged_while_a_manifest_cannot_be_read() {
    let vault = Vault::new().await;
    vault.with_keys_ahead(&[90]).await;
    vault.next_epoch_after(2).await;
    vault.clock.set(NOW.plus_days(4));
    sqlx::query("UPDATE manifest SET note = 'no note' WHERE sequence = 1")
        .execute(&mut vault.raw().await)
        .await
        .unwrap();
    let refused = vault.state.purge_keys(Some(vault.clock.now()), &PurgeGauges::default()).await.unwrap_err();
    assert!(matches!(refused, PurgeError::Manifest), "{refused}");
    assert_eq!(held(&vault).await.len(), 3);
}
