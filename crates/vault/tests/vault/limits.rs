//! How much one address may ask for, all together, and how often it may try to sign in.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use nightsafe_login::ClientLogin;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::login::LoginStart;
use nightsafe_proto::wire::B64u;
use nightsafe_serve::forwarded::{ForwardedHeader, Peer, Trust};
use nightsafe_serve::limits::{Admission, Guard, Memory, Rate, RateLimits, Rates};

use crate::fixture::{ADMIN_ORIGIN, Answer, Vault};

const PROXY: [u8; 4] = [127, 0, 0, 1];

/// Rates that give nothing back while a test lasts.
fn guard(client: u32, all: u32) -> Guard {
    // One interval is a second, so the burst is what counts
    let rate = |burst| Rate { per_second: 1, burst };
    let limits = RateLimits { client: rate(client), all: rate(all), clients: 100 };
    let trust = Trust::new(vec!["127.0.0.1/32".parse().unwrap()], ForwardedHeader::XForwardedFor);
    Guard { admission: Admission { trust, rates: Rates::new(limits) }, memory: Memory::new(1 << 20) }
}

fn unlimited() -> Guard {
    Guard { admission: Admission { rates: Guard::default().admission.rates, ..guard(1, 1).admission }, ..guard(1, 1) }
}

/// As the server passes a request on: with the other end of the connection.
async fn send(vault: &Vault, peer: impl Into<IpAddr>, forwarded: Option<&str>, request: Request<Body>) -> Answer {
    let mut request = request;
    request.headers_mut().insert(header::ORIGIN, ADMIN_ORIGIN.parse().unwrap());
    request.extensions_mut().insert(Peer(SocketAddr::new(peer.into(), 1)));
    if let Some(forwarded) = forwarded {
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
    }
    vault.send(request).await
}

async fn ask(vault: &Vault, peer: [u8; 4], forwarded: Option<&str>, path: &str) -> Answer {
    send(vault, peer, forwarded, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn start(vault: &Vault, peer: [u8; 4], forwarded: Option<&str>, user: &str) -> Answer {
    let (_, message) = ClientLogin::start(b"a guess").unwrap();
    let body = serde_json::to_string(&LoginStart { user: user.into(), message: B64u(message) }).unwrap();
    let request = Request::post("/v1/login/start").header(header::CONTENT_TYPE, "application/json");
    send(vault, peer, forwarded, request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn one_address_that_asks_too_often_is_told_to_wait_and_the_others_are_not() {
    let vault = Vault::with_guard(guard(30, 10_000)).await;
    let mut answers = Vec::new();
    for _ in 0..100 {
        answers.push(ask(&vault, [192, 0, 2, 1], None, "/v1/manifests").await);
    }
    let refused: Vec<_> = answers.iter().filter(|one| one.status == StatusCode::TOO_MANY_REQUESTS).collect();
    assert!(!refused.is_empty() && refused.len() <= 70, "{}", refused.len());
    assert!(refused.iter().all(|one| one.problem() == ProblemType::RateLimited));
    assert!(refused.iter().all(|one| one.headers.contains_key(header::RETRY_AFTER)));
    let other = ask(&vault, [192, 0, 2, 2], None, "/v1/manifests").await;
    assert_eq!(other.problem(), ProblemType::SignInRequired);
    // Whoever watches the vault is not counted
    assert_eq!(ask(&vault, [192, 0, 2, 1], None, "/readyz").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn all_together_have_a_limit() {
    let vault = Vault::with_guard(guard(1000, 30)).await;
    let mut busy = 0;
    for number in 0..100 {
        let answer = ask(&vault, [192, 0, 2, number], None, "/v1/manifests").await;
        busy += u32::from(answer.problem() == ProblemType::Busy);
    }
    assert!(busy > 0 && busy <= 70, "{busy}");
}

#[tokio::test]
async fn whoever_knows_an_admins_name_cannot_keep_him_out_from_elsewhere() {
    let vault = Vault::with_guard(unlimited()).await;
    for name in ["admin", "b", "c", "d"] {
        for _ in 0..100 {
            start(&vault, [192, 0, 2, 1], None, name).await;
        }
    }
    assert_eq!(start(&vault, [192, 0, 2, 1], None, "admin").await.problem(), ProblemType::RateLimited);
    assert_eq!(start(&vault, [192, 0, 2, 2], None, "admin").await.status, StatusCode::OK);
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_forwarded_address_counts_and_from_others_it_does_not() {
    let vault = Vault::with_guard(unlimited()).await;
    let try_often = async |peer, forwarded: &[&str]| {
        let mut admitted = 0;
        for number in 0..30 {
            let forwarded = forwarded[number % forwarded.len()];
            admitted += u32::from(start(&vault, peer, Some(forwarded), "admin").await.status == StatusCode::OK);
        }
        admitted
    };
    assert_eq!(try_often(PROXY, &["192.0.2.1"]).await, 10);
    assert_eq!(start(&vault, PROXY, Some("192.0.2.2"), "admin").await.status, StatusCode::OK);
    assert_eq!(try_often([192, 0, 2, 9], &["192.0.2.21", "192.0.2.22", "192.0.2.23"]).await, 10);
}

#[tokio::test]
async fn bodies_share_one_memory() {
    let small = Guard { memory: Memory::new(16), ..unlimited() };
    let vault = Vault::with_guard(small).await;
    assert_eq!(start(&vault, PROXY, None, "admin").await.problem(), ProblemType::Busy);
}
