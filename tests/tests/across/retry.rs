//! A browser that heard no answer, and sends again when the deposit has long been taken away. What ingest alone does with
//! a retry is tested there, with real kills.

use nightsafe_core::receipt;
use nightsafe_core::suite::Suite;
use nightsafe_proto::deposit::DepositReceipt;
use nightsafe_proto::vault::search::Search;
use nightsafe_serve::clock::Clock;

use crate::admin::Admin;
use crate::site::Shop;

#[tokio::test]
async fn a_retry_after_a_restart_and_a_pull_gets_the_same_receipt_and_is_one_order() {
    let shop = Shop::new(Suite::XWing);
    let deposit = shop.seal("ORDER-1", &[("phone", "value", "+4930123456")]);
    let ingest = shop.start_ingest().await;
    let first = ingest.post(&deposit).await;
    assert_eq!(ingest.post(&deposit).await, first);
    let vault = shop.start_vault().await;
    assert_eq!(vault.pull().await.stored, 1);
    ingest.stop().await;

    shop.clock.set(shop.clock.now().plus_days(1));
    let ingest = shop.start_ingest().await;
    assert_eq!(ingest.post(&deposit).await, first);
    // The outbox keeps the ids of what was taken: there is nothing to take again
    let pulled = vault.pull().await;
    assert_eq!((pulled.stored, pulled.already_there, pulled.quarantined), (0, 0, 0));

    let answer: DepositReceipt = serde_json::from_str(&first).unwrap();
    let receipt = receipt::verify(&answer.receipt, &shop.manifest.receipt_key).unwrap();
    assert_eq!((receipt.deposit, receipt.reference.as_str()), (deposit.id(), "ORDER-1"));
    let rows = Admin::sign_in(&shop, &vault).await.find(&Search::default()).await;
    assert_eq!(rows.iter().map(|row| row.day.as_str()).collect::<Vec<_>>(), ["2026-11-21"]);
}
