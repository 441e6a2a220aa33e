//! The audit log: what the vault writes into it, and how it is read.

use axum::http::{StatusCode, header};
use nightsafe_core::audit::{Action, Actor, AuditError, Commitment, open_sealed};
use nightsafe_core::log::{Checkpoint, Hash, HashReader, Plan, Tile, TileHashes, parse_bundle};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::time::UnixTime;
use nightsafe_login::ClientLogin;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::log::Entries;
use nightsafe_proto::vault::login::{LoginFinish, LoginStart, LoginStarted};
use nightsafe_proto::wire::B64u;
use nightsafe_vault::{AuditLog, AuditLogError, LogConfig, LogConfigError};
use serde_json::json;

use crate::audited::Audited;
use crate::fixture::{NOW, Vault, site};

pub(crate) fn log_key() -> NoteSigner {
    NoteSigner::from_seed("demo.nightsafe.example/log", &[0x31; 32]).unwrap()
}

pub(crate) fn config() -> LogConfig {
    LogConfig::new(&site(), log_key()).unwrap()
}

impl Vault {
    pub(crate) async fn checkpoint(&self, token: &str) -> Checkpoint {
        let answer = self.get("/v1/log/checkpoint", token).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "text/plain; charset=utf-8");
        Checkpoint::verify(std::str::from_utf8(&answer.body).unwrap(), log_key().vkey()).unwrap()
    }

    pub(crate) async fn entries(&self, token: &str) -> Entries {
        self.post("/v1/log/entries", token, &json!({"first": 0, "count": 256})).await.json()
    }

    /// As somebody whose client does not care that the passphrase is wrong.
    async fn fail_to_sign_in(&self, user: &str) {
        let login = self.begin_to_sign_in(user).await;
        self.finish(login).await;
    }

    async fn begin_to_sign_in(&self, user: &str) -> B64u {
        let (_, message) = ClientLogin::start(b"a guess").unwrap();
        let start = LoginStart { user: user.into(), message: B64u(message) };
        self.post("/v1/login/start", "", &start).await.json::<LoginStarted>().login
    }

    async fn finish(&self, login: B64u) {
        let refused = self.post("/v1/login/finish", "", &LoginFinish { login, message: B64u(vec![7; 64]) }).await;
        assert_eq!(refused.problem(), ProblemType::SignInFailed);
    }
}

#[tokio::test]
async fn failed_sign_ins_are_recorded() {
    let Audited { vault, anna, audit_key, .. } = Audited::new().await;
    // A name that does not exist is recorded like one that does; a login that was never begun is none
    vault.fail_to_sign_in("admin").await;
    vault.fail_to_sign_in("nobody").await;
    vault.finish(B64u(vec![0; 16])).await;
    vault.finish(B64u(vec![0; 3])).await;
    // The admin site's own code sees that the passphrase is wrong, and does not finish
    assert_eq!(vault.try_sign_in("admin", "wrong").await, None);
    vault.clock.set(NOW.plus(500));
    let token = vault.sign_in().await;

    let checkpoint = vault.checkpoint(&token).await;
    let entries = vault.entries(&token).await.entries;
    assert_eq!((checkpoint.size, entries.len()), (3, 3));
    let happened = [NOW, NOW, NOW.plus(120)];
    let mut lengths = Vec::new();
    let of = [Some(anna.public().id()), None, Some(anna.public().id())];
    for (((number, at), of), entry) in (0..).zip(happened).zip(of).zip(&entries) {
        assert_eq!((entry.number, entry.key_id.0), (number, audit_key.public_key().key_id().0));
        let commitment = Commitment(entry.commitment.0);
        let (salt, signed) = open_sealed(&audit_key, &site(), &commitment, &entry.sealed.0).unwrap();
        let opened = signed.verify(&salt, log_key().vkey()).unwrap();
        assert_eq!((opened.actor(), opened.action()), (Actor::Vault, &Action::SignInFailed(of)));
        assert_eq!(opened.time(), at);
        lengths.push(entry.sealed.0.len());
    }
    assert_eq!(lengths, [2160; 3]);

    // The tiles give the checkpoint's root, and the leaves are the commitments
    let read = async |path: String| {
        let answer = vault.get(&format!("/v1/log/{path}"), &token).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/octet-stream");
        answer.body
    };
    let plan = Plan::for_root(checkpoint.size).unwrap();
    let nodes: Vec<_> = plan.nodes().collect();
    let mut hashes = TileHashes::default();
    for tile in TileHashes::tiles_of(&nodes, checkpoint.size).unwrap() {
        hashes.store(tile, &read(tile.path()).await).unwrap();
    }
    assert_eq!(plan.root(&hashes.read_hashes(&nodes).unwrap()), Ok(checkpoint.root));
    let bundle = read(Tile::bundle_of_log(0, 3).unwrap().path()).await;
    let leaves: Vec<_> = entries.iter().map(|entry| &entry.commitment.0[..]).collect();
    assert_eq!(parse_bundle(&bundle, 3).unwrap(), leaves);
}

#[tokio::test]
async fn without_an_audit_key_nothing_is_written() {
    let vault = Vault::with_log(config()).await;
    vault.fail_to_sign_in("admin").await;
    let token = vault.sign_in().await;
    let checkpoint = vault.checkpoint(&token).await;
    assert_eq!((checkpoint.size, checkpoint.root), (0, Hash::of_empty_tree()));
    assert!(vault.entries(&token).await.entries.is_empty());
    assert_eq!(vault.get("/v1/log/tile/0/000.p/1", &token).await.problem(), ProblemType::NotFound);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let none = Vault::new().await;
    let token = none.sign_in().await;
    for path in ["/v1/log/checkpoint", "/v1/log/tile/0/000.p/1"] {
        assert_eq!(none.get(path, &token).await.problem(), ProblemType::NotFound);
    }
    let range = json!({"first": 0, "count": 1});
    assert_eq!(none.post("/v1/log/entries", &token, &range).await.problem(), ProblemType::NotFound);

    let Audited { vault, .. } = Audited::new().await;
    vault.fail_to_sign_in("admin").await;
    let token = vault.sign_in().await;
    assert_eq!(vault.get("/v1/log/tile/0/000.p/1", &token).await.status, StatusCode::OK);
    for path in [
        "0/000",
        "0/000.p/2",
        "0/000.p/1/",
        "0/000.p/01",
        "0/000.p/0",
        "0/%30%30%30.p/1",
        "0%2F000.p%2F1",
        "0//000.p/1",
        "8/000.p/1",
        "-1/000.p/1",
        "entries/000",
        "entries/x000/000.p/1",
        "%00",
        "x",
    ] {
        let refused = vault.get(&format!("/v1/log/tile/{path}"), &token).await;
        assert_eq!(refused.problem(), ProblemType::NotFound, "{path}");
    }
    for range in
        [json!({"first": i64::MAX, "count": 256}), json!({"first": 1, "count": 1}), json!({"first": 0, "count": 0})]
    {
        let found: Entries = vault.post("/v1/log/entries", &token, &range).await.json();
        assert!(found.entries.is_empty());
    }
    let beyond = vault.post("/v1/log/entries", &token, &json!({"first": i64::MAX as u64 + 1, "count": 1})).await;
    assert_eq!(beyond.problem(), ProblemType::MalformedMember);
    let many = vault.post("/v1/log/entries", &token, &json!({"first": 0, "count": 257})).await;
    assert_eq!(many.problem(), ProblemType::BatchTooLarge);
    for text in
        ["", "[]", "{}", r#"{"first":-1,"count":1}"#, r#"{"first":0,"count":1,"x":1}"#, r#"{"first":0.5,"count":1}"#]
    {
        let refused = vault.post_text("/v1/log/entries", &token, text.into()).await;
        assert_eq!(refused.problem(), ProblemType::MalformedJson, "{text}");
    }
}

#[tokio::test]
async fn strangers_are_told_nothing() {
    let vault = Vault::with_log(config()).await;
    for path in ["/v1/log/checkpoint", "/v1/log/tile/0/000.p/1", "/v1/log/tile/x"] {
        assert_eq!(vault.get(path, "").await.problem(), ProblemType::SignInRequired);
    }
    let range = json!({"first": 0, "count": 1});
    assert_eq!(vault.post("/v1/log/entries", "", &range).await.problem(), ProblemType::SignInRequired);
}

#[tokio::test]
async fn the_vault_cannot_say_what_an_admin_did() {
    let Audited { vault, .. } = Audited::new().await;
    let log = AuditLog::new(vault.store.clone(), site(), config(), Some(vault.anchor.clone()));
    let claimed = log.record(&[(Action::SignIn, UnixTime::from_seconds(1))]).await.unwrap_err();
    assert!(matches!(claimed, AuditLogError::Entry(AuditError::Actor)), "{claimed}");
    assert_eq!(log.record(&[]).await.unwrap(), None);
    assert_eq!(log.record(&[(Action::SignOut, NOW), (Action::SignOut, NOW)]).await.unwrap().unwrap().size, 2);
    assert_eq!(Checkpoint::verify(&log.checkpoint().await.unwrap(), log_key().vkey()).unwrap().size, 2);
}

#[test]
fn the_key_of_another_site_makes_no_log() {
    let named = |name: &str| NoteSigner::from_seed(name, &[1; 32]).unwrap();
    for name in ["demo.nightsafe.example", "other.example/log", "demo.nightsafe.example/relay"] {
        assert_eq!(LogConfig::new(&site(), named(name)).unwrap_err(), LogConfigError::Name);
    }
}
