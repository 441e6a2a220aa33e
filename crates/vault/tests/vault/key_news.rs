//! Which manifests were published and what became of data keys is in the audit log: by the vault, each once, and only what the
//! site keys signed.

use nightsafe_core::audit::{Action, Actor, open_sealed};
use nightsafe_core::keys::KeyState::{self, Active, Pending, Purged, Retired, Retiring};
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::manifest::{self, KeyManifest};
use nightsafe_core::note::{Note, NoteSigner};
use nightsafe_core::scalar::{KeyId, ManifestHash};
use nightsafe_core::time::UnixTime;
use nightsafe_login::ServerSetup;
use nightsafe_store::vault::KeyLog;
use nightsafe_vault::{KeyNewsError, PurgeGauges, State, VaultConfig};

use crate::audited::Audited;
use crate::fixture::{ADMIN_ORIGIN, NOW, Vault, rng, site};
use crate::log::{config, log_key};

/// What the vault says in the log, in order.
async fn said(audited: &Audited) -> Vec<(Action, UnixTime)> {
    let mut said = Vec::new();
    for one in audited.vault.store.log_entries(0, 256).await.unwrap() {
        let opened = open_sealed(&audited.audit_key, &site(), &one.commitment, &one.entry.sealed);
        let (salt, signed) = opened.unwrap();
        if signed.entry().actor() == Actor::Vault {
            let entry = signed.verify(&salt, log_key().vkey()).unwrap();
            said.push((entry.action().clone(), entry.time()));
        }
    }
    said
}

/// The newest, in the same order.
async fn news(audited: &Audited, count: u64) -> Vec<(Action, UnixTime)> {
    assert_eq!(audited.vault.state.record_key_news().await.unwrap(), count);
    assert_eq!(audited.vault.state.record_key_news().await.unwrap(), 0, "once");
    let said = said(audited).await;
    said[said.len() - usize::try_from(count).unwrap()..].to_vec()
}

fn came(key: &PrivateItems, state: KeyState, at: UnixTime) -> (Action, UnixTime) {
    (Action::KeyChange { data_key: key.public_key().key_id(), state }, at)
}

fn published(manifest: ManifestHash, at: UnixTime) -> (Action, UnixTime) {
    (Action::PolicyChange(manifest), at)
}

async fn manifests(vault: &Vault) -> Vec<ManifestHash> {
    let notes = vault.store.manifests().await.unwrap();
    notes.iter().map(|note| manifest::verify_at_any_time(note, &vault.anchor).unwrap().hash()).collect()
}

/// The same vault after a restart, or another one beside it.
fn another(vault: &Vault) -> State {
    let login = ServerSetup::from_bytes(&vault.login.to_bytes()).unwrap();
    let with = VaultConfig::new(site(), ADMIN_ORIGIN.into(), login);
    let with = VaultConfig { anchor: Some(vault.anchor.clone()), log: Some(config()), ..with };
    State::new(vault.store.clone(), with, vault.clock.clone())
}

#[tokio::test]
async fn what_becomes_of_keys_and_manifests_is_in_the_log_once() {
    let audited = Audited::signed_in().await;
    let vault = &audited.vault;
    let first = manifests(vault).await;
    assert_eq!(news(&audited, 2).await, [published(first[0], NOW), came(&vault.key, Active, NOW)]);
    // Signed ahead
    let next = vault.with_keys_ahead(&[90]).await.remove(0);
    let both = manifests(vault).await;
    assert_eq!(news(&audited, 2).await, [published(both[1], NOW), came(&next, Pending, NOW)]);
    // Its time comes, and that of the one before is over
    let turn = NOW.plus_days(90);
    vault.clock.set(turn.minus(1));
    assert_eq!(news(&audited, 0).await, []);
    vault.clock.set(turn);
    assert_eq!(news(&audited, 2).await, [came(&vault.key, Retiring, turn), came(&next, Active, turn)]);
    let over = turn.plus_days(3).plus(1);
    vault.clock.set(over);
    assert_eq!(news(&audited, 1).await, [came(&vault.key, Retired, over)]);
    // A clock that is set back, a restart, and a vault beside it
    vault.clock.set(NOW);
    assert_eq!(news(&audited, 0).await, []);
    vault.clock.set(over);
    assert_eq!(another(vault).record_key_news().await.unwrap(), 0);
    let (beside, size) = (another(vault), vault.store.log_commitments(0, 256).await.unwrap().len());
    vault.next_epoch_after(2).await;
    let (one, other) = tokio::join!(vault.state.record_key_news(), beside.record_key_news());
    // A manifest, and its key
    assert_eq!(one.unwrap() + other.unwrap(), 2);
    assert_eq!(vault.store.log_commitments(0, 256).await.unwrap().len(), size + 2);
}

#[tokio::test]
async fn of_a_key_that_was_discarded_the_log_says_when_it_is_destroyed() {
    let audited = Audited::signed_in().await;
    let vault = &audited.vault;
    let discarded = vault.with_keys_ahead(&[90]).await.remove(0);
    assert_eq!(news(&audited, 4).await[3], came(&discarded, Pending, NOW));
    let (next, _) = vault.next_epoch_after(2).await;
    let third = manifests(vault).await[2];
    let told = news(&audited, 3).await;
    // Both begin in the same second
    assert_eq!(told, [published(third, NOW), came(&next, Active, NOW), came(&vault.key, Retiring, NOW)]);
    let over = NOW.plus_days(3).plus(1);
    vault.clock.set(over);
    let gone: Vec<KeyId> = vault.state.purge_keys(Some(over), &PurgeGauges::default()).await.unwrap();
    assert_eq!(gone, [discarded.public_key().key_id()]);
    assert_eq!(said(&audited).await.last(), Some(&came(&discarded, Purged, over)));
    assert_eq!(news(&audited, 1).await, [came(&vault.key, Retired, over)]);
}

/// What a vault may find that was never looked at before: of states that came and went meanwhile it says the last.
#[tokio::test]
async fn a_vault_of_before_says_how_things_stand() {
    let audited = Audited::signed_in().await;
    let vault = &audited.vault;
    let ahead = vault.with_keys_ahead(&[90, 180]).await;
    let later = NOW.plus_days(100);
    vault.clock.set(later);
    let both = manifests(vault).await;
    let states = [came(&vault.key, Retired, later), came(&ahead[0], Active, later), came(&ahead[1], Pending, later)];
    let all = [&[published(both[0], later), published(both[1], later)][..], &states].concat();
    assert_eq!(news(&audited, 5).await, all);
}

#[tokio::test]
async fn what_the_site_keys_did_not_sign_is_not_in_the_log_and_keeps_nothing_out_of_it() {
    let audited = Audited::signed_in().await;
    let vault = &audited.vault;
    // Somebody who can write to the database puts a manifest there, with a key of his own
    let genuine = Note::parse(&vault.store.manifests().await.unwrap()[0]).unwrap();
    let mut forged = KeyManifest::parse(genuine.text()).unwrap();
    let own = PrivateItems::generate(nightsafe_core::suite::Suite::XWing, &mut rng()).unwrap();
    forged.sequence = 9;
    forged.data_keys = vec![manifest::DataKey::new(NOW, own.public_key())];
    let thief = NoteSigner::from_seed("site-a", &[66; 32]).unwrap();
    let note = manifest::sign(&forged, &[&thief]).unwrap();
    vault.store.add_manifest(&manifest::hash(&forged.encode()), 9, &note).await.unwrap();
    let refused = vault.state.record_key_news().await.unwrap_err();
    assert!(matches!(refused, KeyNewsError::Manifest(_)), "{refused}");
    let hash = manifest::hash(genuine.text());
    assert_eq!(said(&audited).await, [published(hash, NOW), came(&vault.key, Active, NOW)]);
}

#[tokio::test]
async fn without_an_audit_key_nothing_is_said_nor_remembered() {
    let vault = Vault::with_log(config()).await;
    assert_eq!(vault.state.record_key_news().await.unwrap(), 0);
    assert_eq!(vault.store.key_log().await.unwrap(), KeyLog::default());
    assert!(vault.store.log_checkpoint().await.unwrap().is_none());
    // Nor without a log
    assert_eq!(Vault::new().await.state.record_key_news().await.unwrap(), 0);
}
