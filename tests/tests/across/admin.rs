//! An admin's browser: signs in over the vault's API, unlocks the keys, opens fields.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::audit::{self, Action, Actor, Entry, OpenedField, PointHash, Salt, SignedEntry};
use nightsafe_core::custody::{Keyring, WrappedKey};
use nightsafe_core::encoding::b64u_decode;
use nightsafe_core::grant::{AdminGrant, open_key};
use nightsafe_core::identity::{Identity, PublicIdentity, Unlock, WrappedIdentity};
use nightsafe_core::keys::{DataPublicKey, PrivateItems};
use nightsafe_core::manifest;
use nightsafe_core::opening::{Difference, Opener};
use nightsafe_core::roster::{self, Roster};
use nightsafe_core::scalar::{DepositId, PartName, Site};
use nightsafe_core::session::{COOKIE, TabHalf, TabProof};
use nightsafe_core::suite::Suite;
use nightsafe_login::ClientLogin;
use nightsafe_proto::vault::TAB_HEADER;
use nightsafe_proto::vault::custody::{Custody, CustodyKey, Manifests};
use nightsafe_proto::vault::identity::{KeptIdentity, OwnIdentity, RosterEntries};
use nightsafe_proto::vault::log::{InLog, SaltedEntry, ToLog};
use nightsafe_proto::vault::login::{LoginFinish, LoginStart, LoginStarted};
use nightsafe_proto::vault::openings::{Open, OpenDeposit, OpenField, Opened, PresentRow, Purpose};
use nightsafe_proto::vault::search::{Found, IndexRow, Search};
use nightsafe_proto::wire::{B64u, Hex, Hex32};
use nightsafe_serve::clock::{Clock, SystemClock};
use nightsafe_tests::browser::{locate, open_rows};
use nightsafe_vault::Stretch;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt;

use crate::site::{PASSPHRASE, RunningVault, STRETCH, Shop, send};

pub(crate) struct Admin {
    /// The session's cookie as it is sent.
    cookie: String,
    router: Router,
    opener: Opener,
    /// Signs for the audit log, where the roster names an audit key.
    signer: Option<Identity>,
}

/// What an admin signs in with, and what comes with the admin site.
pub(crate) struct Credentials<'a> {
    pub(crate) anchor: &'a TrustAnchor,
    pub(crate) user: &'a str,
    pub(crate) passphrase: &'a str,
    pub(crate) stretch: &'a Stretch,
}

/// What stands on the screen.
pub(crate) struct Seen {
    /// Part and text of everything that was opened.
    pub(crate) parts: Vec<(String, String)>,
    pub(crate) differences: Vec<Difference>,
}

impl Admin {
    pub(crate) async fn sign_in(shop: &Shop, vault: &RunningVault) -> Self {
        let with = Credentials { anchor: &shop.anchor, user: "admin", passphrase: PASSPHRASE, stretch: &STRETCH };
        Self::enter(&vault.router, &with).await
    }

    /// At any vault.
    pub(crate) async fn enter(router: &Router, with: &Credentials<'_>) -> Self {
        let (client, message) = ClientLogin::start(with.passphrase.as_bytes()).unwrap();
        let start = LoginStart { user: with.user.to_owned(), message: B64u(message) };
        let started: LoginStarted = post(router, "/v1/login/start", "", &start).await;
        let done = client.finish(&started.message.0, with.stretch).unwrap();
        let finish = LoginFinish { login: started.login, message: B64u(done.message) };
        let finish = request("POST", "/v1/login/finish", "").body(Body::from(serde_json::to_string(&finish).unwrap()));
        let finished = router.clone().oneshot(finish.unwrap()).await.unwrap();
        assert_eq!(finished.status(), StatusCode::OK);
        let cookie = finished.headers()[header::SET_COOKIE].to_str().unwrap().split_once(';').unwrap().0.to_owned();

        let custody: Custody = call(router, "GET", "/v1/custody", &cookie, String::new()).await;
        let own: OwnIdentity = call(router, "GET", "/v1/identity", &cookie, String::new()).await;
        let site = with.anchor.site.clone();
        let (keys, signer) = match own.identity {
            Some(own) => {
                let roster: RosterEntries = call(router, "GET", "/v1/roster", &cookie, String::new()).await;
                let roster = roster::verify_at_any_time(&roster.entries, with.anchor).unwrap();
                let admin = unwrapped(&own, &done.export_key, &site);
                (granted(&custody, &admin, &roster), roster.audit_key().map(|_| admin))
            }
            None => (wrapped(&custody, &site, with.passphrase), None),
        };
        let manifests: Manifests = call(router, "GET", "/v1/manifests", &cookie, String::new()).await;
        let manifests = manifests.notes.iter().map(|note| manifest::verify_at_any_time(note, with.anchor).unwrap());
        let opener = Opener::new(site, keys, manifests.collect());
        let admin = Self { cookie, router: router.clone(), opener, signer };
        if let Some(log) = admin.sign(Action::SignIn) {
            post::<InLog>(router, "/v1/log/record", &admin.cookie, &log).await;
        }
        admin
    }

    /// The token that the vault keeps a hash of.
    pub(crate) fn token(&self) -> Vec<u8> {
        let (name, token) = self.cookie.split_once('=').unwrap();
        assert!(name.starts_with(COOKIE));
        b64u_decode(token).unwrap()
    }

    /// The session's cookie, as it is sent.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Searches by reference, or lists.
    pub(crate) async fn find(&self, search: &Search) -> Vec<IndexRow> {
        let action = match &search.reference {
            Some(_) => Action::Search { criteria: vec![PartName::parse("reference").unwrap()], purpose: None },
            None => Action::List { limit: 25, purpose: None },
        };
        let search = Search { log: self.sign(action), ..search.clone() };
        post::<Found>(&self.router, "/v1/deposits/search", &self.cookie, &search).await.deposits
    }

    /// What a request carries for the audit log.
    fn sign(&self, action: Action) -> Option<ToLog> {
        let admin = self.signer.as_ref()?;
        let site = admin.public().site().clone();
        let entry = Entry::new(site, Actor::Admin(admin.id()), action, SystemClock.now()).unwrap();
        let salt = Salt::generate(&mut UnwrapErr(SysRng));
        let signed = SignedEntry::sign(entry, &salt, admin.signer());
        let (salt, signed) = (B64u(salt.as_bytes().to_vec()), B64u(signed.as_bytes().to_vec()));
        Some(ToLog { since: 0, entries: vec![SaltedEntry { salt, signed }] })
    }

    /// The points under these tags, which a check tells.
    async fn points(&self, id: Hex32, tags: Vec<Hex32>) -> Vec<PresentRow> {
        let deposits = vec![OpenDeposit { deposit_id: id, open: vec![], check: tags }];
        let batch = Open { purpose: None, deposits, log: None };
        let mut answer: Opened = post(&self.router, "/v1/openings", &self.cookie, &batch).await;
        answer.deposits.remove(0).present
    }

    /// Opens one kind of a deposit's fields, checks the others.
    pub(crate) async fn open(&self, row: &IndexRow, kind: &str, purpose: Purpose) -> Seen {
        let located = locate(&self.opener, row);
        let (wanted, others): (Vec<_>, Vec<_>) =
            self.opener.listed(&located).partition(|listed| listed.field.kind.as_str() == kind);
        let open = wanted.iter().map(|listed| OpenField {
            kind: kind.to_owned(),
            index: listed.field.index,
            tag: Hex(listed.tag.0),
        });
        let check = others.iter().map(|listed| Hex(listed.tag.0)).collect();
        let deposits = vec![OpenDeposit { deposit_id: row.deposit_id, open: open.collect(), check }];
        let mut fields = Vec::new();
        for row in self.points(row.deposit_id, wanted.iter().map(|listed| Hex(listed.tag.0)).collect()).await {
            let listed = wanted.iter().find(|listed| listed.tag.0 == row.tag.0).unwrap();
            let (kind, index) = (listed.field.kind.clone(), listed.field.index);
            fields.push(OpenedField { kind, index, point: PointHash(row.point.unwrap().0) });
        }
        fields.sort();
        let stated = audit::Purpose::from_name(purpose.as_str()).unwrap();
        let log = self.sign(Action::Open { deposit: DepositId(row.deposit_id.0), fields, purpose: stated });
        let batch = Open { purpose: Some(purpose), deposits, log };
        let answer: Opened = post(&self.router, "/v1/openings", &self.cookie, &batch).await;
        let [answer] = answer.deposits.as_slice() else { panic!("one deposit was asked for") };
        let opened = open_rows(&self.opener, &located, answer);
        let parts = opened.fields.iter().flat_map(|(_, value)| value.parts());
        Seen {
            parts: parts.map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
            differences: [located.differences(), &opened.differences].concat(),
        }
    }
}

/// Of before there was a roster.
fn wrapped(custody: &Custody, site: &Site, passphrase: &str) -> Vec<PrivateItems> {
    let keys = custody.keys.iter().map(|key| {
        let items: Vec<_> = key.items.iter().map(|item| (item.item.as_str(), item.wrapped.0.as_slice())).collect();
        WrappedKey::parse(&key.suite, &key.public_key.0, &items).unwrap()
    });
    Keyring::unlock(passphrase.as_bytes(), site, &keys.collect::<Vec<_>>()).unwrap().into_keys()
}

fn unwrapped(own: &KeptIdentity, export_key: &[u8; 64], site: &Site) -> Identity {
    let id = PublicIdentity::parse(&own.public.0).unwrap().id();
    let admin = WrappedIdentity::parse(&own.wrapped[0].wrapped.0).unwrap();
    admin.unwrap(site, &id, &Unlock::Login(export_key)).unwrap()
}

fn granted(custody: &Custody, admin: &Identity, roster: &Roster) -> Vec<PrivateItems> {
    let open = |key: &CustodyKey| {
        let public = DataPublicKey::parse(Suite::from_name(&key.suite).unwrap(), &key.public_key.0).unwrap();
        let grants: Vec<_> = key.grants.iter().map(|grant| AdminGrant::parse(&grant.0).unwrap()).collect();
        open_key(admin, roster, &public, &grants).unwrap()
    };
    custody.keys.iter().map(open).collect()
}

async fn post<T: DeserializeOwned>(router: &Router, path: &str, cookie: &str, body: &impl Serialize) -> T {
    call(router, "POST", path, cookie, serde_json::to_string(body).unwrap()).await
}

/// As the admin site's page sends it.
fn request(method: &str, path: &str, cookie: &str) -> axum::http::request::Builder {
    let tab: TabProof = TabHalf::parse(&"A".repeat(43)).unwrap().proof(&Site::parse("demo.nightsafe.example").unwrap());
    let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
    let request = request.header(header::ORIGIN, "http://localhost:4804").header(TAB_HEADER, tab.to_text().as_str());
    request.header(header::COOKIE, cookie)
}

async fn call<T: DeserializeOwned>(router: &Router, method: &str, path: &str, cookie: &str, body: String) -> T {
    let request = request(method, path, cookie);
    let (status, body) = send(router, request.body(Body::from(body)).unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}
