//! What arrives twice, late, in another order, or changed; and what was never right.

use nightsafe_core::encoding::{b64u, b64u_decode};
use nightsafe_store::outbox::OutboxRow;
use serde_json::json;

use crate::pair::{Pair, Side, row};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_comes_twice_is_answered_once() {
    let mut pair = Pair::with(4).await;
    for is_batch in [true, false] {
        let exchange = pair.until(is_batch).await;
        let answer = exchange.request.ask(pair.relay).await.unwrap();
        assert!(matches!(answer.status(), 200 | 204));
        for _ in 0..3 {
            assert_eq!(exchange.request.ask(pair.relay).await.unwrap().status(), 401);
        }
        // The vault hears the second answer instead of the first
        let second = exchange.request.ask(pair.relay).await.unwrap();
        exchange.deliver(&second);
    }
    pair.assert_exactly_once().await;
    assert!(pair.log(Side::Vault).contains("does not take this vault's signature"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_were_held_back_come_late_and_in_another_order() {
    let mut pair = Pair::with(3).await;
    // The vault gives both up; the relay has heard neither
    let batch = pair.until(true).await;
    let held_batch = batch.request.clone();
    batch.cut();
    let acknowledgement = pair.until(false).await;
    let held_acknowledgement = acknowledgement.request.clone();
    acknowledgement.cut();
    assert_eq!(pair.backlog().await, 3);

    // The acknowledgement overtakes the batch; what it says is true, so it may count
    assert_eq!(held_acknowledgement.ask(pair.relay).await.unwrap().status(), 204);
    assert_eq!(pair.backlog().await, 0);
    pair.shop(2).await;
    assert_eq!(held_batch.ask(pair.relay).await.unwrap().deposits(), 2);
    pair.assert_exactly_once().await;

    // Months later, as it were: everything again
    for held in [&held_batch, &held_acknowledgement] {
        assert_eq!(held.ask(pair.relay).await.unwrap().status(), 401);
    }
    pair.assert_exactly_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_answer_to_a_new_question_brings_nothing_twice() {
    let mut pair = Pair::with(3).await;
    let first = pair.until(true).await;
    let old = pair.pass(first).await;
    assert_eq!(old.deposits(), 3);
    pair.drain().await;
    pair.shop(2).await;
    // The vault believes the old answer, finds that it has all of it, and says so once more
    let again = pair.until(true).await;
    again.deliver(&old);
    let acknowledgement = pair.wire.next().await;
    assert!(!acknowledgement.is_batch());
    assert_eq!(pair.pass(acknowledgement).await.status(), 204);
    pair.assert_exactly_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_is_changed_on_the_way_costs_no_deposit() {
    let mut pair = Pair::with(3).await;
    let exchange = pair.until(true).await;
    let answer = exchange.request.ask(pair.relay).await.unwrap();
    exchange.deliver(&answer.changed(|json| {
        let body = &mut json["deposits"][1]["body"];
        let mut bytes = b64u_decode(body.as_str().unwrap()).unwrap();
        bytes[100] ^= 1;
        *body = json!(b64u(&bytes));
        let other = json["deposits"][0]["deposit_id"].clone();
        json["deposits"][2]["deposit_id"] = other;
        json["more"] = json!(true);
    }));
    // Two of the three are damaged: the relay keeps the real ones
    let acknowledgement = pair.wire.next().await;
    assert_eq!(acknowledgement.request.json()["damaged"].as_array().unwrap().len(), 2);
    pair.pass(acknowledgement).await;
    assert_eq!(pair.backlog().await, 2);
    pair.assert_exactly_once().await;
    assert_eq!(pair.quarantined().await.len(), 2);
    assert!(pair.log(Side::Relay).contains("whose id is not their hash"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_request_is_refused_and_the_next_one_taken() {
    let mut pair = Pair::with(3).await;
    let exchange = pair.until(true).await;
    let changed = exchange.request.with_body(b"{\"limit\":1}");
    let answer = changed.ask(pair.relay).await.unwrap();
    assert_eq!(answer.status(), 401);
    exchange.deliver(&answer);

    let exchange = pair.until(false).await;
    let mut message = exchange.request.json();
    message["deposit_ids"].as_array_mut().unwrap().pop();
    let changed = exchange.request.with_body(&serde_json::to_vec(&message).unwrap());
    assert_eq!(changed.ask(pair.relay).await.unwrap().status(), 401);
    exchange.cut();
    assert_eq!(pair.backlog().await, 3);
    pair.assert_exactly_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_deposit_goes_into_quarantine_and_the_queue_moves_on() {
    let mut pair = Pair::with(0).await;
    let good = pair.seal(1000);
    // Right ids over bytes that say nothing, a deposit under an id that is not its hash, and one damaged at rest
    let garbage = |number: u8| {
        let (nonce, body) = ([number; 32], vec![number; 100]);
        let deposit_id = sha2::Digest::finalize(sha2::Digest::chain_update(
            sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), nonce),
            &body,
        ));
        OutboxRow { deposit_id: deposit_id.into(), day: "2026-11-21".into(), nonce, body }
    };
    let mut rows: Vec<OutboxRow> = (0..70).map(garbage).collect();
    rows.push(OutboxRow { deposit_id: [7; 32], ..row(&good) });
    let mut damaged = row(&pair.seal(1001));
    damaged.body[60] ^= 1;
    rows.push(damaged);
    pair.insert(rows).await;
    pair.shop(3).await;
    pair.drain().await;
    pair.assert_exactly_once().await;
    let mut reasons = pair.quarantined().await;
    reasons.sort();
    assert_eq!(reasons.iter().filter(|reason| *reason == "malformed").count(), 70);
    assert_eq!(&reasons[70..], ["wrong-id", "wrong-id"]);
    assert_eq!(pair.log(Side::Vault).matches("a deposit is in quarantine").count(), 72);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_promises_more_for_ever_is_asked_at_the_usual_pace() {
    let mut pair = Pair::with(2).await;
    let first = pair.until(true).await;
    let full = first.request.ask(pair.relay).await.unwrap();
    let repeated = full.changed(|json| {
        let one = json["deposits"][0].clone();
        json["deposits"] = json!([one, one, one]);
        json["more"] = json!(true);
    });
    first.deliver(&repeated);
    for _ in 0..5 {
        let acknowledgement = pair.wire.next().await;
        assert_eq!(acknowledgement.request.json()["deposit_ids"].as_array().unwrap().len(), 3);
        // Swallowed: the relay never hears of it
        acknowledgement.deliver(&nothing());
        pair.until(true).await.deliver(&repeated);
    }
    let acknowledgement = pair.wire.next().await;
    pair.pass(acknowledgement).await;
    pair.assert_exactly_once().await;
}

fn nothing() -> crate::wire::Message {
    crate::wire::Message::no_content()
}
