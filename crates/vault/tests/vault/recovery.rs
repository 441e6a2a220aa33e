//! Recovery kits: made with the passphrase, used once, good for a new passphrase and for nothing else; who has none looks like
//! who does not exist.

use axum::http::StatusCode;
use nightsafe_core::audit::{Action, RecoveryMethod};
use nightsafe_core::identity::{Identity, RecoveryCode, Unlock, WrappedIdentity, kit_credential};
use nightsafe_login::{ClientLogin, ClientRegistration};
use nightsafe_proto::problem::ProblemType as P;
use nightsafe_proto::vault::identity::OwnIdentity;
use nightsafe_proto::vault::log::{Recorded, SaltedEntry};
use nightsafe_proto::vault::login::{LoginFinish, LoginStart, LoginStarted};
use nightsafe_proto::vault::passphrase::{PassphraseFinish, PassphraseStart, PassphraseStarted};
use nightsafe_proto::vault::recovery::{
    KitFinish, KitStart, KitStarted, OwnKit, RecoveryFinished, RecoveryPassphraseFinish, RecoveryPassphraseStart,
};
use nightsafe_proto::wire::B64u;
use nightsafe_vault::{export_key, setup};

use crate::audited::{Audited, to_log, verified};
use crate::fixture::{Answer, NOW, PASSPHRASE, STRETCH, Vault, rng, site};
use crate::identity::identity;

pub(crate) const NEW: &str = "entirely other words";

/// A vault whose admin has an identity.
pub(crate) async fn with_identity() -> (Vault, Identity) {
    let vault = Vault::new().await;
    let record = vault.store.admin_record("admin").await.unwrap().unwrap();
    let key = export_key(&vault.login, "admin", &record, PASSPHRASE.as_bytes(), &STRETCH).unwrap();
    let identity = identity();
    setup::add_identity(&vault.store, "admin", &identity, &key, &mut rng()).await.unwrap();
    (vault, identity)
}

/// Both sides of showing a secret, up to the browser's last message.
async fn shown(vault: &Vault, path: &str, user: &str, secret: &[u8]) -> Option<LoginFinish> {
    let (client, message) = ClientLogin::start(secret).unwrap();
    let start = LoginStart { user: user.into(), message: B64u(message) };
    let started: LoginStarted = vault.post(path, "", &start).await.json();
    let done = client.finish(&started.message.0, &STRETCH).ok()?;
    Some(LoginFinish { login: started.login, message: B64u(done.message) })
}

/// What a browser sends to keep a kit, having shown the passphrase.
async fn begun(vault: &Vault, token: &str, identity: &Identity, code: &RecoveryCode) -> KitFinish {
    let LoginFinish { login, message } = shown(vault, "/v1/login/start", "admin", PASSPHRASE.as_bytes()).await.unwrap();
    let (client, request) = ClientRegistration::start(code.to_text().as_bytes()).unwrap();
    let start = KitStart { login, message, registration: B64u(request) };
    let reply: KitStarted = vault.post("/v1/kit/start", token, &start).await.json();
    let done = client.finish(&reply.message.0, &STRETCH).unwrap();
    let wrapped = identity.wrap(&Unlock::RecoveryCode(code), &mut rng()).unwrap();
    KitFinish { registration: B64u(done.message), wrapped: B64u(wrapped.to_bytes()) }
}

pub(crate) async fn make(vault: &Vault, token: &str, identity: &Identity) -> RecoveryCode {
    let code = RecoveryCode::generate(&mut rng());
    let kit = begun(vault, token, identity, &code).await;
    vault.taken("/v1/kit/finish", token, &kit).await;
    code
}

async fn kit(vault: &Vault, token: &str) -> Option<String> {
    vault.get("/v1/kit", token).await.json::<OwnKit>().made
}

pub(crate) async fn recovered(vault: &Vault, code: &RecoveryCode) -> Answer {
    let finish = shown(vault, "/v1/recovery/start", "admin", code.to_text().as_bytes()).await.unwrap();
    vault.post("/v1/recovery/finish", "", &finish).await
}

/// What a browser sends to set a new passphrase.
pub(crate) async fn renewal(vault: &Vault, recovery: &B64u, identity: &Identity) -> RecoveryPassphraseFinish {
    let (client, message) = ClientRegistration::start(NEW.as_bytes()).unwrap();
    let start = RecoveryPassphraseStart { recovery: recovery.clone(), message: B64u(message) };
    let reply: PassphraseStarted = vault.post("/v1/recovery/passphrase/start", "", &start).await.json();
    let done = client.finish(&reply.message.0, &STRETCH).unwrap();
    let wrapped = identity.wrap(&Unlock::Login(&done.export_key), &mut rng()).unwrap();
    RecoveryPassphraseFinish {
        recovery: recovery.clone(),
        registration: B64u(done.message),
        wrapped: B64u(wrapped.to_bytes()),
        log: None,
    }
}

async fn finish(vault: &Vault, request: &RecoveryPassphraseFinish) -> Answer {
    vault.post("/v1/recovery/passphrase/finish", "", request).await
}

#[tokio::test]
async fn a_kit_sets_a_new_passphrase_once_for_the_same_identity() {
    let (vault, identity) = with_identity().await;
    let (token, elsewhere) = (vault.sign_in().await, vault.sign_in().await);
    assert_eq!(kit(&vault, &token).await, None);
    let code = make(&vault, &token, &identity).await;
    assert_eq!(kit(&vault, &token).await.as_deref(), Some("2026-11-21T00:00:00Z"));

    let finished: RecoveryFinished = recovered(&vault, &code).await.json();
    assert_eq!((finished.expires_in, finished.logs), (900, false));
    let [way] = finished.identity.wrapped.as_slice() else { panic!() };
    assert_eq!((way.method.as_str(), way.slot.as_str()), ("recovery-code", ""));
    let wrapped = WrappedIdentity::parse(&way.wrapped.0).unwrap();
    let unlocked = wrapped.unwrap(&site(), &identity.id(), &Unlock::RecoveryCode(&code)).unwrap();
    assert_eq!(unlocked.public(), identity.public());
    // Up to here nothing has changed
    assert!(vault.try_sign_in("admin", PASSPHRASE).await.is_some());
    let renewal = renewal(&vault, &finished.recovery, &identity).await;
    assert!(finish(&vault, &renewal).await.json::<Recorded>().log.is_none());

    assert_eq!(vault.try_sign_in("admin", PASSPHRASE).await, None);
    for ended in [&token, &elsewhere] {
        assert_eq!(vault.get("/v1/kit", ended).await.problem(), P::SignInRequired);
    }
    let again = vault.try_sign_in("admin", NEW).await.unwrap();
    assert_eq!(kit(&vault, &again).await, None);
    let kept = vault.get("/v1/identity", &again).await.json::<OwnIdentity>().identity.unwrap();
    let record = vault.store.admin_record("admin").await.unwrap().unwrap();
    let key = export_key(&vault.login, "admin", &record, NEW.as_bytes(), &STRETCH).unwrap();
    let [way] = kept.wrapped.as_slice() else { panic!() };
    let unlocked = WrappedIdentity::parse(&way.wrapped.0).unwrap();
    let unlocked = unlocked.unwrap(&site(), &identity.id(), &Unlock::Login(&key)).unwrap();
    assert_eq!(unlocked.public(), identity.public());
    // Used up: the code, and what it gave
    assert!(shown(&vault, "/v1/recovery/start", "admin", code.to_text().as_bytes()).await.is_none());
    assert_eq!(finish(&vault, &renewal).await.problem(), P::RecoveryEnded);
}

#[tokio::test]
async fn a_kit_is_made_with_the_passphrase_in_time_and_takes_the_place_of_the_one_before() {
    let (vault, identity) = with_identity().await;
    let token = vault.sign_in().await;
    let code = RecoveryCode::generate(&mut rng());
    let early = KitFinish { registration: B64u(vec![1]), wrapped: B64u(vec![1]) };
    assert_eq!(vault.post("/v1/kit/finish", &token, &early).await.problem(), P::KitNotBegun);
    // Another passphrase, nobody's login, a login of a code
    let (_, request) = ClientRegistration::start(b"code").unwrap();
    let good = shown(&vault, "/v1/login/start", "admin", PASSPHRASE.as_bytes()).await.unwrap();
    let start = |finish: &LoginFinish| KitStart {
        login: finish.login.clone(),
        message: finish.message.clone(),
        registration: B64u(request.clone()),
    };
    let mut wrong = good.clone();
    wrong.message.0[0] ^= 1;
    let unknown = LoginFinish { login: B64u(vec![0; 16]), ..good };
    for bad in [&wrong, &unknown] {
        assert_eq!(vault.post("/v1/kit/start", &token, &start(bad)).await.problem(), P::SignInFailed);
    }
    assert_eq!(vault.post("/v1/kit/finish", &token, &early).await.problem(), P::KitNotBegun);

    // Too late, and in another session
    let kit_of = begun(&vault, &token, &identity, &code).await;
    let other = vault.sign_in().await;
    assert_eq!(vault.post("/v1/kit/finish", &other, &kit_of).await.problem(), P::KitNotBegun);
    vault.clock.set(NOW.plus(880));
    assert_eq!(kit(&vault, &token).await, None);
    vault.clock.set(NOW.plus(900));
    assert_eq!(vault.post("/v1/kit/finish", &token, &kit_of).await.problem(), P::KitNotBegun);
    vault.clock.set(NOW);

    let token = vault.sign_in().await;
    let good = begun(&vault, &token, &identity, &code).await;
    let foreign = self::identity().wrap(&Unlock::RecoveryCode(&code), &mut rng()).unwrap();
    let by_login = identity.wrap(&Unlock::Login(&[1; 64]), &mut rng()).unwrap();
    for (bad, pointer) in [
        (KitFinish { wrapped: B64u(foreign.to_bytes()), ..good.clone() }, "/wrapped"),
        (KitFinish { wrapped: B64u(by_login.to_bytes()), ..good.clone() }, "/wrapped"),
        (KitFinish { registration: B64u(b"none".to_vec()), ..good.clone() }, "/registration"),
    ] {
        let answer = vault.post("/v1/kit/finish", &token, &bad).await;
        assert_eq!((answer.problem(), answer.pointer().as_deref()), (P::MalformedMember, Some(pointer)));
    }
    vault.taken("/v1/kit/finish", &token, &good).await;
    assert_eq!(vault.post("/v1/kit/finish", &token, &good).await.problem(), P::KitNotBegun, "once");

    let next = make(&vault, &token, &identity).await;
    assert!(shown(&vault, "/v1/recovery/start", "admin", code.to_text().as_bytes()).await.is_none());
    assert_eq!(recovered(&vault, &next).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_dropped_or_replaced_meanwhile_is_good_for_nothing() {
    let (vault, identity) = with_identity().await;
    let token = vault.sign_in().await;
    for dropped in [true, false] {
        let code = make(&vault, &token, &identity).await;
        let begun = shown(&vault, "/v1/recovery/start", "admin", code.to_text().as_bytes()).await.unwrap();
        let finished: RecoveryFinished = recovered(&vault, &code).await.json();
        let renewal = renewal(&vault, &finished.recovery, &identity).await;
        if dropped {
            assert_eq!(vault.post_text("/v1/kit/drop", &token, String::new()).await.status, StatusCode::NO_CONTENT);
            assert_eq!(kit(&vault, &token).await, None);
        } else {
            make(&vault, &token, &identity).await;
        }
        assert_eq!(vault.post("/v1/recovery/finish", "", &begun).await.problem(), P::SignInFailed);
        assert_eq!(finish(&vault, &renewal).await.problem(), P::RecoveryEnded);
        assert_eq!(vault.get("/v1/kit", &token).await.status, StatusCode::OK, "the session goes on");
    }
    assert!(vault.try_sign_in("admin", PASSPHRASE).await.is_some());
}

#[tokio::test]
async fn a_recovery_ends_and_does_nothing_but_set_a_passphrase() {
    let (vault, identity) = with_identity().await;
    let token = vault.sign_in().await;
    let code = make(&vault, &token, &identity).await;
    let answer = recovered(&vault, &code).await;
    assert!(!answer.headers.contains_key(axum::http::header::SET_COOKIE), "there is no session");
    let finished: RecoveryFinished = answer.json();
    let text = nightsafe_core::encoding::b64u(&finished.recovery.0);
    for path in ["/v1/custody", "/v1/manifests", "/v1/identity", "/v1/roster", "/v1/sessions", "/v1/kit"] {
        assert_eq!(vault.get(path, &text).await.problem(), P::SignInRequired);
    }
    let good = renewal(&vault, &finished.recovery, &identity).await;
    let other = self::identity().wrap(&Unlock::Login(&[1; 64]), &mut rng()).unwrap();
    let by_code = identity.wrap(&Unlock::RecoveryCode(&code), &mut rng()).unwrap();
    for (bad, pointer) in [
        (RecoveryPassphraseFinish { wrapped: B64u(other.to_bytes()), ..good.clone() }, "/wrapped"),
        (RecoveryPassphraseFinish { wrapped: B64u(by_code.to_bytes()), ..good.clone() }, "/wrapped"),
        (RecoveryPassphraseFinish { registration: B64u(vec![1]), ..good.clone() }, "/registration"),
    ] {
        let answer = finish(&vault, &bad).await;
        assert_eq!((answer.problem(), answer.pointer().as_deref()), (P::MalformedMember, Some(pointer)));
    }
    for recovery in [B64u(vec![0; 32]), B64u(vec![0; 3])] {
        let start = RecoveryPassphraseStart { recovery: recovery.clone(), message: B64u(vec![0; 32]) };
        assert_eq!(vault.post("/v1/recovery/passphrase/start", "", &start).await.problem(), P::RecoveryEnded);
        let unknown = RecoveryPassphraseFinish { recovery, ..good.clone() };
        assert_eq!(finish(&vault, &unknown).await.problem(), P::RecoveryEnded);
    }
    let start = RecoveryPassphraseStart { recovery: finished.recovery, message: B64u(b"none".to_vec()) };
    assert_eq!(vault.post("/v1/recovery/passphrase/start", "", &start).await.problem(), P::MalformedMember);
    vault.clock.set(NOW.plus(900));
    assert_eq!(finish(&vault, &good).await.problem(), P::RecoveryEnded);
    vault.clock.set(NOW.plus(899));
    finish(&vault, &good).await.json::<Recorded>();
}

#[tokio::test]
async fn who_has_no_kit_looks_like_who_does_not_exist() {
    let (vault, identity) = with_identity().await;
    let token = vault.sign_in().await;
    setup::create_admin(&vault.store, &vault.login, "ben", PASSPHRASE.as_bytes(), &STRETCH, NOW).await.unwrap();
    make(&vault, &token, &identity).await;
    let guess = RecoveryCode::generate(&mut rng()).to_text();
    let mut answers = Vec::new();
    for user in ["admin", "ben", "nobody"] {
        let (client, message) = ClientLogin::start(guess.as_bytes()).unwrap();
        let start = LoginStart { user: user.into(), message: B64u(message) };
        let begun = vault.post("/v1/recovery/start", "", &start).await;
        let started: LoginStarted = begun.json();
        assert!(client.finish(&started.message.0, &STRETCH).is_err());
        let wrong = LoginFinish { login: started.login, message: B64u(vec![7; 64]) };
        let refused = vault.post("/v1/recovery/finish", "", &wrong).await;
        assert_eq!((refused.status, refused.problem()), (StatusCode::UNAUTHORIZED, P::SignInFailed));
        answers.push((begun.status, begun.body.len(), begun.headers.len(), refused.body));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let malformed = LoginStart { user: kit_credential("admin"), message: B64u(vec![]) };
    assert_eq!(vault.post("/v1/recovery/start", "", &malformed).await.problem(), P::MalformedMember);
    assert_eq!(vault.post("/v1/login/start", "", &malformed).await.problem(), P::MalformedMember);
}

#[tokio::test]
async fn a_code_is_no_passphrase_and_a_passphrase_no_code() {
    let (vault, identity) = with_identity().await;
    let token = vault.sign_in().await;
    let code = make(&vault, &token, &identity).await.to_text();
    assert_eq!(vault.try_sign_in("admin", &code).await, None);
    assert!(shown(&vault, "/v1/recovery/start", "admin", PASSPHRASE.as_bytes()).await.is_none());
    // What was begun as one is not finished as the other
    let by_code = shown(&vault, "/v1/recovery/start", "admin", code.as_bytes()).await.unwrap();
    assert_eq!(vault.post("/v1/login/finish", "", &by_code).await.problem(), P::SignInFailed);
    assert_eq!(vault.post("/v1/recovery/finish", "", &by_code).await.problem(), P::SignInFailed, "used up");
    let by_passphrase = shown(&vault, "/v1/login/start", "admin", PASSPHRASE.as_bytes()).await.unwrap();
    assert_eq!(vault.post("/v1/recovery/finish", "", &by_passphrase).await.problem(), P::SignInFailed);
    // Nor is the code good where the passphrase is asked for once more
    let by_code = shown(&vault, "/v1/recovery/start", "admin", code.as_bytes()).await.unwrap();
    let (client, message) = ClientRegistration::start(NEW.as_bytes()).unwrap();
    let reply: PassphraseStarted =
        vault.post("/v1/passphrase/start", &token, &PassphraseStart { message: B64u(message) }).await.json();
    let done = client.finish(&reply.message.0, &STRETCH).unwrap();
    let wrapped = identity.wrap(&Unlock::Login(&done.export_key), &mut rng()).unwrap();
    let change = PassphraseFinish {
        login: by_code.login,
        message: by_code.message,
        registration: B64u(done.message),
        wrapped: B64u(wrapped.to_bytes()),
    };
    assert_eq!(vault.post("/v1/passphrase/finish", &token, &change).await.problem(), P::SignInFailed);

    // The records fit their own credential only: exchanged in the database, neither signs anybody in
    let exchange = "UPDATE admin SET record = (SELECT record FROM recovery_kit WHERE admin = 'admin')";
    sqlx::query(exchange).execute(&mut vault.raw().await).await.unwrap();
    assert_eq!(vault.try_sign_in("admin", &code).await, None);
}

#[tokio::test]
async fn tries_of_passphrases_and_codes_are_counted_together() {
    let vault = Vault::new().await;
    for user in ["admin", "nobody"] {
        for number in 0..11 {
            let path = if number % 2 == 0 { "/v1/login/start" } else { "/v1/recovery/start" };
            let (_, message) = ClientLogin::start(b"a guess").unwrap();
            let answer = vault.post(path, "", &LoginStart { user: user.into(), message: B64u(message) }).await;
            assert_eq!(answer.status == StatusCode::OK, number < 10, "{user} {number}");
            assert!(number < 10 || answer.problem() == P::RateLimited);
        }
    }
}

#[tokio::test]
async fn a_new_passphrase_leaves_the_kit_as_it_is() {
    let (vault, identity) = with_identity().await;
    let token = vault.sign_in().await;
    let code = make(&vault, &token, &identity).await;
    let LoginFinish { login, message } =
        shown(&vault, "/v1/login/start", "admin", PASSPHRASE.as_bytes()).await.unwrap();
    let (client, request) = ClientRegistration::start(NEW.as_bytes()).unwrap();
    let reply: PassphraseStarted =
        vault.post("/v1/passphrase/start", &token, &PassphraseStart { message: B64u(request) }).await.json();
    let done = client.finish(&reply.message.0, &STRETCH).unwrap();
    let wrapped = B64u(identity.wrap(&Unlock::Login(&done.export_key), &mut rng()).unwrap().to_bytes());
    let change = PassphraseFinish { login, message, registration: B64u(done.message), wrapped };
    vault.taken("/v1/passphrase/finish", &token, &change).await;
    assert_eq!(recovered(&vault, &code).await.status, StatusCode::OK);
}

#[tokio::test]
async fn where_a_log_is_kept_a_recovery_is_in_it_or_does_not_happen() {
    let audited = Audited::signed_in().await;
    let (vault, anna) = (&audited.vault, &audited.anna);
    // The fixture's identity is under another key than the passphrase gives; the kit does not mind
    let code = make(vault, &audited.token, anna).await;
    let finished: RecoveryFinished = recovered(vault, &code).await.json();
    assert!(finished.logs);
    let good = renewal(vault, &finished.recovery, anna).await;
    let recovery = || audited.sign(Action::Recovery { identity: anna.id(), method: RecoveryMethod::Kit });
    let change = || audited.sign(Action::PassphraseChange);
    let other = |method| audited.sign(Action::Recovery { identity: anna.id(), method });
    let with = |entries: &[SaltedEntry]| RecoveryPassphraseFinish { log: Some(to_log(entries)), ..good.clone() };
    let before = vault.checkpoint(&audited.token).await.size;
    assert_eq!(finish(vault, &good).await.problem(), P::LogEntryRequired);
    for entries in [
        vec![],
        vec![recovery()],
        vec![change(), recovery()],
        vec![other(RecoveryMethod::Admin), change()],
        vec![recovery(), change(), change()],
    ] {
        assert_eq!(finish(vault, &with(&entries)).await.problem(), P::LogEntryRefused);
    }
    let late = [
        audited.sign_at(Action::Recovery { identity: anna.id(), method: RecoveryMethod::Kit }, NOW.plus(301)),
        change(),
    ];
    assert_eq!(finish(vault, &with(&late)).await.problem(), P::ClockDiffers);
    let mut beyond = with(&[recovery(), change()]);
    beyond.log.as_mut().unwrap().since = before + 1;
    assert_eq!(finish(vault, &beyond).await.problem(), P::LogShorter);
    assert_eq!(vault.checkpoint(&audited.token).await.size, before);
    assert!(kit(vault, &audited.token).await.is_some());

    let entries = [recovery(), change()];
    let recorded: Recorded = finish(vault, &with(&entries)).await.json();
    assert_eq!(verified(&recorded.log.unwrap(), &entries), before);
    assert_eq!(finish(vault, &with(&[recovery(), change()])).await.problem(), P::RecoveryEnded);
    let token = vault.try_sign_in("admin", NEW).await.unwrap();
    assert_eq!(vault.checkpoint(&token).await.size, before + 2);
}
