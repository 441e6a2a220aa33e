//! A deposit on its whole way, from sealing to `nightsafe open --offline`, and what is named when it was changed.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod common;

use std::process::Output;
use std::thread;

use common::sealing::{NUMBER, PHONE, deposit, public_key, published, rng, send};
use common::{ADMIN, Shop, fails, ok, run};
use nightsafe_core::deposit::Deposit;
use nightsafe_core::envelope::{Context, seal};
use nightsafe_core::scalar::KindName;
use nightsafe_core::value::Value;
use nightsafe_store::vault::{Arrival, FieldRow, Filter, VaultStore};
use serde_json::{Value as Json, json};

fn open(shop: &Shop, args: &[&str]) -> Output {
    let mut command = shop.command(&["open", "--offline", "--passphrase-fd", "0"]);
    command.args(args);
    run(command, &format!("{ADMIN}\n"))
}

fn codes(output: Output) -> Vec<String> {
    let opened: Json = serde_json::from_str(&ok(output)).unwrap();
    let differences = opened[0]["differences"].as_array().unwrap();
    differences.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn passphrase_and_recovery_key_open_what_was_asked_for() {
    let shop = Shop::built();
    let deposit = deposit(&shop, "ORDER-1");
    send(&shop, &[&deposit]);
    let before = common::fingerprint(&shop.data());

    let text = ok(open(&shop, &["--reference", "ORDER-1", "--field", "card"]));
    assert!(text.contains(&format!("card#0 number: {NUMBER}\n")) && text.contains("card#0 expiry: 2031-05\n"));
    assert!(!text.contains(PHONE) && !text.contains("DIFFERENCE"));
    let listed = ok(open(&shop, &["--reference", "ORDER-1"]));
    assert!(listed.contains("holds card#0, phone#0, phone#1") && !listed.contains(NUMBER));

    let (id, file) = (deposit.id().to_hex(), shop.path("recovery.key"));
    let recovered = shop.run(&[
        "open",
        "--offline",
        "--recovery-file",
        file.to_str().unwrap(),
        "--deposit",
        &id,
        "--field",
        "phone#1",
        "--json",
    ]);
    let opened: Json = serde_json::from_str(&ok(recovered)).unwrap();
    assert_eq!(opened[0]["fields"], json!([{ "kind": "phone", "index": 1, "value": { "value": "+4940987654" } }]));
    assert_eq!(opened[0]["differences"], json!([]));
    let all: Json = serde_json::from_str(&ok(open(&shop, &["--deposit", &id, "--all-fields", "--json"]))).unwrap();
    assert_eq!(all[0]["fields"].as_array().unwrap().len(), 3);

    // Read only: not a byte of the data directory has changed
    assert_eq!(common::fingerprint(&shop.data()), before);
}

#[test]
fn a_deposit_that_is_on_its_way_is_waited_for() {
    let shop = Shop::built();
    let deposit = deposit(&shop, "ORDER-1");
    let up = shop.up();
    let opened = thread::scope(|scope| {
        let waiting = scope.spawn(|| open(&shop, &["--reference", "ORDER-1", "--wait", "60"]));
        let (status, _, body) = up.post("ingest", "/v1/deposits", &deposit.to_json());
        assert_eq!(status, 201, "{body}");
        waiting.join().unwrap()
    });
    assert!(ok(opened).contains("holds card#0, phone#0, phone#1"));
    assert_eq!(up.stop("-TERM"), 0);
}

#[test]
fn what_cannot_be_opened_is_an_error() {
    let shop = Shop::built();
    send(&shop, &[&deposit(&shop, "ORDER-1")]);
    assert!(fails(open(&shop, &["--reference", "ORDER-2"])).contains("no such deposit"));
    assert!(fails(open(&shop, &["--reference", "ORDER-1", "--field", "email"])).contains("email#0 was not opened"));
    let mut command = shop.command(&["open", "--offline", "--passphrase-fd", "0", "--reference", "ORDER-1"]);
    command.args(["--field", "card"]);
    assert!(fails(run(command, "not the right passphrase\n")).contains("check the passphrase"));
    let other = Shop::made();
    let file = other.path("recovery.key");
    let foreign = ["open", "--offline", "--recovery-file", file.to_str().unwrap(), "--reference", "ORDER-1"];
    assert!(fails(shop.run(&foreign)).contains("not granted to this recovery key"));
    // The word that says that nothing records it
    assert!(!shop.run(&["open", "--reference", "ORDER-1"]).status.success());
}

#[test]
fn what_the_vault_changed_is_named() {
    let shop = Shop::built();
    let (one, two) = (deposit(&shop, "ORDER-1"), deposit(&shop, "ORDER-2"));
    send(&shop, &[&one]);
    let edited = edited_row(&shop, &one, &two);
    // Written to the file as a thief of the vault would; the row's own deposit never came through ingest
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = VaultStore::open(&shop.data().join("vault.db").into()).await.unwrap();
        store.take_in(&[edited]).await.unwrap();
        store.close().await;
    });
    let id = two.id().to_hex();
    let found = codes(open(&shop, &["--deposit", &id, "--field", "phone", "--json"]));
    assert_eq!(found, ["reference_edited", "facet_edited", "field_added", "field_added"]);
    // The first deposit's phone got a second envelope, which only sealing again can make
    let text = ok(open(&shop, &["--reference", "ORDER-1", "--field", "phone"]));
    assert!(text.contains("DIFFERENCE field_added (phone#0)") && text.contains(PHONE), "{text}");
}

/// A second index row for the first deposit's locator, with another reference and facet, and a resealed phone.
fn edited_row(shop: &Shop, one: &Deposit, two: &Deposit) -> Arrival {
    let (manifest, hash) = published(shop);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut row = runtime.block_on(async {
        let store = VaultStore::open_read_only(&shop.data().join("vault.db").into()).await.unwrap();
        let filter = Filter { reference: Some("ORDER-1".to_owned()), ..Filter::default() };
        store.search(&filter, None, 1).await.unwrap().rows.remove(0)
    });
    row.deposit_id = two.id();
    row.reference = "ORDER-2".to_owned();
    row.facets.insert("last4".to_owned(), "1111".to_owned());
    let phone = KindName::parse("phone").unwrap();
    let parts = one.clone().into_parts();
    // Which of the two phone rows is the first one is the locator's secret: both get a second envelope
    let rows = parts.fields.iter().filter(|field| field.kind == phone).map(|field| {
        let context = Context { site: &manifest.site, manifest: &hash, kind: &phone, tag: &field.tag };
        let value = Value::text("+4966600000".to_owned()).unwrap();
        let key = public_key(shop, manifest.data_key(parts.key_id).unwrap());
        let envelope = seal(&key, &context, &value, manifest.kind("phone").unwrap().bucket, &mut rng()).unwrap();
        FieldRow {
            tag: field.tag,
            envelope_hash: envelope.hash(),
            kind: "phone".to_owned(),
            key_id: envelope.key_id(),
            expires: field.expires.to_text(),
            envelope: envelope.as_bytes().to_vec(),
        }
    });
    Arrival {
        deposit_id: two.id().0,
        day: row.day.clone(),
        nonce: [0; 32],
        body: Vec::new(),
        body_hash: [0; 32],
        content: Ok((row, rows.collect())),
    }
}
