//! A site with keys and manifest, a vault with an admin, and an outbox.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use getrandom::SysRng;
use http_body_util::BodyExt;
use nightsafe_core::anchor::{Origin, TrustAnchor, WasmFile};
use nightsafe_core::custody::{Argon2Params, Kek, Keyring, Purpose as WrapPurpose, WrapContext, WrappedKey};
use nightsafe_core::deposit::{Deposit, FieldToSeal, Order, assemble};
use nightsafe_core::encoding::{b64, b64u, b64u_decode};
use nightsafe_core::facets::derive_all;
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::manifest::{self, DataKey, KeyManifest};
use nightsafe_core::note::{NoteSigner, Vkey};
use nightsafe_core::opening::Opener;
use nightsafe_core::policy::{Kind, builtin};
use nightsafe_core::recovery::{GrantContext, grant};
use nightsafe_core::scalar::{ManifestHash, PartName, Reference, Site};
use nightsafe_core::session::{TabHalf, TabProof};
use nightsafe_core::suite::Suite;
use nightsafe_core::time::UnixTime;
use nightsafe_core::value::Value;
use nightsafe_login::ClientLogin;
use nightsafe_proto::problem::{ProblemDetails, ProblemType};
use nightsafe_proto::vault::TAB_HEADER;
use nightsafe_proto::vault::custody::{Custody, Manifests};
use nightsafe_proto::vault::login::{LoginFinish, LoginFinished, LoginStart, LoginStarted};
use nightsafe_proto::wire::B64u;
use nightsafe_serve::clock::FixedClock;
use nightsafe_serve::limits::Guard;
use nightsafe_store::outbox::{OutboxReader, OutboxRow, OutboxWriter, WriterLimits};
use nightsafe_store::vault::{CustodyItem, CustodyKey, NewDataKey, RecoveryGrant};
use nightsafe_vault::{Direct, LogConfig, Puller, ServerSetup, State, Stretch, VaultConfig, VaultStore, router, setup};
use rand_core::UnwrapErr;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Connection;
use tower::ServiceExt;

pub(crate) const ADMIN_ORIGIN: &str = "http://localhost:4804";
pub(crate) const PASSPHRASE: &str = "night safe in a bank's wall";
pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_795_219_200);

/// Low on purpose: what a guess costs is tested elsewhere.
pub(crate) const STRETCH: Stretch = Stretch { memory_kib: 64, passes: 1, lanes: 1 };

pub(crate) struct Vault {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: VaultStore,
    pub(crate) router: Router,
    pub(crate) state: State,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) anchor: TrustAnchor,
    pub(crate) login: ServerSetup,
    pub(crate) key: PrivateItems,
    /// Signs the roster.
    pub(crate) site_key: NoteSigner,
    manifest: KeyManifest,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

pub(crate) fn site() -> Site {
    Site::parse("demo.nightsafe.example").unwrap()
}

pub(crate) fn record(parts: &[(&str, &str)]) -> Value {
    let part = |(name, text): &(&str, &str)| (PartName::parse(name).unwrap(), String::from(*text).into());
    Value::record(parts.iter().map(part).collect()).unwrap()
}

pub(crate) fn card(number: &str) -> Value {
    record(&[("number", number), ("expiry", "2028-01"), ("holder", "Ada Example")])
}

pub(crate) fn phone() -> Value {
    Value::text(String::from("+4930123456")).unwrap()
}

fn origin(port: u16) -> Origin {
    Origin::parse(&format!("http://localhost:{port}")).unwrap()
}

pub(crate) fn anchor(site_key: &Vkey) -> TrustAnchor {
    let wasm = WasmFile { name: "checkout.wasm".into(), integrity: format!("sha384-{}", b64(&[0; 48])) };
    TrustAnchor {
        site: site(),
        site_keys: vec![site_key.clone()],
        threshold: 1,
        sequence_floor: 1,
        ingest: origin(4803),
        wasm: wasm.clone(),
        wasm_portable: wasm,
    }
}

impl Vault {
    pub(crate) async fn new() -> Self {
        Self::with_policy(builtin()).await
    }

    pub(crate) async fn with_policy(kinds: Vec<Kind>) -> Self {
        Self::made(kinds, Guard::default(), None, true).await
    }

    pub(crate) async fn with_guard(guard: Guard) -> Self {
        Self::made(builtin(), guard, None, true).await
    }

    pub(crate) async fn with_log(log: LogConfig) -> Self {
        Self::made(builtin(), Guard::default(), Some(log), true).await
    }

    /// One that was not told which site keys there are.
    pub(crate) async fn without_anchor() -> Self {
        Self::made(builtin(), Guard::default(), None, false).await
    }

    /// The same database, by a vault that is no longer told which site keys there are.
    pub(crate) fn lose_anchor(&mut self) {
        let login = ServerSetup::from_bytes(&self.login.to_bytes()).unwrap();
        let config = VaultConfig::new(site(), ADMIN_ORIGIN.into(), login);
        self.router = router(State::new(self.store.clone(), config, self.clock.clone()));
    }

    async fn made(kinds: Vec<Kind>, guard: Guard, log: Option<LogConfig>, anchored: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = VaultStore::open(&folder.path().join("vault.db").into()).await.unwrap();
        let signer = |name| NoteSigner::generate(name, &mut rng()).unwrap();
        let (site_key, timestamp, receipt) = (signer("site-a"), signer("timestamp"), signer("receipt"));
        let key = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
        let manifest = KeyManifest {
            site: site(),
            sequence: 1,
            not_before: NOW,
            not_after: NOW.plus_days(390),
            ingest: origin(4803),
            parents: vec![origin(4801)],
            timestamp_key: timestamp.vkey().clone(),
            receipt_key: receipt.vkey().clone(),
            data_keys: vec![DataKey::new(NOW, key.public_key())],
            kinds,
        };
        let anchor = anchor(site_key.vkey());
        let note = manifest::sign(&manifest, &[&site_key]).unwrap();
        setup::add_manifest(&store, &anchor, &note).await.unwrap();
        setup::add_data_key(&store, &new_data_key(&key)).await.unwrap();
        let login = ServerSetup::generate().unwrap();
        setup::create_admin(&store, &login, "admin", PASSPHRASE.as_bytes(), &STRETCH, NOW).await.unwrap();
        let clock = Arc::new(FixedClock::new(NOW));
        let again = ServerSetup::from_bytes(&login.to_bytes()).unwrap();
        let config = VaultConfig::new(site(), ADMIN_ORIGIN.into(), again);
        let config = VaultConfig { guard, log, anchor: anchored.then(|| anchor.clone()), ..config };
        let state = State::new(store.clone(), config, clock.clone());
        let router = router(state.clone());
        Self { folder, store, router, state, clock, anchor, login, key, site_key, manifest }
    }

    pub(crate) fn outbox_path(&self) -> PathBuf {
        self.folder.path().join("outbox.db")
    }

    pub(crate) async fn puller(&self) -> Puller<Direct> {
        let outbox = OutboxReader::open(&self.outbox_path().into()).await.unwrap();
        Puller::new(Direct::new(outbox), self.store.clone(), site())
    }

    pub(crate) async fn backlog(&self) -> u64 {
        OutboxReader::open(&self.outbox_path().into()).await.unwrap().backlog().await.unwrap()
    }

    /// For being the thief.
    pub(crate) async fn raw(&self) -> sqlx::SqliteConnection {
        let path = self.folder.path().join("vault.db");
        sqlx::SqliteConnection::connect(path.to_str().unwrap()).await.unwrap()
    }

    /// A deposit as a shopper's browser makes it.
    pub(crate) fn seal(&self, reference: &str, fields: &[(&str, Value)]) -> Deposit {
        self.seal_to(&self.key, reference, fields)
    }

    /// The same, to another data key.
    pub(crate) fn seal_to(&self, key: &PrivateItems, reference: &str, fields: &[(&str, Value)]) -> Deposit {
        let kinds = &self.manifest.kinds;
        let facets = derive_all(kinds, fields.iter().map(|(kind, value)| (*kind, 0, value)));
        let kind = |name: &str| kinds.iter().find(|kind| kind.name.as_str() == name).unwrap();
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| FieldToSeal { kind: kind(name), index: 0, value }).collect();
        let order = Order {
            site: &site(),
            reference: &Reference::parse(reference).unwrap(),
            manifest: &manifest::hash(&self.manifest.encode()),
            key: key.public_key(),
            facets: &facets,
            now: NOW,
        };
        assemble(&order, &fields, &mut rng()).unwrap()
    }

    /// Puts deposits into the outbox, as ingest does.
    pub(crate) async fn ingest(&self, deposits: &[&Deposit]) {
        ingest(&self.outbox_path(), deposits.iter().map(|deposit| row(deposit)).collect()).await;
    }

    /// Seals, ingests and pulls one deposit of a card and a telephone number.
    pub(crate) async fn with_order(&self, reference: &str) -> Deposit {
        let deposit = self.seal(reference, &[("card", card("4111111111111111")), ("phone", phone())]);
        self.ingest(&[&deposit]).await;
        assert_eq!(self.puller().await.step().await.unwrap().stored, 1);
        deposit
    }

    /// Another data key, and a manifest under which it alone is sealed to, from now on.
    pub(crate) async fn next_epoch(&self) -> (PrivateItems, ManifestHash) {
        self.next_epoch_after(1).await
    }

    /// The same, after the manifest of this number.
    pub(crate) async fn next_epoch_after(&self, sequence: u64) -> (PrivateItems, ManifestHash) {
        let key = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
        setup::add_data_key(&self.store, &new_data_key(&key)).await.unwrap();
        let data_keys = vec![DataKey::new(NOW, key.public_key())];
        let next = KeyManifest { sequence: sequence + 1, data_keys, ..self.manifest.clone() };
        let note = manifest::sign(&next, &[&self.site_key]).unwrap();
        setup::add_manifest(&self.store, &self.anchor, &note).await.unwrap();
        (key, manifest::hash(&next.encode()))
    }

    /// Data keys that follow on these days, signed ahead.
    pub(crate) async fn with_keys_ahead(&self, days: &[u64]) -> Vec<PrivateItems> {
        let (mut data_keys, mut made) = (self.manifest.data_keys.clone(), Vec::new());
        for day in days {
            let key = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
            setup::add_data_key(&self.store, &new_data_key(&key)).await.unwrap();
            data_keys.push(DataKey::new(NOW.plus_days(*day), key.public_key()));
            made.push(key);
        }
        let next = KeyManifest { sequence: 2, data_keys, ..self.manifest.clone() };
        let note = manifest::sign(&next, &[&self.site_key]).unwrap();
        setup::add_manifest(&self.store, &self.anchor, &note).await.unwrap();
        made
    }

    /// What an admin's browser holds after unlocking.
    pub(crate) async fn unlock(&self, token: &str, passphrase: &str) -> Opener {
        let custody: Custody = self.get("/v1/custody", token).await.json();
        let keys: Vec<WrappedKey> = custody
            .keys
            .iter()
            .map(|key| {
                let items: Vec<_> =
                    key.items.iter().map(|item| (item.item.as_str(), item.wrapped.0.as_slice())).collect();
                WrappedKey::parse(&key.suite, &key.public_key.0, &items).unwrap()
            })
            .collect();
        let keyring = Keyring::unlock(passphrase.as_bytes(), &site(), &keys).unwrap();
        let manifests: Manifests = self.get("/v1/manifests", token).await.json();
        let manifests = manifests.notes.iter().map(|note| manifest::verify_at_any_time(note, &self.anchor).unwrap());
        Opener::new(site(), keyring.into_keys(), manifests.collect())
    }

    pub(crate) async fn sign_in(&self) -> String {
        self.try_sign_in("admin", PASSPHRASE).await.unwrap()
    }

    /// Both requests of a sign-in, as the browser makes them; `None` when the browser itself sees a wrong passphrase.
    pub(crate) async fn try_sign_in(&self, user: &str, passphrase: &str) -> Option<String> {
        let (client, message) = ClientLogin::start(passphrase.as_bytes()).unwrap();
        let start = LoginStart { user: user.into(), message: B64u(message) };
        let started: LoginStarted = self.post("/v1/login/start", "", &start).await.json();
        let done = client.finish(&started.message.0, &STRETCH).ok()?;
        let finish = LoginFinish { login: started.login, message: B64u(done.message) };
        let answer = self.post("/v1/login/finish", "", &finish).await;
        let finished: LoginFinished = answer.json();
        assert_eq!((finished.expires_in, finished.lock_after), (900, self.store.lock_after(user).await.unwrap()));
        let token = answer.token();
        assert_eq!(bytes(&token).len(), 32);
        Some(token)
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(request("GET", path, token).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: &impl Serialize) -> Answer {
        self.post_text(path, token, serde_json::to_string(body).unwrap()).await
    }

    /// A POST that has no answer but that it was taken.
    pub(crate) async fn taken(&self, path: &str, token: &str, body: &impl Serialize) {
        let answer = self.post(path, token, body).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", String::from_utf8_lossy(&answer.body));
    }

    pub(crate) async fn post_text(&self, path: &str, token: &str, body: String) -> Answer {
        self.send(request("POST", path, token).body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        assert_eq!(self.status, StatusCode::OK, "{}", String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The token in the cookie that was set, by its name and with everything that keeps it from others.
    pub(crate) fn token(&self) -> String {
        let cookie = self.headers[header::SET_COOKIE].to_str().unwrap();
        let (name, rest) = cookie.split_once('=').unwrap();
        assert_eq!(name, tab().cookie());
        let (token, flags) = rest.split_once(';').unwrap();
        assert_eq!(flags, " Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Strict");
        token.to_owned()
    }

    pub(crate) fn problem(&self) -> ProblemType {
        self.details().problem_type().unwrap()
    }

    /// Which member the problem is about.
    pub(crate) fn pointer(&self) -> Option<String> {
        self.details().pointer
    }

    fn details(&self) -> ProblemDetails {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        let details: ProblemDetails = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(details.status, self.status.as_u16());
        details
    }
}

pub(crate) fn row(deposit: &Deposit) -> OutboxRow {
    OutboxRow {
        deposit_id: deposit.id().0,
        day: NOW.day().to_text(),
        nonce: deposit.parts().nonce.0,
        body: deposit.canonical_body(),
    }
}

pub(crate) async fn ingest(path: &Path, rows: Vec<OutboxRow>) {
    let (writer, task) = OutboxWriter::open(&path.into(), WriterLimits::default()).await.unwrap();
    for row in rows {
        writer.insert(row).await.unwrap();
    }
    drop(writer);
    task.finished().await;
}

/// Bytes of a b64u text.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    b64u_decode(text).unwrap()
}

/// The one tab that all sessions here are of.
pub(crate) fn tab_half() -> TabHalf {
    TabHalf::parse(&b64u(&[5; 32])).unwrap()
}

pub(crate) fn tab() -> TabProof {
    tab_half().proof(&site())
}

/// As the admin site's page sends it, from that tab.
pub(crate) fn request(method: &str, path: &str, token: &str) -> axum::http::request::Builder {
    let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
    let request = request.header(header::ORIGIN, ADMIN_ORIGIN).header(TAB_HEADER, tab().to_text().as_str());
    let cookie = format!("other=1; {}={token}; {}0=no", tab().cookie(), tab().cookie());
    if token.is_empty() { request } else { request.header(header::COOKIE, cookie) }
}

fn new_data_key(key: &PrivateItems) -> NewDataKey {
    let (site, public) = (site(), key.public_key());
    let name = public.key_id().to_hex();
    let kek = Kek::generate(PASSPHRASE.as_bytes(), Argon2Params::new(64, 1, 1).unwrap(), &mut rng()).unwrap();
    let items = key.items().map(|(item, bytes)| {
        let context = WrapContext { site: &site, purpose: WrapPurpose::DataKey, name: &name, item };
        let wrapped = kek.wrap(&context, bytes, &mut rng()).unwrap().to_bytes();
        CustodyItem { item: item.as_str().into(), wrapped }
    });
    let items: Vec<_> = items.collect();
    let recovery = PrivateItems::generate(Suite::XWing, &mut rng()).unwrap();
    let grants = key.items().map(|(item, bytes)| RecoveryGrant {
        item: item.as_str().into(),
        recovery_key_id: recovery.public_key().key_id(),
        sealed: {
            let context = GrantContext { site: &site, data_key: &public.key_id(), item };
            grant(recovery.public_key(), &context, bytes, &mut rng()).unwrap()
        },
    });
    NewDataKey {
        grants: grants.collect(),
        admin_grants: Vec::new(),
        key: CustodyKey {
            key_id: public.key_id(),
            suite: public.suite().name().into(),
            public_key: public.as_bytes().to_vec(),
            items,
        },
    }
}
