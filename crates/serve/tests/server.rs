//! A wrapped API behind a real listener.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail the test")]

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use nightsafe_proto::problem::{ProblemDetails, ProblemType};
use nightsafe_serve::body::{BodyLimits, read_json};
use nightsafe_serve::problem::Problem;
use nightsafe_serve::server::{ServerLimits, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

const LIMITS: BodyLimits = BodyLimits { bytes: 1000, time: Duration::from_millis(500) };

async fn length(request: Request<Body>) -> Result<String, Problem> {
    Ok(read_json(request, LIMITS).await?.len().to_string())
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "done"
}

struct Running {
    address: String,
    end: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

async fn start() -> Running {
    let api = Router::new()
        .route("/length", post(length))
        .route("/slow", get(slow))
        .route("/never", get(std::future::pending::<()>))
        .route(
            "/panic",
            get(|| async {
                if true {
                    panic!("4111111111111111")
                }
            }),
        );
    let router = nightsafe_serve::api::wrap(api, Duration::from_secs(1));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let limits =
        ServerLimits { connections: 8, head_time: Duration::from_millis(300), drain_time: Duration::from_secs(5) };
    let (end, asked) = oneshot::channel();
    let ended = tokio::spawn(run(listener, router, limits, async {
        let _ = asked.await;
    }));
    Running { address, end, ended }
}

async fn problem(response: reqwest::Response) -> ProblemType {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let status = response.status().as_u16();
    let document: ProblemDetails = response.json().await.unwrap();
    assert_eq!(document.status, status);
    document.problem_type().unwrap()
}

#[tokio::test]
async fn whatever_goes_wrong_is_a_problem_document() {
    let server = start().await;
    let url = |path: &str| format!("http://{}{path}", server.address);
    let client = reqwest::Client::new();
    let send = |request: reqwest::RequestBuilder| async { problem(request.send().await.unwrap()).await };
    let json = |size: usize| {
        client.post(url("/length")).header("content-type", "application/json; charset=utf-8").body(vec![b' '; size])
    };
    assert_eq!(send(client.get(url("/x"))).await, ProblemType::NotFound);
    assert_eq!(send(client.get(url("/length"))).await, ProblemType::MethodNotAllowed);
    assert_eq!(send(client.post(url("/length")).body("1")).await, ProblemType::UnsupportedMediaType);
    assert_eq!(send(client.get(url("/panic"))).await, ProblemType::InternalError);
    assert_eq!(send(client.get(url("/never"))).await, ProblemType::Busy);
    assert_eq!(send(json(1001)).await, ProblemType::BodyTooLarge);
    assert_eq!(send(json(2 << 20)).await, ProblemType::BodyTooLarge);
    let fits = json(1000).send().await.unwrap();
    assert_eq!(fits.text().await.unwrap(), "1000");
}

#[tokio::test]
async fn slow_senders_are_let_go() {
    let server = start().await;
    let mut head = TcpStream::connect(&server.address).await.unwrap();
    head.write_all(b"POST /length HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let mut answer = Vec::new();
    let waited = tokio::time::timeout(Duration::from_secs(5), head.read_to_end(&mut answer)).await;
    assert!(waited.is_ok(), "the connection is still open");

    let mut body = TcpStream::connect(&server.address).await.unwrap();
    body.write_all(
        b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
          Content-Length: 9\r\n\r\n1",
    )
    .await
    .unwrap();
    let mut answer = [0; 12];
    body.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn the_end_waits_for_requests_and_takes_no_new_ones() {
    let server = start().await;
    let url = format!("http://{}/slow", server.address);
    let request = tokio::spawn(reqwest::get(url.clone()));
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.end.send(()).unwrap();
    assert_eq!(request.await.unwrap().unwrap().text().await.unwrap(), "done");
    server.ended.await.unwrap();
    assert!(reqwest::get(url).await.is_err());
}
