//! Deposits that are taken.

use axum::http::StatusCode;
use nightsafe_core::deposit::Deposit;
use nightsafe_core::receipt;
use nightsafe_core::scalar::{DepositId, Nonce};
use nightsafe_proto::deposit::DepositReceipt;

use crate::support::{World, deposit_to, public_key, receipt_signer, text};

#[tokio::test]
async fn a_deposit_is_stored_and_receipted() {
    let world = World::new().await;
    let sent = world.deposit();
    let response = world.post(sent.to_json()).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let answer: DepositReceipt = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(answer.deposit_id.0, *sent.id().as_bytes());
    let receipt = receipt::verify(&answer.receipt, receipt_signer().vkey()).unwrap();
    assert_eq!(receipt.deposit, sent.id());
    assert_eq!(receipt.reference, sent.parts().reference);
    assert_eq!(receipt.site, sent.parts().site);

    let rows = world.stored().await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].day, "2026-11-21");
    let stored = Deposit::from_canonical_body(&DepositId(rows[0].deposit_id), Nonce(rows[0].nonce), &rows[0].body);
    assert_eq!(stored.unwrap(), sent);
}

#[tokio::test]
async fn a_retry_has_the_same_answer_and_one_row() {
    let world = World::new().await;
    let body = world.deposit().to_json();
    let first = text(world.post(body.clone()).await).await;
    for _ in 0..3 {
        let again = world.post(body.clone()).await;
        assert_eq!(again.status(), StatusCode::CREATED);
        assert_eq!(text(again).await, first);
    }
    // All at once, as a double click and a bad line make it
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (router, body) = (world.router.clone(), body.clone());
        tasks.spawn(async move {
            let response = tower::ServiceExt::oneshot(router, crate::support::post(body)).await;
            text(response.unwrap()).await
        });
    }
    while let Some(answer) = tasks.join_next().await {
        assert_eq!(answer.unwrap(), first);
    }
    assert_eq!(world.stored().await.len(), 1);
}

#[tokio::test]
async fn both_suites_and_the_key_that_comes_next_are_taken() {
    let world = World::new().await;
    for key in &world.manifest.data_keys {
        let sent = deposit_to(&world.manifest, &public_key(key.suite), "ORDER-2", &["phone"]);
        assert_eq!(world.post(sent.to_json()).await.status(), StatusCode::CREATED);
    }
    assert_eq!(world.stored().await.len(), 2);
}

#[tokio::test]
async fn a_months_end_between_sealing_and_arrival_does_no_harm() {
    let world = World::new().await;
    let body = world.deposit().to_json();
    for (now, status) in [
        ("2026-10-31T23:59:59Z", StatusCode::CREATED),
        ("2026-12-31T23:59:59Z", StatusCode::CREATED),
        ("2027-01-01T00:00:00Z", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        world.clock.set(crate::support::time(now));
        assert_eq!(world.post(body.clone()).await.status(), status, "{now}");
    }
}
