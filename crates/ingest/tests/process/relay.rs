//! The program `nightsafe-relay`: what Prometheus is told of it, and that it answers as its OpenAPI document says.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nightsafe_core::note::NoteSigner;
use nightsafe_ingest::relay::openapi::document;
use nightsafe_proto::relay::BATCH_PATH;
use nightsafe_serve::clock::{Clock, SystemClock};
use nightsafe_serve::http_signature::{SignedFields, Target, sign};
use nightsafe_store::outbox::{OutboxRow, OutboxWriter, WriterLimits};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::metrics::{assert_all_documented, scrape, value};
use crate::program::Running;
use crate::schemathesis;

const AUTHORITY: &str = "relay.example:4806";

/// More than any request that is taken.
const MOST: usize = 8 << 20;

fn vault_key() -> NoteSigner {
    NoteSigner::from_seed("demo.nightsafe.example/relay", &[7; 32]).unwrap()
}

/// Starts it over an outbox with a few deposits.
async fn start(folder: &tempfile::TempDir) -> Running {
    let path = folder.path().join("outbox.db");
    let (writer, task) = OutboxWriter::open(&path.as_path().into(), WriterLimits::default()).await.unwrap();
    for number in 0..5 {
        let (nonce, body) = ([number; 32], vec![number; 3000]);
        let deposit_id = Sha256::new().chain_update(nonce).chain_update(&body).finalize().into();
        writer.insert(OutboxRow { deposit_id, day: "2026-11-21".into(), nonce, body }).await.unwrap();
    }
    drop(writer);
    task.finished().await;
    let configuration = format!(
        "[relay]\norigin = \"https://{AUTHORITY}\"\nvault_keys = [\"{}\"]\ndatabase = \"sqlite:{}\"\n\
         [relay.listen]\naddress = \"127.0.0.1:0\"\n[metrics]\naddress = \"127.0.0.1:0\"\n",
        vault_key().vkey(),
        path.display()
    );
    let file = folder.path().join("relay.toml");
    std::fs::write(&file, configuration).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe-relay"));
    command.arg("--config").arg(file);
    tokio::task::spawn_blocking(move || Running::start_command(command)).await.unwrap()
}

/// As the vault signs, now; each nonce once.
fn signed(method: &Method, path: &str, body: &[u8]) -> SignedFields {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&NUMBER.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    sign(&vault_key(), Target { method, authority: AUTHORITY, path }, body, SystemClock.now(), nonce)
}

#[tokio::test]
async fn every_metric_is_documented_and_requests_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder).await;
    let (url, body) = (running.url("relay", BATCH_PATH), "{\"limit\":3}");
    let client = reqwest::Client::new();
    let post = |signature: Option<SignedFields>| {
        let mut request = client.post(&url).header(header::CONTENT_TYPE, "application/json").body(body);
        if let Some(signature) = signature {
            let mut headers = header::HeaderMap::new();
            signature.insert_into(&mut headers);
            request = request.headers(headers);
        }
        request.send()
    };
    assert_eq!(post(None).await.unwrap().status(), 401);
    let answer: Json =
        post(Some(signed(&Method::POST, BATCH_PATH, body.as_bytes()))).await.unwrap().json().await.unwrap();
    assert_eq!(answer["deposits"].as_array().unwrap().len(), 3);

    let text = scrape(&running).await;
    assert_all_documented(&text);
    let requests = |status: u16| {
        format!(
            "nightsafe_http_requests_total{{listener=\"relay\",method=\"POST\",route=\"{BATCH_PATH}\",status=\"{status}\"}}"
        )
    };
    for series in [
        requests(200),
        requests(401),
        format!("nightsafe_http_problems_total{{listener=\"relay\",route=\"{BATCH_PATH}\",problem=\"not-signed\"}}"),
        "nightsafe_http_connections{listener=\"metrics\"}".to_owned(),
    ] {
        assert!((value(&text, &series) - 1.0).abs() < 0.5, "{series}: {text}");
    }
    assert!(text.contains("nightsafe_build_info{server=\"nightsafe-relay\""), "{text}");
    assert!(value(&text, "nightsafe_process_resident_memory_bytes") > 1e6);
    // Nobody finds them where the vault asks
    assert_eq!(reqwest::get(running.url("relay", "/metrics")).await.unwrap().status(), 401);
    assert_eq!(reqwest::get(running.url("metrics", BATCH_PATH)).await.unwrap().status(), 404);
}

/// Passes requests on, signed by the vault's key whatever they are.
#[derive(Clone)]
struct Signing {
    to: Arc<str>,
    client: reqwest::Client,
}

async fn sign_and_pass_on(State(signing): State<Signing>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, MOST).await.unwrap();
    let mut headers = head.headers;
    // Of the connection, which is another one
    for name in [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::EXPECT] {
        headers.remove(name);
    }
    signed(&head.method, head.uri.path(), &body).insert_into(&mut headers);
    let url = format!("{}{}", signing.to, head.uri);
    let answer = signing.client.request(head.method, url).headers(headers).body(body).send().await;
    let Ok(answer) = answer else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    *response.body_mut() = Body::from(answer.bytes().await.unwrap());
    response
}

/// The address of a server that signs for whom it passes requests on to.
async fn signing(to: String) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(sign_and_pass_on);
    let state = Signing { to: to.into(), client: reqwest::Client::new() };
    tokio::spawn(async { axum::serve(listener, router.with_state(state)).await });
    format!("http://{address}")
}

/// The document without the fields that sign: whoever signs sees to them.
fn without_signatures() -> String {
    let mut document: Json = serde_json::from_str(&document()).unwrap();
    for (_, path) in document["paths"].as_object_mut().unwrap() {
        assert_eq!(path["post"].as_object_mut().unwrap().remove("parameters").unwrap().as_array().unwrap().len(), 3);
    }
    document.to_string()
}

/// As a stranger, who gets the same answer to everything, and then as the vault, whose signature somebody makes for what
/// the tool has made up.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_undocumented_and_none_is_a_fault() {
    if schemathesis::tool().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let running = start(&folder).await;
    let (long, short) = if std::env::var_os("NIGHTSAFE_LONG").is_some() { ("2000", "200") } else { ("200", "50") };
    let relay = running.url("relay", "");
    let proxy = signing(relay.clone()).await;
    std::fs::write(folder.path().join("stranger.json"), document()).unwrap();
    std::fs::write(folder.path().join("vault.json"), without_signatures()).unwrap();
    let at = folder.path().to_owned();
    tokio::task::spawn_blocking(move || {
        // Nobody is told which methods there are, and nothing generated is signed
        let excluded = "positive_data_acceptance,unsupported_method";
        schemathesis::run(&at, &["stranger.json", "--url", &relay, "--exclude-checks", excluded], short);
        // More deposits than one acknowledgement may name fit the schema
        schemathesis::run(&at, &["vault.json", "--url", &proxy, "--exclude-checks", "positive_data_acceptance"], long);
    })
    .await
    .unwrap();

    let log = running.log();
    for (route, status) in [
        ("batch", 200),
        ("acknowledge", 204),
        ("batch", 400),
        ("acknowledge", 400),
        ("batch", 401),
        ("batch", 415),
        ("batch", 405),
    ] {
        let (route, status) = (format!("\"route\":\"/v1/relay/{route}\""), format!("\"status\":{status}"));
        assert!(log.iter().any(|line| line.contains(&route) && line.contains(&status)), "no {route} {status}");
    }
    let faults: Vec<_> = log.iter().filter(|line| line.contains("\"status\":5")).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}
