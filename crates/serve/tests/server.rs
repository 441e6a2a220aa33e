//! A wrapped API behind a real listener.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use nightsafe_proto::problem::{ProblemDetails, ProblemType};
use nightsafe_serve::body::{BodyLimits, read_json};
use nightsafe_serve::forwarded::{ForwardedHeader, Trust};
use nightsafe_serve::limits::{Admission, Rate, RateLimits, Rates, admit};
use nightsafe_serve::problem::Problem;
use nightsafe_serve::server::{ServerLimits, Setup, run_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(15);

const LIMITS: BodyLimits = BodyLimits { bytes: 1000, time: Duration::from_millis(500) };

async fn length(request: Request<Body>) -> Result<String, Problem> {
    Ok(read_json(request, LIMITS).await?.len().to_string())
}

async fn slow_handler() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "done"
}

struct Running {
    address: String,
    end: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

async fn start() -> Running {
    let limits = ServerLimits { connections: 8, head_time: Duration::from_millis(300), ..ServerLimits::default() };
    start_with(Setup { limits, ..Setup::default() }).await
}

async fn start_with(setup: Setup) -> Running {
    let api = Router::new()
        .route("/length", post(length))
        .route("/slow", get(slow_handler))
        .route("/never", get(std::future::pending::<()>))
        .route(
            "/panic",
            get(|| async {
                if true {
                    panic!("4111111111111111")
                }
            }),
        );
    start_router(nightsafe_serve::api::wrap(api, Duration::from_secs(1)), setup).await
}

async fn start_router(router: Router, setup: Setup) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (end, asked) = oneshot::channel();
    let ended = tokio::spawn(run_with(listener, router, setup, async {
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
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let held = (Arc::clone(&begun), Arc::clone(&go));
    let handler = move || {
        let (begun, go) = held.clone();
        async move {
            begun.notify_one();
            go.notified().await;
            "done"
        }
    };
    let router = nightsafe_serve::api::wrap(Router::new().route("/held", get(handler)), PATIENCE);
    let server = start_router(router, Setup::default()).await;
    let url = format!("http://{}/held", server.address);
    let request = tokio::spawn(reqwest::get(url));
    begun.notified().await;
    server.end.send(()).unwrap();
    let refused = async {
        while TcpStream::connect(&server.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("new connections are taken");
    assert!(!server.ended.is_finished(), "it did not wait");
    go.notify_one();
    assert_eq!(request.await.unwrap().unwrap().text().await.unwrap(), "done");
    server.ended.await.unwrap();
}

#[tokio::test]
async fn a_connection_lasts_no_longer_than_it_may() {
    let limits = ServerLimits { connection_time: Duration::from_millis(200), ..ServerLimits::default() };
    let server = start_with(Setup { limits, ..Setup::default() }).await;
    let mut idle = TcpStream::connect(&server.address).await.unwrap();
    let mut busy = TcpStream::connect(&server.address).await.unwrap();
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let read = async |stream: &mut TcpStream| {
        let mut answer = String::new();
        let waited = tokio::time::timeout(Duration::from_secs(5), stream.read_to_string(&mut answer)).await;
        waited.expect("the connection is still open").unwrap();
        answer
    };
    assert_eq!(read(&mut idle).await, "");
    assert!(read(&mut busy).await.ends_with("done"), "a request was cut off");
}

#[tokio::test]
async fn one_client_has_no_more_connections_than_it_may_but_a_proxy_has() {
    let limits = ServerLimits { client_connections: 3, ..ServerLimits::default() };
    let open = async |setup: Setup| {
        let server = start_with(setup).await;
        let mut open = Vec::new();
        for _ in 0..5 {
            open.push(TcpStream::connect(&server.address).await.unwrap());
        }
        let mut answered = 0;
        for stream in &mut open {
            let mut answer = [0; 12];
            // A connection that was closed cannot be written to, or not be read from
            let sent = stream.write_all(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n").await;
            answered += u32::from(sent.is_ok() && stream.read_exact(&mut answer).await.is_ok());
        }
        answered
    };
    assert_eq!(open(Setup { limits, ..Setup::default() }).await, 3);
    let trust = Trust::new(vec!["127.0.0.0/8".parse().unwrap()], ForwardedHeader::default());
    assert_eq!(open(Setup { limits, trust, ..Setup::default() }).await, 5);
}

#[tokio::test]
async fn rates_are_those_of_the_client_behind_the_proxy() {
    let trust = Trust::new(vec!["127.0.0.0/8".parse().unwrap()], ForwardedHeader::default());
    let slow = Rate { per_second: 1, burst: 2 };
    // No time passes, so nothing comes back
    let limits = RateLimits { client: slow, all: Rate { per_second: 1, burst: 4 }, clients: 100 };
    let rates = Rates::with_time(limits, || Duration::ZERO);
    let admission = Arc::new(Admission { trust, rates });
    let router =
        admit(Router::new().route("/asked", get(|| async { "" })), admission).route("/free", get(|| async { "" }));
    let server = start_router(nightsafe_serve::api::wrap(router, Duration::from_secs(1)), Setup::default()).await;
    let ask = async |path: &str, client: &str| {
        let request = reqwest::Client::new().get(format!("http://{}{path}", server.address));
        let answer = request.header("x-forwarded-for", client).send().await.unwrap();
        let wait = answer.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
        (answer.status().as_u16(), wait)
    };
    let wait = Some("1".to_owned());
    assert_eq!(ask("/asked", "192.0.2.1").await, (200, None));
    assert_eq!(ask("/asked", "6.6.6.6, 192.0.2.1").await, (200, None));
    assert_eq!(ask("/asked", "7.7.7.7, 192.0.2.1").await, (429, wait.clone()));
    assert_eq!(ask("/asked", "192.0.2.2").await, (200, None));
    assert_eq!(ask("/asked", "192.0.2.3").await, (200, None));
    assert_eq!(ask("/asked", "192.0.2.4").await, (503, wait));
    assert_eq!(ask("/free", "192.0.2.1").await, (200, None));
}

#[tokio::test]
async fn a_head_has_a_limit_too() {
    let server = start().await;
    let send = async |head: String| {
        let mut stream = TcpStream::connect(&server.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        // The rest of the head may be lost with the connection
        let _: Result<usize, _> = stream.read_to_string(&mut answer).await;
        answer
    };
    let large = format!("GET /slow HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(16 << 10));
    let many = format!("GET /slow HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: x\r\n".repeat(100));
    for head in [large, many] {
        let answer = send(head).await;
        assert!(answer.starts_with("HTTP/1.1 431 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    }
}
