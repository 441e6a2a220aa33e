//! What a thief or a server could do to the vault's rows, each named when an admin opens.

use nightsafe_core::deposit::Deposit;
use nightsafe_core::envelope::{self, Context};
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::opening::Difference;
use nightsafe_core::padding::Bucket;
use nightsafe_core::suite::Suite;
use nightsafe_core::value::Value;
use nightsafe_proto::vault::openings::{Open, Opened, Purpose};
use nightsafe_tests::browser::{locate, open_rows};
use sqlx::SqliteConnection;

use crate::fixture::{PASSPHRASE, Vault, card, rng};
use crate::full_path::{find, request};

struct Seen {
    codes: Vec<&'static str>,
    values: Vec<Value>,
}

/// Two orders; what an admin sees of the first after `edit`, opening its card.
async fn after<F>(edit: impl FnOnce(SqliteConnection, Deposit, Deposit) -> F) -> Seen
where
    F: Future<Output = ()>,
{
    let vault = Vault::new().await;
    let (one, two) = (vault.with_order("ORDER-1").await, vault.with_order("ORDER-2").await);
    edit(vault.raw().await, one, two).await;
    let token = vault.sign_in().await;
    let opener = vault.unlock(&token, PASSPHRASE).await;
    let row = find(&vault, &token, "ORDER-1").await;
    let located = locate(&opener, &row);
    let deposits = vec![request(&opener, &row, &located, "card")];
    let answer: Opened =
        vault.post("/v1/openings", &token, &Open { purpose: Some(Purpose::Charge), deposits, log: None }).await.json();
    let opened = open_rows(&opener, &located, &answer.deposits[0]);
    let codes = located.differences().iter().chain(&opened.differences).map(Difference::code).collect();
    Seen { codes, values: opened.fields.into_iter().map(|(_, value)| value).collect() }
}

fn tag(deposit: &Deposit, kind: &str) -> Vec<u8> {
    deposit.parts().fields.iter().find(|field| field.kind.as_str() == kind).unwrap().tag.0.to_vec()
}

async fn run(raw: &mut SqliteConnection, sql: &'static str, binds: &[Vec<u8>]) {
    let mut query = sqlx::query(sql);
    for bind in binds {
        query = query.bind(bind);
    }
    assert!(query.execute(raw).await.unwrap().rows_affected() > 0);
}

#[tokio::test]
async fn an_untouched_deposit_has_no_difference() {
    let seen = after(|_, _, _| async {}).await;
    assert_eq!(seen.codes, Vec::<&str>::new());
    assert_eq!(seen.values.len(), 1);
}

#[tokio::test]
async fn a_dropped_field() {
    for (kind, values) in [("card", 0), ("phone", 1)] {
        let seen = after(|mut raw, one, _| async move {
            run(&mut raw, "DELETE FROM field WHERE tag = $1", &[tag(&one, kind)]).await;
        })
        .await;
        assert_eq!(seen.codes, ["field_missing"]);
        assert_eq!(seen.values.len(), values);
    }
}

#[tokio::test]
async fn two_deposits_fields_exchanged() {
    let swap = "UPDATE field SET envelope = (SELECT envelope FROM field WHERE tag = $2), \
                envelope_hash = (SELECT envelope_hash FROM field WHERE tag = $2) WHERE tag = $1";
    let seen = after(|mut raw, one, two| async move {
        run(&mut raw, swap, &[tag(&one, "card"), tag(&two, "card")]).await;
    })
    .await;
    assert_eq!(seen.codes, ["field_exchanged"]);
    assert!(seen.values.is_empty());
    // Of a field that is only checked, the hash is enough
    let seen = after(|mut raw, one, two| async move {
        run(&mut raw, swap, &[tag(&one, "phone"), tag(&two, "phone")]).await;
    })
    .await;
    assert_eq!(seen.codes, ["field_replaced"]);
    assert_eq!(seen.values.len(), 1);
}

#[tokio::test]
async fn a_field_resealed_by_ingest() {
    // Ingest knows everything but the locator's list of hashes: it can seal a card of its own for the same place
    let forge = |one: &Deposit, key: &DataPublicKey| {
        let parts = one.parts();
        let field = parts.fields.iter().find(|field| field.kind.as_str() == "card").unwrap();
        let context = Context { site: &parts.site, manifest: &parts.manifest, kind: &field.kind, tag: &field.tag };
        envelope::seal(key, &context, &card("5555555555554444"), Bucket::new(128).unwrap(), &mut rng()).unwrap()
    };
    let public = "SELECT public_key FROM data_key";
    for (sql, codes, values) in [
        ("UPDATE field SET envelope = $1, envelope_hash = $2 WHERE tag = $3", ["field_resealed"], 0),
        ("INSERT INTO field SELECT tag, $2, kind, key_id, expires, $1 FROM field WHERE tag = $3", ["field_added"], 1),
    ] {
        let seen = after(|mut raw, one, _| async move {
            let key: Vec<u8> = sqlx::query_scalar(public).fetch_one(&mut raw).await.unwrap();
            let forged = forge(&one, &DataPublicKey::parse(Suite::XWing, &key).unwrap());
            run(&mut raw, sql, &[forged.as_bytes().to_vec(), forged.hash().0.to_vec(), tag(&one, "card")]).await;
        })
        .await;
        assert_eq!(seen.codes, codes);
        assert_eq!(seen.values.len(), values);
        assert!(seen.values.iter().all(|value| *value == card("4111111111111111")));
    }
}

#[tokio::test]
async fn a_flipped_byte_with_a_lying_hash_column() {
    // The hash is computed anew from the envelope: what the column says does not matter
    let seen = after(|mut raw, one, _| async move {
        let sql = "SELECT envelope FROM field WHERE tag = $1";
        let stored = sqlx::query_scalar(sql).bind(tag(&one, "card")).fetch_one(&mut raw).await;
        let mut envelope: Vec<u8> = stored.unwrap();
        *envelope.last_mut().unwrap() ^= 1;
        run(&mut raw, "UPDATE field SET envelope = $2 WHERE tag = $1", &[tag(&one, "card"), envelope]).await;
    })
    .await;
    assert_eq!(seen.codes, ["field_exchanged"]);
    assert!(seen.values.is_empty());
}

#[tokio::test]
async fn an_edited_index_row() {
    let seen = after(|mut raw, one, _| async move {
        let sql = "UPDATE deposit_index SET last4 = '9999', country = 'FR' WHERE deposit_id = $1";
        run(&mut raw, sql, &[one.id().0.to_vec()]).await;
    })
    .await;
    assert_eq!(seen.codes, ["facet_edited", "facet_edited"]);

    // The references of two orders exchanged
    let seen = after(|mut raw, one, two| async move {
        run(&mut raw, "UPDATE deposit_index SET reference = 'x' WHERE deposit_id = $1", &[one.id().0.to_vec()]).await;
        let sql = "UPDATE deposit_index SET reference = 'ORDER-1' WHERE deposit_id = $1";
        run(&mut raw, sql, &[two.id().0.to_vec()]).await;
    })
    .await;
    assert_eq!(seen.codes, ["reference_edited"]);
}

#[tokio::test]
async fn another_deposits_locator() {
    let seen = after(|mut raw, one, two| async move {
        let sql = "UPDATE deposit_index SET locator = (SELECT locator FROM deposit_index WHERE deposit_id = $2) \
                   WHERE deposit_id = $1";
        run(&mut raw, sql, &[one.id().0.to_vec(), two.id().0.to_vec()]).await;
    })
    .await;
    assert_eq!(seen.codes, ["reference_edited"]);
}

#[tokio::test]
async fn another_key_or_manifest() {
    let seen = after(|mut raw, one, _| async move {
        let sql = "UPDATE deposit_index SET key_id = zeroblob(16) WHERE deposit_id = $1";
        run(&mut raw, sql, &[one.id().0.to_vec()]).await;
    })
    .await;
    assert_eq!(seen.codes, ["key_unknown"]);
    let seen = after(|mut raw, one, _| async move {
        let sql = "UPDATE deposit_index SET manifest = zeroblob(32) WHERE deposit_id = $1";
        run(&mut raw, sql, &[one.id().0.to_vec()]).await;
    })
    .await;
    assert_eq!(seen.codes, ["manifest_unpublished", "locator_unreadable"]);
}
