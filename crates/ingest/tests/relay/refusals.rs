//! Who has no signature learns nothing, not even what there is.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Method, Request, StatusCode};
use hyper::body::Frame;
use nightsafe_core::note::NoteSigner;
use nightsafe_core::time::UnixTime;
use nightsafe_proto::problem::{ProblemDetails, ProblemType};
use nightsafe_proto::relay::{ACKNOWLEDGE_PATH, BATCH_PATH};
use nightsafe_serve::http_signature::{Target, WINDOW, sign};

use crate::support::{AUTHORITY, Answer, NOW, Shop, request, row, vault_key};

const ASK: &str = "{\"limit\":1}";

/// The same in every byte, but for the request's id, which is made anew each time.
fn assert_bare(answer: &Answer, first: &Answer) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!((&answer.headers, &answer.body), (&first.headers, &first.body));
}

#[tokio::test]
async fn whatever_is_asked_without_signature_gets_the_same_answer() {
    let shop = Shop::with(vec![row(1, vec![1])]).await;
    let first = shop.send(request(BATCH_PATH, ASK, None)).await;
    let details: ProblemDetails = serde_json::from_slice(&first.body).unwrap();
    assert_eq!(details.problem_type(), Some(ProblemType::NotSigned));
    assert_eq!(first.headers["www-authenticate"], "Signature");
    for (method, path) in [
        (Method::POST, BATCH_PATH),
        (Method::POST, ACKNOWLEDGE_PATH),
        (Method::GET, BATCH_PATH),
        (Method::OPTIONS, BATCH_PATH),
        (Method::OPTIONS, "*"),
        (Method::PUT, ACKNOWLEDGE_PATH),
        (Method::GET, "/"),
        (Method::GET, "/healthz"),
        (Method::POST, "/v1/deposits"),
        (Method::GET, "/v1/relay/../../etc/passwd"),
        (Method::POST, "/v1/relay/batch?limit=1"),
    ] {
        let request = Request::builder().method(&method).uri(path).body(Body::empty()).unwrap();
        let answer = shop.send(request).await;
        assert_bare(&answer, &first);
    }
    assert_eq!(shop.backlog().await, 1);
}

#[tokio::test]
async fn every_way_to_be_wrong_gets_the_same_answer() {
    let shop = Shop::with(vec![row(1, vec![1])]).await;
    let first = shop.send(request(BATCH_PATH, ASK, None)).await;
    let sign_as = |key: &NoteSigner, path: &str, body: &str, at| shop.signed_by(key, path, body.as_bytes(), at);
    let key = vault_key();
    let stranger = NoteSigner::from_seed("demo.nightsafe.example/relay", &[8; 32]).unwrap();

    let mut broken = sign_as(&key, BATCH_PATH, ASK, NOW);
    broken.signature = broken.signature.replace("nightsafe=:", "nightsafe=:A");
    let mut second_method = sign_as(&key, BATCH_PATH, ASK, NOW);
    second_method.signature_input.push_str(", sig2=()");
    let elsewhere = sign(
        &key,
        Target { method: &Method::POST, authority: "other.example", path: BATCH_PATH },
        ASK.as_bytes(),
        NOW,
        [99; 16],
    );
    let cases = [
        ("another key", sign_as(&stranger, BATCH_PATH, ASK, NOW)),
        ("before the start", sign_as(&key, BATCH_PATH, ASK, UnixTime::from_seconds(NOW.seconds() - 1))),
        ("too new", sign_as(&key, BATCH_PATH, ASK, NOW.plus(WINDOW + 1))),
        ("another path", sign_as(&key, ACKNOWLEDGE_PATH, ASK, NOW)),
        ("another body", sign_as(&key, BATCH_PATH, "{\"limit\":2}", NOW)),
        ("a broken signature", broken),
        ("two signatures", second_method),
        ("another relay", elsewhere),
    ];
    for (what, fields) in &cases {
        let answer = shop.send(request(BATCH_PATH, ASK, Some(fields))).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
        assert_bare(&answer, &first);
    }
    assert_bare(
        &shop.send(request("/v1/relay/batch?x", ASK, Some(&sign_as(&key, BATCH_PATH, ASK, NOW)))).await,
        &first,
    );

    let good = sign_as(&key, BATCH_PATH, ASK, NOW);
    assert_eq!(shop.send(request(BATCH_PATH, ASK, Some(&good))).await.status, StatusCode::OK);
    assert_bare(&shop.send(request(BATCH_PATH, ASK, Some(&good))).await, &first);
}

#[tokio::test]
async fn no_byte_of_an_unsigned_body_is_read() {
    let shop = Shop::with(Vec::new()).await;
    let body = Body::new(NeverRead);
    let request = Request::post(BATCH_PATH).header("content-type", "application/json").body(body).unwrap();
    assert_eq!(shop.send(request).await.status, StatusCode::UNAUTHORIZED);
}

struct NeverRead;

impl HttpBody for NeverRead {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        panic!("the body was read");
    }
}

#[tokio::test]
async fn a_proxy_may_change_the_host() {
    let shop = Shop::with(Vec::new()).await;
    let mut request = shop.signed(BATCH_PATH, ASK);
    request.headers_mut().insert("host", "127.0.0.1:9".parse().unwrap());
    assert_eq!(shop.send(request).await.status, StatusCode::OK);
    assert_ne!(AUTHORITY, "127.0.0.1:9");
}
