//! A clock that is set back while deposits come in: an hour, which is inside every tolerance, and two years, when no
//! manifest is valid yet.

use axum::http::StatusCode;
use nightsafe_core::suite::Suite;
use nightsafe_core::time::UnixTime;
use nightsafe_proto::vault::search::Search;
use nightsafe_serve::clock::Clock;

use crate::admin::Admin;
use crate::site::Shop;

const HOUR: u64 = 3600;
const TWO_YEARS: u64 = 2 * 365 * 24 * HOUR;

#[tokio::test]
async fn a_clock_set_back_loses_nothing_and_takes_nothing_twice() {
    let shop = Shop::new(Suite::X25519);
    let now = shop.clock.now();
    let back = |seconds: u64| shop.clock.set(UnixTime::from_seconds(now.seconds() - seconds));
    let orders = ["ORDER-1", "ORDER-2", "ORDER-3"];
    let [first, second, third] = orders.map(|order| shop.seal(order, &[("phone", "value", "+4930123456")]));
    let ingest = shop.start_ingest().await;
    let vault = shop.start_vault().await;
    let receipt = ingest.post(&first).await;
    assert_eq!(vault.pull().await.stored, 1);

    back(HOUR);
    assert_eq!(ingest.post(&first).await, receipt);
    let of_second = ingest.post(&second).await;
    assert_eq!(vault.pull().await.stored, 1);

    back(TWO_YEARS);
    let (status, body) = ingest.answer(&third).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
    assert!(body.contains("manifest-unavailable"), "{body}");

    shop.clock.set(now);
    ingest.post(&third).await;
    assert_eq!(ingest.post(&first).await, receipt);
    assert_eq!(ingest.post(&second).await, of_second);
    while vault.pull().await.stored > 0 {}
    let mut found = Admin::sign_in(&shop, &vault).await.find(&Search::default()).await;
    found.sort_by(|a, b| a.reference.cmp(&b.reference));
    assert_eq!(found.iter().map(|row| row.reference.as_str()).collect::<Vec<_>>(), orders);
}
