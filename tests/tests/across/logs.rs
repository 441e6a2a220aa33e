//! docs/LOGGING.md, held against a vault at which an admin is signed in: what it writes at the finest level is searched for
//! whatever the admin's browser sent and got, and for marks in every member that a signed-in request has.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, header};
use nightsafe_core::encoding::{b64u, hex};
use nightsafe_core::scalar::Site;
use nightsafe_core::session::TabHalf;
use nightsafe_proto::vault::openings::Purpose;
use nightsafe_proto::vault::search::Search;
use nightsafe_tests::deposits::{SIX_FIELDS, seal};
use nightsafe_tests::http::Connection;
use nightsafe_tests::opening::drain;
use nightsafe_tests::server::{Server, Way};
use nightsafe_tests::site::{ADMIN, RealSite, SITE};
use nightsafe_vault::Stretch;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::admin::{Admin, Credentials};

/// Stands for everything that is not to be found.
const MARK: &str = "xQ7marked";

/// Texts shorter than this are words of ours: names of kinds, suites, purposes, admins.
const SHORTEST: usize = 12;

/// The program's address, and all that passed there.
#[derive(Clone)]
struct Wire {
    vault: SocketAddr,
    passed: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    fn to(vault: SocketAddr) -> Self {
        Self { vault, passed: Arc::default() }
    }

    /// The admin's browser is written for a router: this one asks the program.
    fn router(&self) -> Router {
        Router::new().fallback(pass_on).with_state(self.clone())
    }

    fn note(&self, text: &str) {
        let mut passed = self.passed.lock().unwrap();
        passed.extend(text.lines().map(str::trim).filter(|line| line.len() >= SHORTEST).map(str::to_owned));
    }

    fn note_all(&self, value: &Value) {
        match value {
            Value::String(text) => self.note(text),
            Value::Array(items) => items.iter().for_each(|item| self.note_all(item)),
            Value::Object(members) => members.values().for_each(|member| self.note_all(member)),
            _ => {}
        }
    }

    /// Sends a request whose head lacks its last lines; returns head and body of the answer.
    async fn ask(&self, head: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.vault).await.unwrap();
        let length = body.len();
        let request = format!("{head}Host: {MARK}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }
}

async fn pass_on(State(wire): State<Wire>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
    let mut head = format!("{} {} HTTP/1.1\r\n", parts.method, parts.uri);
    for (name, value) in &parts.headers {
        let value = value.to_str().unwrap();
        head.push_str(&format!("{name}: {value}\r\n"));
        if name != header::ORIGIN && name != header::CONTENT_TYPE {
            wire.note(value.rsplit('=').next().unwrap());
        }
    }
    let (answered, answer) = wire.ask(&head, &body).await;
    for text in [&body, &answer] {
        wire.note_all(&serde_json::from_str(text).unwrap_or_default());
    }
    let mut response = Response::builder();
    for (number, line) in answered.split("\r\n").enumerate() {
        response = match line.split_once(": ") {
            _ if number == 0 => response.status(line.split(' ').nth(1).unwrap().parse::<u16>().unwrap()),
            Some((name, value)) if name == "set-cookie" => response.header(name, value),
            _ => response,
        };
    }
    response.body(Body::from(answer)).unwrap()
}

/// A request of the signed-in admin's page, with the mark in every header that is not looked at; returns the status.
async fn send(wire: &Wire, cookie: &str, path: &str, body: &Value) -> u16 {
    let tab = TabHalf::parse(&"A".repeat(43)).unwrap().proof(&Site::parse(SITE).unwrap());
    let head = format!(
        "POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nOrigin: http://localhost:4804\r\n\
         Nightsafe-Tab: {}\r\nCookie: {MARK}={MARK}; {cookie}\r\nAuthorization: Bearer {MARK}\r\nUser-Agent: {MARK}\r\n\
         Referer: http://localhost:4804/{MARK}\r\nX-Request-Id: {MARK}\r\nX-Forwarded-For: 198.51.100.77\r\n",
        *tab.to_text()
    );
    let (head, _) = wire.ask(&head, &body.to_string()).await;
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_what_a_signed_in_admin_sends_and_gets_is_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let site = RealSite::make(folder.path());
    let file = |name: &str| format!("sqlite:{}", site.data().join(name).display());
    let (outbox, database) = (file("outbox.db"), file("vault.db"));
    let reference = format!("ORDER-{MARK}");
    let deposit = seal(&site.published(), &reference, SIX_FIELDS);
    let ingest = Server::ingest(&site, &outbox, "");
    let mut connection = Connection::open(ingest.address()).await.unwrap();
    let answer = connection.post_deposit(deposit.to_json().as_bytes(), b"").await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    drop(connection);
    ingest.stop();
    let vault = Server::vault_for_admins(&site, &database, &Way::Direct(&outbox));
    tokio::task::spawn_blocking(move || drain(&outbox)).await.unwrap().unwrap();

    let wire = Wire::to(vault.address());
    let anchor = site.anchor();
    let with = Credentials { anchor: &anchor, user: "anna", passphrase: ADMIN, stretch: &Stretch::STANDARD };
    let admin = Admin::enter(&wire.router(), &with).await;
    let search = Search { reference: Some(reference.clone()), ..Search::default() };
    let [row] = <[_; 1]>::try_from(admin.find(&search).await).unwrap();
    assert_eq!(admin.open(&row, "address", Purpose::Ship).await.differences, []);

    let id = deposit.id().to_hex();
    let tag = deposit.parts().fields[0].tag.to_hex();
    let open = |purpose: &str, kind: &str| {
        let open = [json!({"kind": kind, "index": 0, "tag": tag})];
        json!({"purpose": purpose, "deposits": [{"deposit_id": id, "open": open, "check": []}]})
    };
    let log = json!({"since": 0, "entries": [{"salt": b64u(&[7; 32]), "signed": b64u(MARK.as_bytes())}]});
    let token_hash = hex(&[7; 32]);
    for (path, body, status) in [
        // A term that is good, but comes without an entry; one with an entry that is none; terms that are not good
        ("/v1/deposits/search", json!({"reference": MARK}), 422),
        ("/v1/deposits/search", json!({"reference": MARK, "log": log}), 422),
        ("/v1/deposits/search", json!({"postal_code": MARK}), 422),
        ("/v1/deposits/search", json!({"brand": MARK}), 422),
        ("/v1/deposits/search", json!({"after": MARK}), 422),
        ("/v1/deposits/search", json!({MARK: MARK}), 400),
        ("/v1/openings", open(MARK, "phone"), 400),
        ("/v1/openings", open("ship", MARK), 422),
        ("/v1/openings", open("ship", "phone"), 422),
        ("/v1/openings", json!({"purpose": "ship", "deposits": [], MARK: MARK}), 400),
        (
            "/v1/invitations",
            json!({"name": format!(" {MARK} "), "roles": ["admin"], "token_hash": token_hash, "lifetime": 60}),
            422,
        ),
        ("/v1/invitations", json!({"name": MARK, "roles": [MARK, ""], "token_hash": token_hash, "lifetime": 60}), 422),
        ("/v1/invitations", json!({"name": MARK, "roles": ["admin"], "token_hash": token_hash, "lifetime": 0}), 422),
        ("/v1/invitations/withdraw", json!({"name": MARK}), 204),
        ("/v1/log/record", log.clone(), 422),
        ("/v1/sessions/end", json!({"id": MARK}), 400),
        ("/v1/login/start", json!({"user": MARK, "message": b64u(MARK.as_bytes())}), 422),
    ] {
        assert_eq!(send(&wire, admin.cookie(), path, &body).await, status, "{path} {body}");
    }
    let log = vault.log();
    vault.stop();

    assert!(log.contains("\"DEBUG\""), "it does not log as finely as it can");
    for said in ["signed in", "recorded", "fields handed out"] {
        assert!(log.contains(&format!("\"message\":\"{said}\"")), "{said}: {log}");
    }
    let mut secrets = wire.passed.lock().unwrap().clone();
    for wanted in [&reference, &id, &tag] {
        assert!(secrets.contains(wanted), "{wanted} did not pass");
    }
    secrets.extend([MARK, "198.51.100.77", ADMIN, "Nachtigallenweg", "Ada Lovelace", "+4930123456"].map(str::to_owned));
    for name in ["login.key", "log.key"] {
        let bytes = std::fs::read(site.data().join("keys").join(name)).unwrap();
        let tail = &bytes[bytes.len() - 24..];
        secrets.extend([hex(tail), b64u(tail), String::from_utf8_lossy(tail).into_owned()]);
    }
    for secret in secrets {
        // Escaped as in a line of JSON
        let text = Value::from(secret.as_str()).to_string();
        let found = log.lines().find(|line| line.contains(text.trim_matches('"')));
        assert_eq!(found, None, "{secret}");
    }
}
