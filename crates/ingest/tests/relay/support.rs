//! A relay over an outbox with a few rows, and a vault's key to sign with.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use nightsafe_core::anchor::Origin;
use nightsafe_core::note::NoteSigner;
use nightsafe_core::time::UnixTime;
use nightsafe_ingest::relay::{Relay, RelayParts, relay_router};
use nightsafe_proto::relay::{BATCH_PATH, Batch};
use nightsafe_serve::clock::FixedClock;
use nightsafe_serve::http_signature::{SignedFields, Target, sign};
use nightsafe_store::outbox::{OutboxReader, OutboxRow, OutboxWriter, WriterLimits};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_795_219_200);
pub(crate) const AUTHORITY: &str = "relay.example:4806";

pub(crate) struct Shop {
    folder: tempfile::TempDir,
    pub(crate) router: Router,
    nonce: AtomicU8,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn vault_key() -> NoteSigner {
    NoteSigner::from_seed("demo.nightsafe.example/relay", &[7; 32]).unwrap()
}

/// A row whose id is right. What its body says is no affair of the relay's.
pub(crate) fn row(number: u8, body: Vec<u8>) -> OutboxRow {
    let nonce = [number; 32];
    let deposit_id = Sha256::new().chain_update(nonce).chain_update(&body).finalize().into();
    OutboxRow { deposit_id, day: "2026-11-21".into(), nonce, body }
}

impl Shop {
    pub(crate) async fn with(rows: Vec<OutboxRow>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox.db");
        let (writer, task) = OutboxWriter::open(&path.clone().into(), WriterLimits::default()).await.unwrap();
        for row in rows {
            writer.insert(row).await.unwrap();
        }
        drop(writer);
        task.finished().await;
        let clock = Arc::new(FixedClock::new(NOW));
        let relay = Relay::new(RelayParts {
            outbox: OutboxReader::open(&path.into()).await.unwrap(),
            origin: Origin::parse(&format!("https://{AUTHORITY}")).unwrap(),
            vault_keys: vec![vault_key().vkey().clone()],
            clock,
        });
        Self { folder, router: relay_router(relay), nonce: AtomicU8::new(0) }
    }

    pub(crate) fn outbox_path(&self) -> PathBuf {
        self.folder.path().join("outbox.db")
    }

    pub(crate) async fn backlog(&self) -> u64 {
        OutboxReader::open(&self.outbox_path().into()).await.unwrap().backlog().await.unwrap()
    }

    pub(crate) fn signed_by(&self, key: &NoteSigner, path: &str, body: &[u8], at: UnixTime) -> SignedFields {
        let nonce = [self.nonce.fetch_add(1, Ordering::SeqCst); 16];
        sign(key, Target { method: &Method::POST, authority: AUTHORITY, path }, body, at, nonce)
    }

    pub(crate) fn signed(&self, path: &str, body: &str) -> Request<Body> {
        let fields = self.signed_by(&vault_key(), path, body.as_bytes(), NOW);
        request(path, body, Some(&fields))
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(self.signed(path, body)).await
    }

    pub(crate) async fn batch(&self, limit: u32) -> Batch {
        let answer = self.post(BATCH_PATH, &format!("{{\"limit\":{limit}}}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        serde_json::from_slice(&answer.body).unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let mut headers = parts.headers;
        headers.remove("x-request-id");
        Answer { status: parts.status, headers, body: body.collect().await.unwrap().to_bytes().to_vec() }
    }
}

pub(crate) fn request(path: &str, body: &str, fields: Option<&SignedFields>) -> Request<Body> {
    let request = Request::post(path).header(header::HOST, AUTHORITY).header(header::CONTENT_TYPE, "application/json");
    let mut request = request.body(Body::from(body.to_owned())).unwrap();
    if let Some(fields) = fields {
        fields.insert_into(request.headers_mut());
    }
    request
}
