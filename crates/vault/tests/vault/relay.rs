//! The client of a relay, against relays that lie.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use nightsafe_core::anchor::Origin;
use nightsafe_core::encoding::{b64u, hex};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::time::UnixTime;
use nightsafe_proto::relay::{ACKNOWLEDGE_PATH, MAX_ANSWER};
use nightsafe_serve::clock::{Clock, FixedClock, SystemClock};
use nightsafe_serve::server::{self, ServerLimits};
use nightsafe_store::outbox::OutboxRow;
use nightsafe_vault::{ClientTls, Pulled, Puller, Relay, RelayConfig, RelayError, Source, SourceError};
use serde_json::{Value, json};

use crate::fixture::{Vault, phone, row, site};

/// Answers every batch with the same text, and writes down what is acknowledged.
struct Liar {
    relay: Relay,
    acknowledged: Arc<Mutex<Vec<Value>>>,
}

async fn liar(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Liar {
    liar_for(answer, Arc::new(SystemClock)).await
}

async fn liar_for(answer: impl Fn() -> Response + Clone + Send + Sync + 'static, clock: Arc<dyn Clock>) -> Liar {
    let acknowledged: Arc<Mutex<Vec<Value>>> = Arc::default();
    let heard = Arc::clone(&acknowledged);
    let router = Router::new().fallback(move |request: Request| async move {
        if request.uri().path() != ACKNOWLEDGE_PATH {
            return answer();
        }
        let body = request.into_body().collect().await.unwrap().to_bytes();
        heard.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        StatusCode::NO_CONTENT.into_response()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(server::run(listener, router, ServerLimits::default(), std::future::pending()));
    let relay = Relay::new(RelayConfig {
        origin: Origin::parse(&origin).unwrap(),
        tls: ClientTls::trusting(&[]).unwrap(),
        key: NoteSigner::from_seed("demo.nightsafe.example/relay", &[7; 32]).unwrap(),
        clock,
    });
    Liar { relay, acknowledged }
}

async fn says(json: Value) -> Liar {
    liar(move || axum::Json(json.clone()).into_response()).await
}

fn deposit(row: &OutboxRow) -> Value {
    json!({"deposit_id": hex(&row.deposit_id), "day": row.day, "nonce": b64u(&row.nonce), "body": b64u(&row.body)})
}

async fn error(liar: &Liar) -> RelayError {
    match liar.relay.next_batch(2).await.unwrap_err() {
        SourceError::Relay(error) => error,
        SourceError::Store(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn answers_of_another_form_are_refused() {
    let good = deposit(&OutboxRow { deposit_id: [1; 32], day: "2026-11-21".into(), nonce: [2; 32], body: vec![3] });
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        json!({"deposits": [changed], "more": false})
    };
    assert_eq!(says(with("day", json!("any text"))).await.relay.next_batch(2).await.unwrap().rows.len(), 1);
    for bad in [
        json!({}),
        json!({"deposits": []}),
        json!({"deposits": [], "more": 1}),
        json!({"deposits": [], "more": false, "next": 1}),
        json!({"deposits": [good, good, good], "more": false}), // more than were asked for
        with("deposit_id", json!("00")),
        with("nonce", json!("AAAA")),
        with("body", json!("====")),
        with("tag", json!("x")),
    ] {
        let liar = says(bad.clone()).await;
        assert!(matches!(error(&liar).await, RelayError::Malformed), "{bad}");
    }
}

#[tokio::test]
async fn other_statuses_are_failures_and_redirections_are_not_followed() {
    for status in [302, 404, 429, 500, 503] {
        let liar = liar(move || {
            let status = StatusCode::from_u16(status).unwrap();
            (status, [(header::LOCATION, "http://localhost:1/"), (header::RETRY_AFTER, "0")], "{}").into_response()
        });
        assert!(matches!(error(&liar.await).await, RelayError::Status(found) if found == status));
    }
}

#[tokio::test]
async fn an_endless_answer_is_given_up() {
    // With a length, and without one
    let long = || Body::from(vec![b' '; MAX_ANSWER + 1]).into_response();
    assert!(matches!(error(&liar(long).await).await, RelayError::TooLarge));
    let endless = || Body::new(Endless).into_response();
    assert!(matches!(error(&liar(endless).await).await, RelayError::TooLarge));
}

struct Endless;

impl hyper::body::Body for Endless {
    type Data = hyper::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Ready(Some(Ok(hyper::body::Frame::data(hyper::body::Bytes::from_static(&[b' '; 4096])))))
    }
}

#[tokio::test]
async fn a_refusal_names_the_clocks_when_they_are_the_reason() {
    let now = SystemClock.now().seconds();
    let refuses = || StatusCode::UNAUTHORIZED.into_response();
    let slow = liar_for(refuses, Arc::new(FixedClock::new(UnixTime::from_seconds(now - 3600)))).await;
    let RelayError::Refused { skew: Some(skew) } = error(&slow).await else { panic!() };
    assert!((3600..3630).contains(&skew), "{skew}");
    let right = error(&liar(refuses).await).await;
    assert!(right.to_string().contains("relay.vault_keys"), "{right}");
}

#[tokio::test]
async fn rows_that_are_not_what_their_id_says_go_into_quarantine_and_are_named_as_damaged() {
    let vault = Vault::new().await;
    let good = row(&vault.seal("ORDER-1", &[("phone", phone())]));
    let mut changed = row(&vault.seal("ORDER-2", &[("phone", phone())]));
    changed.body[50] ^= 1;
    let renamed = OutboxRow { deposit_id: [9; 32], ..good.clone() };
    // The first twice: a relay that repeats itself stores nothing twice
    let rows = [&good, &changed, &renamed, &good].map(deposit);
    let liar = says(json!({"deposits": rows, "more": true})).await;
    let acknowledged = Arc::clone(&liar.acknowledged);
    let puller = Puller::new(liar.relay, vault.store.clone(), site());
    let pulled = puller.step().await.unwrap();
    assert_eq!(pulled, Pulled { stored: 1, already_there: 1, quarantined: 2, more: true });
    // The same batch again, as from a relay that deletes nothing
    let pulled = puller.step().await.unwrap();
    assert_eq!(pulled, Pulled { stored: 0, already_there: 2, quarantined: 2, more: true });

    let said = acknowledged.lock().unwrap().clone();
    assert_eq!(said.len(), 2);
    let id = hex(&good.deposit_id);
    assert_eq!(said[0]["deposit_ids"], json!([id, id]));
    assert_eq!(said[0]["damaged"][0]["deposit_id"], hex(&changed.deposit_id));
    assert_ne!(said[0]["damaged"][0]["content"], said[0]["damaged"][0]["deposit_id"]);
    assert_eq!(said[0]["damaged"][1], json!({"deposit_id": hex(&[9; 32]), "content": id}));
    assert_eq!(vault.store.quarantined(10).await.unwrap().len(), 2);
}
