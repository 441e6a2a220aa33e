//! A row that somebody who may insert put under a deposit's id, beside the deposit, which has a receipt. Only on PostgreSQL
//! are there two rows under one id, in two hours.

use nightsafe_core::deposit::Deposit;
use nightsafe_core::encoding::hex;
use nightsafe_store::outbox::OutboxRow;
use serde_json::json;

use crate::pair::{Pair, row};

/// With a deposit that nobody has posted yet, and another one's content to plant under its id.
async fn pair() -> Option<(Pair, Deposit, OutboxRow)> {
    let pair = Pair::on_postgres().await?;
    let deposit = pair.seal(0);
    let planted = OutboxRow { deposit_id: deposit.id().0, ..row(&pair.seal(1)) };
    Some((pair, deposit, planted))
}

/// The deposit is in the vault, the planted row in quarantine, and nothing else is anywhere.
async fn assert_each_where_it_belongs(mut pair: Pair, deposit: Deposit, planted: &OutboxRow) {
    pair.deposits.push(deposit);
    pair.assert_exactly_once().await;
    let rows = pair.quarantine().await;
    let rows: Vec<_> = rows.iter().map(|row| (row.deposit_id, row.content, row.reason.as_str())).collect();
    assert_eq!(rows, [(planted.deposit_id, planted.content(), "wrong-id")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_row_and_its_deposit_in_one_batch_part() {
    let Some((mut pair, deposit, planted)) = pair().await else { return };
    for (row, hours_ago) in [(&planted, 3), (&row(&deposit), 2), (&row(&deposit), 1)] {
        pair.outbox.put(row, hours_ago).await;
    }
    let batch = pair.until(true).await;
    // The deposit lies there twice and is handed out once
    assert_eq!(pair.pass(batch).await.deposits(), 2);
    let acknowledgement = pair.until(false).await;
    let said = acknowledgement.request.json();
    let id = hex(&planted.deposit_id);
    assert_eq!(said["deposit_ids"], json!([id]));
    assert_eq!(said["damaged"], json!([{ "deposit_id": id, "content": hex(&planted.content()) }]));
    assert_eq!(pair.pass(acknowledgement).await.status(), 204);
    assert_eq!(pair.backlog().await, 0);
    assert_each_where_it_belongs(pair, deposit, &planted).await;
}

/// What the vault says of the one that it has read is no word about the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_comes_before_the_acknowledgement_of_the_other_stays() {
    for is_planted_first in [true, false] {
        let Some((mut pair, deposit, planted)) = pair().await else { return };
        let deposits_row = row(&deposit);
        let [first, second] = if is_planted_first { [&planted, &deposits_row] } else { [&deposits_row, &planted] };
        pair.outbox.put(first, 3).await;
        let batch = pair.until(true).await;
        assert_eq!(pair.pass(batch).await.deposits(), 1);
        let acknowledgement = pair.until(false).await;
        pair.outbox.put(second, 2).await;
        assert_eq!(pair.pass(acknowledgement).await.status(), 204);
        assert_eq!(pair.backlog().await, 1, "planted first: {is_planted_first}");
        assert_each_where_it_belongs(pair, deposit, &planted).await;
    }
}
