//! `nightsafe roster`, and how a site that was made before there was one comes to it.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod common;

use std::process::Command;

use common::{ADMIN, SITE_KEYS, Shop, fails, ok, run};
use nightsafe_core::identity::Identity;
use nightsafe_core::scalar::{IdentityId, Site};
use nightsafe_store::vault::VaultStore;
use nightsafe_vault::{ServerSetup, Stretch, export_key, setup};
use serde_json::Value as Json;
use sqlx::Connection;

#[test]
fn a_new_site_has_its_first_admin() {
    let shop = Shop::made();
    let people: Json = serde_json::from_str(&ok(shop.run(&["roster", "list", "--json"]))).unwrap();
    let [anna] = people.as_array().unwrap().as_slice() else { panic!("{people}") };
    assert_eq!((&anna["name"], &anna["state"], &anna["since"]), (&"anna".into(), &"active".into(), &0.into()));
    let id = IdentityId::from_hex(anna["identity"].as_str().unwrap()).unwrap();
    assert_eq!(anna["words"], id.words().join(" "));
    let text = ok(shop.run(&["roster", "list"]));
    assert!(text.contains(&id.to_hex()) && text.contains("active") && text.contains("anna (admin)"), "{text}");
    assert!(fails(shop.run(&["roster", "begin"])).contains("begun already"));
}

/// As it was before identities: everything of them is taken out of the database.
async fn without_roster(shop: &Shop) {
    let path = shop.data().join("vault.db");
    let mut raw = sqlx::SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    for table in ["audit_grant", "admin_grant", "roster_entry", "wrapped_identity", "admin_identity", "identity"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}"))).execute(&mut raw).await.unwrap();
    }
    raw.close().await.unwrap();
}

/// What the admin's browser does at the first sign-in after that.
async fn take_identity(shop: &Shop) -> IdentityId {
    let store = VaultStore::open(&shop.data().join("vault.db").into()).await.unwrap();
    let login = ServerSetup::from_bytes(&std::fs::read(shop.data().join("keys/login.key")).unwrap()).unwrap();
    let record = store.admin_record("anna").await.unwrap().unwrap();
    let key = export_key(&login, "anna", &record, ADMIN.as_bytes(), &Stretch::STANDARD).unwrap();
    let mut rng = getrandom::rand_core::UnwrapErr(getrandom::SysRng);
    let identity = Identity::generate(&Site::parse(common::SITE).unwrap(), &mut rng).unwrap();
    setup::add_identity(&store, "anna", &identity, &key, &mut rng).await.unwrap();
    store.close().await;
    identity.id()
}

#[tokio::test]
async fn the_site_keys_sign_the_identity_that_was_compared_and_no_other() {
    let shop = Shop::made();
    without_roster(&shop).await;
    assert_eq!(ok(shop.run(&["roster", "list", "--json"])).trim(), "[]");
    assert!(fails(shop.run(&["roster", "begin"])).contains("sign in to the admin site once"));

    let id = take_identity(&shop).await;
    assert_eq!(ok(shop.run(&["roster", "begin"])).trim(), id.to_hex(), "shown, not signed");
    assert_eq!(ok(shop.run(&["roster", "list", "--json"])).trim(), "[]");
    let begin = |id: &IdentityId, keys: &[u8]| {
        let mut command = shop.command(&["roster", "begin", "--site-passphrase-fd", "0", "--identity", &id.to_hex()]);
        for number in keys {
            command.arg("--site-key").arg(shop.path(&format!("site-keys/site-key-{number}.key")));
        }
        run(command, &format!("{SITE_KEYS}\n"))
    };
    assert!(fails(begin(&IdentityId([0; 16]), &[1, 2])).contains("do not sign it"));
    assert!(fails(begin(&id, &[1])).contains("2 site keys must sign"));
    ok(begin(&id, &[3, 1]));
    let people: Json = serde_json::from_str(&ok(shop.run(&["roster", "list", "--json"]))).unwrap();
    assert_eq!(people[0]["identity"], id.to_hex());
}

#[tokio::test]
async fn the_only_admins_loss_is_met_by_the_site_keys() {
    let shop = Shop::made();
    let next = "quite another passphrase of anna";
    let file = shop.path("proposal");
    let propose = |more: &[&str]| {
        let mut command = shop.command(&["roster", "propose", "--passphrase-fd", "0"]);
        command.arg("--out").arg(&file).args(more);
        run(command, &format!("{next}\n"))
    };
    let sign = |numbers: &[u8], more: &[&str]| {
        // Without a data directory
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe"));
        command.args(["roster", "sign", "--yes", "--site-passphrase-fd", "0"]);
        for number in numbers {
            command.arg("--site-key").arg(shop.path(&format!("site-keys/site-key-{number}.key")));
        }
        command.arg(&file).args(more);
        run(command, &format!("{SITE_KEYS}\n"))
    };
    let publish = || {
        let mut command = shop.command(&["roster", "publish"]);
        command.arg(&file);
        run(command, "")
    };
    ok(propose(&[]));
    assert!(fails(propose(&[])).contains("exists already"));
    assert!(fails(publish()).contains("2 more site keys must sign"));
    let shown = ok(sign(&[3], &[]));
    assert!(shown.contains("Gets new keys     anna"), "{shown}");
    assert!(
        shown.contains("old keys lost: somebody else may have them"),
        "nobody said that they are destroyed: {shown}"
    );
    assert!(fails(publish()).contains("one more site key must sign"));
    ok(sign(&[1], &[]));
    let head = ok(publish());
    assert_eq!(ok(publish()), head, "again, after an interruption");
    let logged = common::logged(&shop.data().join("release-log"));
    assert_eq!(logged, ["manifest 1", "roster 0", "roster 1"]);

    let people: Json = serde_json::from_str(&ok(shop.run(&["roster", "list", "--json"]))).unwrap();
    assert_eq!((&people[0]["state"], &people[1]["state"]), (&"replaced_lost".into(), &"active".into()));
    let words = people[1]["words"].as_str().unwrap();
    assert!(shown.contains(words), "{shown}");
    let store = VaultStore::open(&shop.data().join("vault.db").into()).await.unwrap();
    let login = ServerSetup::from_bytes(&std::fs::read(shop.data().join("keys/login.key")).unwrap()).unwrap();
    let record = store.admin_record("anna").await.unwrap().unwrap();
    assert!(export_key(&login, "anna", &record, next.as_bytes(), &Stretch::STANDARD).is_ok());
    assert!(export_key(&login, "anna", &record, ADMIN.as_bytes(), &Stretch::STANDARD).is_err());
    let identity = store.identity_of("anna").await.unwrap().unwrap();
    assert_eq!(people[1]["identity"], identity.id.to_hex());
    assert!(store.grants_to(&identity.id).await.unwrap().is_empty(), "new keys open nothing by themselves");
    store.close().await;

    // Somebody new, and what no longer follows
    let other = shop.path("other");
    std::fs::rename(&file, &other).unwrap();
    ok(propose(&["--name", "Ben", "--roles", "admin,shipping"]));
    assert!(ok(sign(&[1, 2], &[])).contains("Comes in          Ben (admin,shipping)"));
    ok(publish());
    std::fs::copy(&other, &file).unwrap();
    assert!(fails(publish()).contains("changed in the meantime"));
}
