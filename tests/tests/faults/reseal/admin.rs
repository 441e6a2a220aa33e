//! The browser of the admin who stays, over HTTP: each step of a batch by itself, so that something can happen in between.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use nightsafe_core::audit::{Action, Actor, Commitment, Entry, Salt, SeenLog, SignedEntry};
use nightsafe_core::audit::{is_in_log, open_sealed};
use nightsafe_core::grant::{AdminGrant, open_key};
use nightsafe_core::identity::{Identity, PublicIdentity, Unlock, WrappedIdentity};
use nightsafe_core::keys::{DataPublicKey, PrivateItems};
use nightsafe_core::log::Proof;
use nightsafe_core::manifest;
use nightsafe_core::opening::{Opener, Target};
use nightsafe_core::roster;
use nightsafe_core::scalar::{DepositId, KeyId, Tag};
use nightsafe_core::session::{TabHalf, TabProof};
use nightsafe_core::suite::Suite;
use nightsafe_login::{ClientLogin, Stretch};
use nightsafe_proto::vault::custody::{Custody, Manifests};
use nightsafe_proto::vault::identity::{OwnIdentity, RosterEntries};
use nightsafe_proto::vault::log::{Entries, InLog, SaltedEntry, ToLog};
use nightsafe_proto::vault::login::{LoginFinish, LoginStart, LoginStarted};
use nightsafe_proto::vault::openings::{Opened, OpenedDeposit as Answered};
use nightsafe_proto::vault::reseal::{
    DepositToReseal, KeyLeft, ListToReseal, OpenToReseal, Reseal, ResealLeft, Resealed, ResealedDeposit, ToReseal,
};
use nightsafe_proto::vault::search::IndexRow;
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_serve::online_key;
use nightsafe_tests::browser::{locate, named, reseal};
use nightsafe_tests::deposits::now;
use nightsafe_tests::site::{ADMIN, Published, RealSite};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::net::TcpStream;

use super::at::At;

pub(super) struct Admin {
    vault: SocketAddr,
    cookie: String,
    tab: TabProof,
    me: Identity,
    opener: Arc<Opener>,
    audit_key: PrivateItems,
    /// As it was seen last: every answer must continue it, whatever has happened to the vault since.
    log: SeenLog,
    /// The key that the leaver knows.
    old: KeyId,
    target: Published,
}

/// Deposits that were handed out, and what takes their place.
pub(super) struct Batch(Reseal);

impl Batch {
    pub(super) fn ids(&self) -> impl Iterator<Item = DepositId> {
        self.0.deposits.iter().map(|one| DepositId(one.deposit_id.0))
    }

    pub(super) fn request(&self) -> &Reseal {
        &self.0
    }

    /// Of the field that is exchanged last in the deposit at this place.
    pub(super) fn last_tag(&self, place: usize) -> Tag {
        let fields = &self.0.deposits[place].fields;
        assert!(fields.len() > 1, "another one is to be exchanged before");
        Tag(fields.iter().map(|field| field.tag.0).max().unwrap())
    }
}

impl Admin {
    /// Signs in with the passphrase, and unlocks all that is granted.
    pub(super) async fn sign_in(site: &RealSite, vault: SocketAddr, old: KeyId) -> Self {
        let (anchor, target) = (site.anchor(), site.published());
        let tab = TabHalf::parse(&"A".repeat(43)).unwrap().proof(&anchor.site);
        let at = At { vault, cookie: "", tab: &tab };
        let (client, message) = ClientLogin::start(ADMIN.as_bytes()).unwrap();
        let start = LoginStart { user: "anna".into(), message: B64u(message) };
        let started: LoginStarted = at.ask("POST", "/v1/login/start", &start).await.1;
        let done = client.finish(&started.message.0, &Stretch::STANDARD).unwrap();
        let finish = LoginFinish { login: started.login, message: B64u(done.message) };
        let (head, _) = at.ask::<serde_json::Value>("POST", "/v1/login/finish", &finish).await;
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        let cookie = cookie.split_once(';').unwrap().0.to_owned();

        let at = At { cookie: &cookie, ..at };
        let own: OwnIdentity = at.get("/v1/identity").await;
        let own = own.identity.unwrap();
        let id = PublicIdentity::parse(&own.public.0).unwrap().id();
        let wrapped = WrappedIdentity::parse(&own.wrapped[0].wrapped.0).unwrap();
        let me = wrapped.unwrap(&anchor.site, &id, &Unlock::Login(&done.export_key)).unwrap();
        let entries: RosterEntries = at.get("/v1/roster").await;
        let roster = roster::verify_at_any_time(&entries.entries, &anchor).unwrap();
        let custody: Custody = at.get("/v1/custody").await;
        let open = |suite: Suite, public: &B64u, grants: &[B64u]| {
            let grants: Vec<_> = grants.iter().map(|grant| AdminGrant::parse(&grant.0).unwrap()).collect();
            open_key(&me, &roster, &DataPublicKey::parse(suite, &public.0).unwrap(), &grants).unwrap()
        };
        let keys = custody.keys.iter();
        let keys = keys.map(|key| open(Suite::from_name(&key.suite).unwrap(), &key.public_key, &key.grants)).collect();
        let [key] = custody.audit_keys.as_slice() else { panic!("one audit key") };
        let audit_key = open(Suite::XWing, &key.public_key, &key.grants);
        let manifests: Manifests = at.get("/v1/manifests").await;
        let manifests = manifests.notes.iter().map(|note| manifest::verify_at_any_time(note, &anchor).unwrap());
        let opener = Arc::new(Opener::new(anchor.site.clone(), keys, manifests.collect()));
        let key = std::fs::read_to_string(site.data().join("keys/log.key")).unwrap();
        let log = SeenLog::new(online_key::parse(&key).unwrap().vkey().clone(), "");
        let mut admin = Self { vault, cookie, tab, me, opener, audit_key, log, old, target };
        let log = admin.sign(&[Action::SignIn]);
        let recorded: InLog = admin.post("/v1/log/record", &log).await;
        admin.verify(&recorded, &log);
        admin
    }

    pub(super) fn opener(&self) -> Arc<Opener> {
        self.opener.clone()
    }

    /// What is sealed to now.
    pub(super) fn target(&self) -> KeyId {
        self.target.key.key_id()
    }

    /// How many deposits the leaver could open; the log is looked at as well.
    pub(super) async fn left(&mut self) -> usize {
        let nothing: Entries =
            self.post("/v1/log/entries", &json!({"first": 0, "count": 0, "since": self.log.size()})).await;
        self.verify(&nothing.log.unwrap(), &self.sign(&[]));
        let left: ResealLeft = self.at().get("/v1/reseal").await;
        // He knows those that were signed ahead, too
        let (old, ahead): (Vec<&KeyLeft>, Vec<&KeyLeft>) = left.keys.iter().partition(|key| key.key_id.0 == self.old.0);
        assert!(ahead.iter().all(|key| key.deposits == 0));
        usize::try_from(old[0].deposits).unwrap()
    }

    /// The next that are left.
    pub(super) async fn list(&mut self, limit: usize) -> Vec<IndexRow> {
        let limit = u32::try_from(limit).unwrap();
        let log = self.sign(&[Action::List { limit, purpose: None }]);
        let request = ListToReseal { key_id: Hex(self.old.0), after: None, limit, log };
        let page: ToReseal = self.post("/v1/reseal/list", &request).await;
        self.verify(&page.log, &request.log);
        page.deposits
    }

    /// What asks for all that is sealed in these deposits, and signs for it.
    pub(super) async fn to_open(&self, rows: &[IndexRow]) -> OpenToReseal {
        let (mut deposits, mut actions) = (Vec::new(), Vec::new());
        for row in rows {
            let located = locate(&self.opener, row);
            let tags: Vec<_> = self.opener.listed(&located).map(|listed| Hex(listed.tag.0)).collect();
            let check = json!({"deposits": [{"deposit_id": row.deposit_id, "open": [], "check": tags}]});
            let found: Opened = self.post("/v1/openings", &check).await;
            let (open, fields) = named(&self.opener, &located, &found.deposits[0].present);
            actions.push(Action::Reseal { deposit: DepositId(row.deposit_id.0), data_key: self.target(), fields });
            deposits.push(DepositToReseal { deposit_id: row.deposit_id, open });
        }
        OpenToReseal { key_id: Hex(self.target().0), deposits, log: self.sign(&actions) }
    }

    /// Has them handed out and seals them anew; nothing is sent.
    pub(super) async fn sealed(&mut self, rows: Vec<IndexRow>) -> Batch {
        let request = self.to_open(&rows).await;
        let opened: Opened = self.post("/v1/reseal/open", &request).await;
        self.verify(opened.log.as_ref().unwrap(), &request.log);
        let deposits = rows.iter().zip(&opened.deposits).map(|(row, answer)| self.seal(row, answer)).collect();
        let manifest = Hex(self.target.manifest.hash().0);
        Batch(Reseal { key_id: request.key_id, manifest, deposits })
    }

    fn seal(&self, row: &IndexRow, answer: &Answered) -> ResealedDeposit {
        let target = Target { key: &self.target.key, manifest: &self.target.manifest.hash() };
        reseal(&self.opener, row, answer, &target, &mut UnwrapErr(SysRng))
    }

    /// Sends a batch; all of it is taken.
    pub(super) async fn finish(&self, batch: &Batch) {
        assert_eq!(self.post::<Resealed>("/v1/reseal", batch.request()).await.conflicts, []);
    }

    /// How many entries of sealing anew the log has of each deposit, as an auditor reads them.
    pub(super) async fn entries(&self) -> BTreeMap<DepositId, usize> {
        let (mut count, mut first) = (BTreeMap::new(), 0);
        while first < self.log.size() {
            let page: Entries = self.post("/v1/log/entries", &json!({"first": first, "count": 256})).await;
            for entry in page.entries {
                let commitment = Commitment(entry.commitment.0);
                let site = self.me.public().site();
                let (salt, signed) = open_sealed(&self.audit_key, site, &commitment, &entry.sealed.0).unwrap();
                // The vault's own entries, of its keys, are signed by the log's key
                let Ok(entry) = signed.verify(&salt, self.me.signer().vkey()) else { continue };
                if let Action::Reseal { deposit, data_key, .. } = entry.action() {
                    assert_eq!(*data_key, self.target());
                    *count.entry(*deposit).or_default() += 1;
                }
            }
            first += 256;
        }
        count
    }

    fn sign(&self, actions: &[Action]) -> ToLog {
        let sign = |action: &Action| {
            let site = self.me.public().site().clone();
            let entry = Entry::new(site, Actor::Admin(self.me.id()), action.clone(), now()).unwrap();
            let salt = Salt::generate(&mut UnwrapErr(SysRng));
            let signed = SignedEntry::sign(entry, &salt, self.me.signer());
            SaltedEntry { salt: B64u(salt.as_bytes().to_vec()), signed: B64u(signed.as_bytes().to_vec()) }
        };
        ToLog { since: self.log.size(), entries: actions.iter().map(sign).collect() }
    }

    /// The log goes on from where it was seen last, and these entries are in it.
    fn verify(&mut self, in_log: &InLog, sent: &ToLog) {
        let checkpoint = self.log.advance(&in_log.checkpoint, &Proof::parse(&in_log.consistency).unwrap()).unwrap();
        for (leaf, entry) in in_log.entries.iter().zip(&sent.entries) {
            let salt = Salt::from_bytes(entry.salt.0.as_slice().try_into().unwrap());
            let commitment = Commitment::of(&salt, &entry.signed.0);
            is_in_log(&checkpoint, &commitment, leaf.number, &Proof::parse(&leaf.proof).unwrap()).unwrap();
        }
        assert_eq!(in_log.entries.len(), sent.entries.len());
    }

    fn at(&self) -> At<'_> {
        At { vault: self.vault, cookie: &self.cookie, tab: &self.tab }
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> T {
        self.at().ask("POST", path, body).await.1
    }

    /// Sends a request whose answer nobody waits for, as long as the connection is kept.
    pub(super) async fn send(&self, path: &str, body: &impl Serialize) -> TcpStream {
        self.at().send("POST", path, body).await
    }
}
