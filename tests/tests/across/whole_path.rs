//! One order on its whole way, in both suites and on both engines: sealed, taken in, pulled, found, opened; and what a thief has of it.

use nightsafe_core::suite::Suite;
use nightsafe_proto::vault::openings::Purpose;
use nightsafe_proto::vault::search::Search;

use crate::admin::Admin;
use crate::place::{Engine, Place};
use crate::site::{PASSPHRASE, Shop};
use crate::thief;

const CARD: &str = "4242424242424242";
const HOLDER: &str = "Ada Lovelace";
const PHONE: &str = "+4930123456";
const STREET: &str = "Nachtigallenweg 12";

async fn whole_path(suite: Suite, engine: Engine) {
    let Some(place) = Place::of(engine).await else { return };
    let shop = Shop::at(place, suite);
    let folder = shop.folder.path();
    let secrets = [CARD, HOLDER, PHONE, STREET, PASSPHRASE].map(str::as_bytes);
    let deposit = shop.seal(
        "ORDER-1",
        &[
            ("card", "number", "4242 4242 4242 4242"),
            ("card", "expiry", "05/31"),
            ("card", "holder", HOLDER),
            ("phone", "value", PHONE),
            ("address", "line1", STREET),
            ("address", "postal_code", "10115"),
            ("address", "city", "Berlin"),
            ("address", "country", "DE"),
        ],
    );
    let ingest = shop.start_ingest().await;
    ingest.post(&deposit).await;
    let waiting = shop.steal("outbox");
    assert!(waiting.iter().all(|file| thief::files(folder).contains(file)), "{waiting:?}");
    assert!(thief::finds(folder, &[b"ORDER-1"]).iter().any(|found| found.starts_with("outbox.")));
    assert!(thief::finds(folder, &secrets).is_empty());

    let vault = shop.start_vault().await;
    let pulled = vault.pull().await;
    assert_eq!((pulled.stored, pulled.quarantined), (1, 0));
    let admin = Admin::sign_in(&shop, &vault).await;
    let search = Search { brand: Some("visa".into()), last4: Some("4242".into()), ..Search::default() };
    let [row] = <[_; 1]>::try_from(admin.find(&search).await).unwrap();
    assert_eq!(row.reference, "ORDER-1");
    let expected = [
        ("card", Purpose::Charge, vec![("expiry", "2031-05"), ("holder", HOLDER), ("number", CARD)]),
        ("phone", Purpose::Contact, vec![("value", PHONE)]),
    ];
    for (kind, purpose, mut parts) in expected {
        let mut seen = admin.open(&row, kind, purpose).await;
        assert_eq!(seen.differences, [], "{kind}");
        seen.parts.sort();
        parts.sort_unstable();
        assert_eq!(
            seen.parts,
            parts.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect::<Vec<_>>()
        );
    }
    let [row] = <[_; 1]>::try_from(admin.find(&search).await).unwrap();
    assert_eq!(
        row.openings.iter().map(|opening| opening.purpose).collect::<Vec<_>>(),
        [Purpose::Charge, Purpose::Contact]
    );

    // With all open, after all that: databases, and on SQLite write-ahead logs and shared memory
    let stolen = [shop.steal("outbox"), shop.steal("vault")].concat();
    let token = admin.token();
    let secrets = [&secrets[..], &[token.as_slice()]].concat();
    let files = thief::files(folder);
    for name in &stolen {
        assert!(files.contains(name), "{name}");
    }
    assert!(thief::finds(folder, &[b"ORDER-1"]).iter().any(|found| found.starts_with("vault.")));
    assert_eq!(thief::finds(folder, &secrets), Vec::<String>::new());
    drop(admin);
    ingest.stop().await;
    vault.stop().await;
    shop.steal("vault");
    assert_eq!(thief::finds(folder, &secrets), Vec::<String>::new());
}

#[tokio::test]
async fn an_order_in_xwing() {
    whole_path(Suite::XWing, Engine::Sqlite).await;
}

#[tokio::test]
async fn an_order_in_x25519() {
    whole_path(Suite::X25519, Engine::Sqlite).await;
}

#[tokio::test]
async fn an_order_in_xwing_on_postgres() {
    whole_path(Suite::XWing, Engine::Postgres).await;
}

#[tokio::test]
async fn an_order_in_x25519_on_postgres() {
    whole_path(Suite::X25519, Engine::Postgres).await;
}
