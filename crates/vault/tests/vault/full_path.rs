//! From a sealed deposit to its opened value, through outbox, vault and API.

use nightsafe_core::opening::{OpenedDeposit, Opener};
use nightsafe_proto::vault::openings::{Open, OpenDeposit, OpenField, Opened, Purpose};
use nightsafe_proto::vault::search::{Found, IndexRow, Search};
use nightsafe_proto::wire::Hex;
use nightsafe_tests::browser::{locate, open_rows};

use crate::fixture::{NOW, PASSPHRASE, Vault, card, phone};

/// One deposit by its reference.
pub(crate) async fn find(vault: &Vault, token: &str, reference: &str) -> IndexRow {
    let search = Search { reference: Some(reference.into()), ..Search::default() };
    let found: Found = vault.post("/v1/deposits/search", token, &search).await.json();
    let [row] = <[IndexRow; 1]>::try_from(found.deposits).unwrap();
    row
}

/// Asks for the fields of a kind, and for the hashes of all others.
pub(crate) fn request(opener: &Opener, row: &IndexRow, located: &OpenedDeposit, kind: &str) -> OpenDeposit {
    let (open, check): (Vec<_>, Vec<_>) = opener.listed(located).partition(|listed| listed.field.kind.as_str() == kind);
    let open = open.iter().map(|listed| OpenField {
        kind: listed.field.kind.to_string(),
        index: listed.field.index,
        tag: Hex(listed.tag.0),
    });
    OpenDeposit {
        deposit_id: row.deposit_id,
        open: open.collect(),
        check: check.iter().map(|listed| Hex(listed.tag.0)).collect(),
    }
}

#[tokio::test]
async fn a_deposit_is_sealed_pulled_found_and_opened() {
    let vault = Vault::new().await;
    let deposit = vault.with_order("ORDER-1").await;
    assert_eq!(vault.backlog().await, 0);

    let token = vault.sign_in().await;
    let row = find(&vault, &token, "ORDER-1").await;
    assert_eq!(row.deposit_id, Hex(deposit.id().0));
    assert_eq!((row.facets["brand"].as_str(), row.facets["last4"].as_str()), ("visa", "1111"));
    assert_eq!(row.day, "2026-11-21");
    assert!(row.openings.is_empty());

    let opener = vault.unlock(&token, PASSPHRASE).await;
    let located = locate(&opener, &row);
    assert_eq!(located.differences(), []);
    let batch =
        Open { purpose: Some(Purpose::Charge), deposits: vec![request(&opener, &row, &located, "card")], log: None };
    let answer: Opened = vault.post("/v1/openings", &token, &batch).await.json();
    let values = open_rows(&opener, &located, &answer.deposits[0]);
    assert_eq!(values.differences, []);
    let [(listed, value)] = values.fields.as_slice() else { panic!("one field was asked for") };
    assert_eq!(listed.field.kind.as_str(), "card");
    assert_eq!(value, &card("4111111111111111"));

    // The opening is on record: what, for what, when; a check is not
    let openings = find(&vault, &token, "ORDER-1").await.openings;
    assert_eq!(openings.len(), 1);
    assert_eq!((openings[0].kind.as_str(), openings[0].index), ("card", 0));
    assert_eq!((openings[0].purpose, openings[0].at.as_str()), (Purpose::Charge, NOW.to_text().as_str()));
}

#[tokio::test]
async fn many_deposits_are_opened_in_one_request() {
    let vault = Vault::new().await;
    let names: Vec<String> = (0..20).map(|number| format!("ORDER-{number}")).collect();
    let deposits: Vec<_> = names.iter().map(|name| vault.seal(name, &[("phone", phone())])).collect();
    vault.ingest(&deposits.iter().collect::<Vec<_>>()).await;
    assert_eq!(vault.puller().await.step().await.unwrap().stored, 20);

    let token = vault.sign_in().await;
    let opener = vault.unlock(&token, PASSPHRASE).await;
    let mut located = Vec::new();
    let mut requests = Vec::new();
    for name in &names {
        let row = find(&vault, &token, name).await;
        let deposit = locate(&opener, &row);
        requests.push(request(&opener, &row, &deposit, "phone"));
        located.push(deposit);
    }
    let batch = Open { purpose: Some(Purpose::Contact), deposits: requests, log: None };
    let answer: Opened = vault.post("/v1/openings", &token, &batch).await.json();
    assert_eq!(answer.deposits.len(), 20);
    for (located, answer) in located.iter().zip(&answer.deposits) {
        let values = open_rows(&opener, located, answer);
        assert_eq!(values.differences, []);
        assert_eq!(values.fields[0].1, phone());
    }
}

#[tokio::test]
async fn neither_database_holds_what_was_sealed() {
    let vault = Vault::new().await;
    vault.with_order("ORDER-1").await;
    let token = vault.sign_in().await;
    find(&vault, &token, "ORDER-1").await;
    for entry in std::fs::read_dir(vault.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let token = crate::fixture::bytes(&token);
        for secret in [&b"4111111111111111"[..], b"Ada Example", b"+4930123456", PASSPHRASE.as_bytes(), &token] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
}
