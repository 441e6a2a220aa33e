//! What the vault's numbers say of somebody who has left.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use nightsafe_serve::metrics::{KeyGauges, Metrics};
use nightsafe_vault::{LeaverGauges, Leavers, watch_keys};
use tower::ServiceExt;

use crate::fixture::Vault;
use crate::reseal::Left;

/// The two numbers, after one look: whether a key is known that seals, and how many deposits could be opened.
async fn numbers(vault: &Vault) -> [u64; 2] {
    let mut metrics = Metrics::new("nightsafe-vault", "0");
    let gauges = (KeyGauges::register(&mut metrics), LeaverGauges::register(&mut metrics));
    let leavers = Leavers::new(Some(vault.anchor.clone()));
    // Asked to stop before it began, it looks once
    watch_keys(gauges, vault.store.clone(), leavers, vault.clock.clone(), async {}).await;
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let answer = metrics.router().oneshot(request).await.unwrap();
    let text = String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    ["nightsafe_data_key_known_to_leaver ", "nightsafe_deposits_to_reseal "]
        .map(|name| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse().unwrap())
}

#[tokio::test]
async fn a_leavers_key_is_in_the_numbers_until_another_seals_and_his_deposits_until_they_are_sealed_anew() {
    assert_eq!(numbers(&Vault::new().await).await, [0, 0]);
    let left = Left::new(3).await;
    let vault = &left.recorded.team.vault;
    assert_eq!(numbers(vault).await, [1, 3]);
    let browser = left.browser().await;
    assert_eq!(numbers(vault).await, [0, 3], "the next key seals now");
    let rows = left.list(None, 2).await;
    assert_eq!(left.send(&left.sealed(&browser, &rows).await).await, []);
    assert_eq!(numbers(vault).await, [0, 1]);
    let rows = left.list(None, 9).await;
    assert_eq!(left.send(&left.sealed(&browser, &rows).await).await, []);
    assert_eq!(numbers(vault).await, [0, 0]);
}
