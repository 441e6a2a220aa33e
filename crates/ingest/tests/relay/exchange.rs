//! What the vault gets, and what goes away when it says so.

use axum::http::StatusCode;
use nightsafe_proto::problem::ProblemDetails;
use nightsafe_proto::relay::{ACKNOWLEDGE_PATH, Acknowledge, BATCH_PATH, Damaged, MAX_DEPOSITS, MAX_REQUEST};
use nightsafe_proto::wire::Hex;
use nightsafe_store::outbox::OutboxRow;

use crate::support::{NOW, Shop, request, row, vault_key};

fn acknowledge(deposit_ids: &[[u8; 32]], damaged: &[([u8; 32], [u8; 32])]) -> String {
    let damaged = damaged.iter().map(|(id, content)| Damaged { deposit_id: Hex(*id), content: Hex(*content) });
    let message =
        Acknowledge { deposit_ids: deposit_ids.iter().copied().map(Hex).collect(), damaged: damaged.collect() };
    serde_json::to_string(&message).unwrap()
}

#[tokio::test]
async fn the_oldest_come_again_until_they_are_acknowledged() {
    let rows: Vec<OutboxRow> = (1..6).map(|number| row(number, vec![number; 20])).collect();
    let shop = Shop::with(rows.clone()).await;
    for _ in 0..2 {
        let batch = shop.batch(2).await;
        assert!(batch.more);
        let got: Vec<_> =
            batch.deposits.iter().map(|one| (one.deposit_id.0, one.nonce.0.clone(), one.body.0.clone())).collect();
        let put: Vec<_> = rows[..2].iter().map(|row| (row.deposit_id, row.nonce.to_vec(), row.body.clone())).collect();
        assert_eq!(got, put);
        assert_eq!(batch.deposits[0].day, "2026-11-21");
    }
    for _ in 0..2 {
        // The same again, and ids that were never there, do no harm
        let ids = [rows[0].deposit_id, rows[1].deposit_id, [0xee; 32]];
        let answer = shop.post(ACKNOWLEDGE_PATH, &acknowledge(&ids, &[])).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NO_CONTENT, 0));
        assert_eq!(shop.backlog().await, 3);
    }
    let batch = shop.batch(64).await;
    assert_eq!((batch.deposits.len(), batch.more), (3, false));
    assert_eq!(batch.deposits[0].deposit_id.0, rows[2].deposit_id);
}

#[tokio::test]
async fn no_more_than_a_batch_comes_at_once() {
    let most = u8::try_from(MAX_DEPOSITS).unwrap();
    let shop = Shop::with((0..=most).map(|number| row(number, vec![number])).collect()).await;
    let batch = shop.batch(u32::MAX).await;
    assert_eq!((batch.deposits.len(), batch.more), (usize::from(most), true));
}

#[tokio::test]
async fn a_damaged_row_goes_only_when_it_lies_here_as_the_vault_saw_it() {
    let good = row(1, vec![1; 20]);
    // At rest: the body no longer fits the id
    let damaged = OutboxRow { body: vec![9; 20], ..row(2, vec![2; 20]) };
    let content = row(2, vec![9; 20]).deposit_id;
    let shop = Shop::with(vec![good.clone(), damaged.clone()]).await;

    // Changed on the way: the vault saw other bytes than lie here
    let changed = row(1, vec![3; 20]).deposit_id;
    shop.post(ACKNOWLEDGE_PATH, &acknowledge(&[], &[(good.deposit_id, changed)])).await;
    assert_eq!(shop.backlog().await, 2);
    shop.post(ACKNOWLEDGE_PATH, &acknowledge(&[], &[(damaged.deposit_id, changed)])).await;
    assert_eq!(shop.backlog().await, 2);

    let answer = shop.post(ACKNOWLEDGE_PATH, &acknowledge(&[], &[(damaged.deposit_id, content)])).await;
    assert_eq!((answer.status, shop.backlog().await), (StatusCode::NO_CONTENT, 1));
    assert_eq!(shop.batch(64).await.deposits[0].deposit_id.0, good.deposit_id);
}

#[tokio::test]
async fn signed_nonsense_has_its_own_answers() {
    let shop = Shop::with(Vec::new()).await;
    let too_many = acknowledge(&vec![[1; 32]; 65], &[]);
    let too_large = format!("{{\"deposit_ids\":[]{}}}", " ".repeat(MAX_REQUEST));
    for (path, body, slug) in [
        ("/v1/relay/other", "{}", "not-found"),
        (BATCH_PATH, "", "malformed-json"),
        (BATCH_PATH, "{\"limit\":0}", "malformed-json"),
        (BATCH_PATH, "{\"limit\":1,\"after\":2}", "malformed-json"),
        (ACKNOWLEDGE_PATH, "{\"deposit_ids\":[\"00\"]}", "malformed-json"),
        (ACKNOWLEDGE_PATH, &too_many, "batch-too-large"),
        (ACKNOWLEDGE_PATH, &too_large, "body-too-large"),
    ] {
        let answer = shop.post(path, body).await;
        let details: ProblemDetails = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(details.problem_type().unwrap().slug(), slug, "{path} {body:.40}");
    }
}

#[tokio::test]
async fn a_lost_database_gives_503_and_the_next_request_is_taken() {
    let shop = Shop::with(vec![row(1, vec![1])]).await;
    let fields = shop.signed_by(&vault_key(), BATCH_PATH, b"{\"limit\":1}", NOW);
    // What a reader sees of a lost database
    let mut raw =
        <sqlx::SqliteConnection as sqlx::Connection>::connect(shop.outbox_path().to_str().unwrap()).await.unwrap();
    sqlx::query("ALTER TABLE deposit RENAME TO gone").execute(&mut raw).await.unwrap();
    let answer = shop.send(request(BATCH_PATH, "{\"limit\":1}", Some(&fields))).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    sqlx::query("ALTER TABLE gone RENAME TO deposit").execute(&mut raw).await.unwrap();
    assert_eq!(shop.batch(1).await.deposits.len(), 1);
}
