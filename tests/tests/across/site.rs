//! A shop with its keys and manifest, its ingest and its vault, all in one folder.

use std::fs;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use http_body_util::BodyExt;
use nightsafe_core::anchor::{Origin, TrustAnchor, WasmFile};
use nightsafe_core::custody::{Argon2Params, Kek, Purpose, WrapContext};
use nightsafe_core::deposit::{Deposit, FieldToSeal, Order, assemble};
use nightsafe_core::facets::derive_all;
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::manifest::{self, DataKey, KeyManifest};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::policy::builtin;
use nightsafe_core::recovery::{GrantContext, grant};
use nightsafe_core::scalar::{Reference, Site};
use nightsafe_core::suite::Suite;
use nightsafe_core::time::UnixTime;
use nightsafe_ingest::{Ingest, IngestConfig};
use nightsafe_serve::clock::{Clock, FixedClock};
use nightsafe_store::Database;
use nightsafe_store::outbox::{OutboxReader, OutboxWriter, WriterLimits, WriterTask};
use nightsafe_store::vault::{CustodyItem, CustodyKey, NewDataKey, RecoveryGrant};
use nightsafe_vault::{Direct, Pulled, Puller, ServerSetup, State, Stretch, VaultConfig, VaultStore, setup};
use tower::ServiceExt;

use crate::place::Place;

pub(crate) const PASSPHRASE: &str = "a slot in the bank's wall";
/// Low on purpose: what a guess costs is tested elsewhere.
pub(crate) const STRETCH: Stretch = Stretch { memory_kib: 64, passes: 1, lanes: 1 };

pub(crate) struct Shop {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) place: Place,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) anchor: TrustAnchor,
    pub(crate) manifest: KeyManifest,
    note: String,
    data_key: PrivateItems,
}

pub(crate) struct RunningIngest {
    router: Router,
    task: WriterTask,
}

pub(crate) struct RunningVault {
    pub(crate) router: Router,
    pub(crate) store: VaultStore,
    puller: Puller<Direct>,
}

pub(crate) fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

impl Shop {
    /// With SQLite files.
    pub(crate) fn new(suite: Suite) -> Self {
        Self::at(Place::Folder, suite)
    }

    pub(crate) fn at(place: Place, suite: Suite) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = UnixTime::parse("2026-11-21T12:00:00Z").unwrap();
        let site = Site::parse("demo.nightsafe.example").unwrap();
        let origin = |text| Origin::parse(text).unwrap();
        let site_key = NoteSigner::generate("site-a", &mut rng()).unwrap();
        let data_key = PrivateItems::generate(suite, &mut rng()).unwrap();
        let manifest = KeyManifest {
            site: site.clone(),
            sequence: 1,
            not_before: now,
            not_after: now.plus_days(390),
            ingest: origin("http://localhost:4803"),
            parents: vec![origin("http://localhost:4801")],
            timestamp_key: online("timestamp", 1).vkey().clone(),
            receipt_key: online("receipt", 2).vkey().clone(),
            data_keys: vec![DataKey::new(now, data_key.public_key())],
            kinds: builtin(),
        };
        let wasm = WasmFile { name: "checkout.wasm".to_owned(), integrity: format!("sha384-{}", "A".repeat(64)) };
        let anchor = TrustAnchor {
            site,
            site_keys: vec![site_key.vkey().clone()],
            threshold: 1,
            sequence_floor: 1,
            ingest: manifest.ingest.clone(),
            wasm: wasm.clone(),
            wasm_portable: wasm,
        };
        let note = manifest::sign(&manifest, &[&site_key]).unwrap();
        for (part, name) in [("fields", "key-manifest"), ("manifests", "1.note")] {
            fs::create_dir(folder.path().join(part)).unwrap();
            fs::write(folder.path().join(part).join(name), &note).unwrap();
        }
        Self { folder, place, clock: Arc::new(FixedClock::new(now)), anchor, manifest, note, data_key }
    }

    /// What the shopper's browser makes of what was typed: `entered` is kind, part, text.
    pub(crate) fn seal(&self, reference: &str, entered: &[(&str, &str, &str)]) -> Deposit {
        let now = self.clock.now();
        let kinds: Vec<_> = self
            .manifest
            .kinds
            .iter()
            .filter(|kind| entered.iter().any(|entry| entry.0 == kind.name.as_str()))
            .collect();
        let typed = |kind: &str, part: &str| {
            entered.iter().find(|entry| (entry.0, entry.1) == (kind, part)).map_or("", |entry| entry.2)
        };
        let values: Vec<_> =
            kinds.iter().map(|kind| kind.value(now.month(), |part| typed(kind.name.as_str(), part)).unwrap()).collect();
        let fields: Vec<_> =
            kinds.iter().zip(&values).map(|(kind, value)| FieldToSeal { kind, index: 0, value }).collect();
        let named = fields.iter().map(|field| (field.kind.name.as_str(), 0, field.value));
        let order = Order {
            site: &self.manifest.site,
            reference: &Reference::parse(reference).unwrap(),
            manifest: &manifest::hash(&self.manifest.encode()),
            key: self.data_key.public_key(),
            facets: &derive_all(&self.manifest.kinds, named),
            now,
        };
        assemble(&order, &fields, &mut rng()).unwrap()
    }

    pub(crate) async fn start_ingest(&self) -> RunningIngest {
        let (outbox, task) =
            OutboxWriter::open(&self.database("outbox", "nightsafe_ingest"), WriterLimits::default()).await.unwrap();
        let config = IngestConfig {
            anchor: self.anchor.clone(),
            fields_origin: Origin::parse("http://localhost:4802").unwrap(),
            admin_origin: None,
            roster: None,
            fields_folder: self.folder.path().join("fields"),
            manifest_history: self.folder.path().join("manifests"),
            receipt_signer: online("receipt", 2),
            timestamp_signer: online("timestamp", 1),
            outbox,
            clock: self.clock.clone(),
        };
        RunningIngest { router: nightsafe_ingest::router(Ingest::new(config).unwrap()), task }
    }

    /// A fresh vault; the outbox must be there.
    pub(crate) async fn start_vault(&self) -> RunningVault {
        let store = VaultStore::open(&self.database("vault", "nightsafe_vault")).await.unwrap();
        setup::add_manifest(&store, &self.anchor, &self.note).await.unwrap();
        setup::add_data_key(&store, &self.wrapped_data_key()).await.unwrap();
        let login = ServerSetup::generate().unwrap();
        setup::create_admin(&store, &login, "admin", PASSPHRASE.as_bytes(), &STRETCH, self.clock.now()).await.unwrap();
        let site = self.manifest.site.clone();
        let config = VaultConfig::new(site.clone(), "http://localhost:4804".to_owned(), login);
        let outbox = OutboxReader::open(&self.database("outbox", "nightsafe_vault")).await.unwrap();
        RunningVault {
            router: nightsafe_vault::router(State::new(store.clone(), config, self.clock.clone())),
            puller: Puller::new(Direct::new(outbox), store.clone(), site),
            store,
        }
    }

    /// One of the two, as whoever logs in with this role opens it.
    fn database(&self, name: &str, role: &str) -> Database {
        self.place.database(self.folder.path(), name, role)
    }

    /// What a thief has of one of the two; returns the names of the files in the folder.
    pub(crate) fn steal(&self, name: &str) -> Vec<String> {
        self.place.steal(self.folder.path(), name)
    }

    fn wrapped_data_key(&self) -> NewDataKey {
        let (site, public) = (&self.manifest.site, self.data_key.public_key());
        let key_id = public.key_id();
        let kek = Kek::generate(PASSPHRASE.as_bytes(), Argon2Params::new(64, 1, 1).unwrap(), &mut rng()).unwrap();
        let recovery = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
        let (mut items, mut grants) = (Vec::new(), Vec::new());
        for (item, bytes) in self.data_key.items() {
            let context = WrapContext { site, purpose: Purpose::DataKey, name: &key_id.to_hex(), item };
            let wrapped = kek.wrap(&context, bytes, &mut rng()).unwrap().to_bytes();
            items.push(CustodyItem { item: item.as_str().to_owned(), wrapped });
            let context = GrantContext { site, data_key: &key_id, item };
            grants.push(RecoveryGrant {
                item: item.as_str().to_owned(),
                recovery_key_id: recovery.public_key().key_id(),
                sealed: grant(recovery.public_key(), &context, bytes, &mut rng()).unwrap(),
            });
        }
        let (suite, public_key) = (public.suite().name().to_owned(), public.as_bytes().to_vec());
        NewDataKey { key: CustodyKey { key_id, suite, public_key, items }, grants, admin_grants: Vec::new() }
    }
}

impl RunningIngest {
    /// Posts a deposit, which must be taken. Gives the body of the answer.
    pub(crate) async fn post(&self, deposit: &Deposit) -> String {
        let (status, body) = self.answer(deposit).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body
    }

    /// Posts a deposit, which may be refused.
    pub(crate) async fn answer(&self, deposit: &Deposit) -> (StatusCode, String) {
        let request = Request::post("/v1/deposits").header("content-type", "application/json");
        send(&self.router, request.body(Body::from(deposit.to_json())).unwrap()).await
    }

    pub(crate) async fn stop(self) {
        drop(self.router);
        self.task.finished().await;
    }
}

impl RunningVault {
    pub(crate) async fn pull(&self) -> Pulled {
        self.puller.step().await.unwrap()
    }

    pub(crate) async fn stop(self) {
        drop(self.router);
        // A dropped pool closes its files whenever it comes to it, and a thief who looks meanwhile sees them vanish
        self.puller.close().await;
        self.store.close().await;
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> (StatusCode, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// The same in every start of a server.
fn online(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::from_seed(&format!("demo.nightsafe.example/{name}"), &[seed; 32]).unwrap()
}
