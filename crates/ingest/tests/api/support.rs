//! A site with keys, manifests and a fields folder, and an ingest that serves it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use http_body_util::BodyExt;
use nightsafe_core::anchor::{Origin, TrustAnchor, WasmFile};
use nightsafe_core::deposit::{Deposit, FieldToSeal, Order, assemble};
use nightsafe_core::facets::derive_all;
use nightsafe_core::keys::{DataPublicKey, ItemName, PrivateItems};
use nightsafe_core::manifest::{DataKey, KeyManifest, hash, sign};
use nightsafe_core::note::{Note, NoteSigner};
use nightsafe_core::policy::{Kind, builtin};
use nightsafe_core::scalar::{Reference, Site};
use nightsafe_core::suite::Suite;
use nightsafe_core::time::UnixTime;
use nightsafe_ingest::{Ingest, IngestConfig, router};
use nightsafe_proto::problem::{ProblemDetails, ProblemType};
use nightsafe_serve::clock::FixedClock;
use nightsafe_store::outbox::{OutboxReader, OutboxRow, OutboxWriter, WriterLimits};
use serde_json::Value as Json;

pub(crate) const NOW: &str = "2026-11-21T12:00:00Z";
pub(crate) const FIELDS_ORIGIN: &str = "http://localhost:4802";
pub(crate) const CARD: &str = "4242424242424242";

/// Keys, anchor and folders of one site. Keys are the same in every site of the tests.
pub(crate) struct SiteFiles {
    pub(crate) folder: PathBuf,
    pub(crate) anchor: TrustAnchor,
    site_keys: [NoteSigner; 2],
}

/// A running ingest and what it works on.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) files: SiteFiles,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) router: Router,
    /// The current manifest.
    pub(crate) manifest: KeyManifest,
}

impl SiteFiles {
    pub(crate) fn new(folder: &Path) -> Self {
        for part in ["fields", "manifests"] {
            std::fs::create_dir_all(folder.join(part)).unwrap();
        }
        let site_keys = [signer("site/a", 1), signer("site/b", 2)];
        let wasm = WasmFile { name: "checkout.wasm".to_owned(), integrity: format!("sha384-{}", "A".repeat(64)) };
        let anchor = TrustAnchor {
            site: Site::parse("demo.nightsafe.example").unwrap(),
            site_keys: site_keys.iter().map(|key| key.vkey().clone()).collect(),
            threshold: 2,
            sequence_floor: 1,
            ingest: Origin::parse("http://localhost:4803").unwrap(),
            wasm: wasm.clone(),
            wasm_portable: wasm,
        };
        Self { folder: folder.to_owned(), anchor, site_keys }
    }

    /// A manifest with one active X-Wing key and an X25519 key that comes next.
    pub(crate) fn manifest(&self, sequence: u64) -> KeyManifest {
        let start = time("2026-11-01T00:00:00Z");
        KeyManifest {
            site: self.anchor.site.clone(),
            sequence,
            not_before: start,
            not_after: time("2027-11-01T00:00:00Z"),
            ingest: self.anchor.ingest.clone(),
            parents: vec![Origin::parse("http://localhost:4801").unwrap()],
            timestamp_key: timestamp_signer().vkey().clone(),
            receipt_key: receipt_signer().vkey().clone(),
            data_keys: vec![data_key(Suite::XWing, start), data_key(Suite::X25519, time("2027-02-01T00:00:00Z"))],
            kinds: builtin(),
        }
    }

    /// As many site keys as must sign.
    pub(crate) fn signers(&self) -> [&NoteSigner; 2] {
        let [a, b] = &self.site_keys;
        [a, b]
    }

    /// Signs a manifest, keeps it, and makes it the published one.
    pub(crate) fn publish(&self, manifest: &KeyManifest) -> String {
        let note = sign(manifest, &self.signers()).unwrap();
        let name = format!("manifests/{}.note", hash(Note::parse(&note).unwrap().text()));
        std::fs::write(self.folder.join(name), &note).unwrap();
        std::fs::write(self.folder.join("fields/key-manifest"), &note).unwrap();
        note
    }

    pub(crate) fn config(&self, outbox: OutboxWriter, clock: Arc<FixedClock>) -> IngestConfig {
        IngestConfig {
            anchor: self.anchor.clone(),
            fields_origin: Origin::parse(FIELDS_ORIGIN).unwrap(),
            admin_origin: None,
            roster: None,
            fields_folder: self.folder.join("fields"),
            manifest_history: self.folder.join("manifests"),
            receipt_signer: receipt_signer(),
            timestamp_signer: timestamp_signer(),
            outbox,
            clock,
        }
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_limits(WriterLimits::default()).await
    }

    pub(crate) async fn with_limits(limits: WriterLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = SiteFiles::new(folder.path());
        let manifest = files.manifest(1);
        files.publish(&manifest);
        let outbox = folder.path().join("outbox.db");
        let (writer, _task) = OutboxWriter::open(&outbox.as_path().into(), limits).await.unwrap();
        let clock = Arc::new(FixedClock::new(time(NOW)));
        let ingest = Ingest::new(files.config(writer, clock.clone())).unwrap();
        Self { router: router(ingest), folder, files, clock, manifest }
    }

    /// A deposit of a card, an address and a phone number, sealed as a browser would.
    pub(crate) fn deposit(&self) -> Deposit {
        deposit(&self.manifest, "ORDER-1", &["card", "address", "phone"])
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot_ok(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Response<Body> {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, body: impl Into<Body>) -> Response<Body> {
        self.send(post(body)).await
    }

    /// What lies in the outbox.
    pub(crate) async fn stored(&self) -> Vec<OutboxRow> {
        let path = self.folder.path().join("outbox.db");
        let reader = OutboxReader::open(&path.as_path().into()).await.unwrap();
        let rows = reader.next_batch(u32::MAX, usize::MAX).await.unwrap().rows;
        reader.close().await;
        rows
    }
}

trait OneshotOk {
    async fn oneshot_ok(self, request: Request<Body>) -> Response<Body>;
}

impl OneshotOk for Router {
    async fn oneshot_ok(self, request: Request<Body>) -> Response<Body> {
        tower::ServiceExt::oneshot(self, request).await.unwrap()
    }
}

pub(crate) fn post(body: impl Into<Body>) -> Request<Body> {
    Request::post("/v1/deposits").header("content-type", "application/json").body(body.into()).unwrap()
}

pub(crate) fn deposit(manifest: &KeyManifest, reference: &str, kinds: &[&str]) -> Deposit {
    deposit_to(manifest, &public_key(manifest.data_keys[0].suite), reference, kinds)
}

/// Seals to a key of choice, which may be one that the manifest does not list.
pub(crate) fn deposit_to(manifest: &KeyManifest, key: &DataPublicKey, reference: &str, kinds: &[&str]) -> Deposit {
    deposit_at(time(NOW), manifest, key, reference, kinds)
}

/// Seals at a time of choice.
pub(crate) fn deposit_at(
    now: UnixTime,
    manifest: &KeyManifest,
    key: &DataPublicKey,
    reference: &str,
    kinds: &[&str],
) -> Deposit {
    let values: Vec<_> = kinds
        .iter()
        .map(|name| {
            let kind = kind(manifest, name);
            (kind, kind.value(now.month(), entered).unwrap())
        })
        .collect();
    let fields = values.iter().map(|(kind, value)| FieldToSeal { kind, index: 0, value });
    let named = values.iter().map(|(kind, value)| (kind.name.as_str(), 0, value));
    let order = Order {
        site: &manifest.site,
        reference: &Reference::parse(reference).unwrap(),
        manifest: &hash(&manifest.encode()),
        key,
        facets: &derive_all(&manifest.kinds, named),
        now,
    };
    assemble(&order, &fields.collect::<Vec<_>>(), &mut rng()).unwrap()
}

fn kind<'m>(manifest: &'m KeyManifest, name: &str) -> &'m Kind {
    manifest.kind(name).unwrap()
}

/// What a shopper typed into the part of this name.
fn entered(part: &str) -> &'static str {
    match part {
        "number" => CARD,
        "expiry" => "12/27",
        "holder" => "Ada Example",
        "line1" => "Main St 12",
        "postal_code" => "10001",
        "city" => "New York",
        "country" => "US",
        "value" => "+12125550100",
        _ => "",
    }
}

/// The site's data key of a suite.
pub(crate) fn public_key(suite: Suite) -> DataPublicKey {
    let items = match suite {
        Suite::XWing => PrivateItems::from_xwing_seed(&[7; 32]),
        Suite::X25519 => PrivateItems::from_items(suite, &[(ItemName::X25519, &[8; 32])]),
    };
    items.unwrap().public_key().clone()
}

fn data_key(suite: Suite, start: UnixTime) -> DataKey {
    DataKey::new(start, &public_key(suite))
}

pub(crate) fn receipt_signer() -> NoteSigner {
    signer("demo.nightsafe.example/receipt", 3)
}

pub(crate) fn timestamp_signer() -> NoteSigner {
    signer("demo.nightsafe.example/timestamp", 4)
}

pub(crate) fn signer(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::from_seed(name, &[seed; 32]).unwrap()
}

pub(crate) fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

pub(crate) fn time(text: &str) -> UnixTime {
    UnixTime::parse(text).unwrap()
}

pub(crate) async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The problem that a response is, after checking that it is a proper problem document.
pub(crate) async fn problem(response: Response<Body>) -> (ProblemType, Option<String>) {
    let status = response.status();
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{status}");
    let retry = response.headers().contains_key("retry-after");
    assert_eq!(retry, matches!(status.as_u16(), 429 | 503));
    let document: ProblemDetails = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(document.status, status.as_u16());
    (document.problem_type().unwrap(), document.pointer)
}

pub(crate) fn json(deposit: &Deposit) -> Json {
    serde_json::from_str(&deposit.to_json()).unwrap()
}
