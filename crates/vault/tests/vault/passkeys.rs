//! Passkeys: added with the passphrase; asked for after it; signing in alone where they unlock; and every way in which one is
//! refused.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use nightsafe_core::audit::{Action, PasskeyChange};
use nightsafe_core::identity::{Identity, Unlock, WrappedIdentity};
use nightsafe_core::passkey::PasskeyId;
use nightsafe_login::{ClientLogin, ClientRegistration};
use nightsafe_proto::problem::ProblemType as P;
use nightsafe_proto::vault::identity::OwnIdentity;
use nightsafe_proto::vault::log::{Recorded, SaltedEntry};
use nightsafe_proto::vault::login::{LoginFinish, LoginFinished, LoginPasskey, LoginStart, LoginStarted};
use nightsafe_proto::vault::passkey::{
    Passkey, PasskeyAnswer, PasskeyAsked, PasskeyFinish, PasskeyLoginFinished, PasskeyRemove, PasskeyStart,
    PasskeyStarted, Passkeys,
};
use nightsafe_proto::vault::passphrase::{PassphraseFinish, PassphraseStart, PassphraseStarted};
use nightsafe_proto::vault::recovery::RecoveryFinished;
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_tests::authenticator::{self, Authenticator};
use nightsafe_vault::setup;

use crate::audited::{Audited, to_log, verified};
use crate::fixture::{ADMIN_ORIGIN, Answer, NOW, PASSPHRASE, STRETCH, Vault, rng, site};
use crate::recovery::{recovered, renewal, with_identity};

const PRF: [u8; 32] = [9; 32];

/// Both sides of showing a passphrase, up to the browser's last message.
async fn shown(vault: &Vault, user: &str, passphrase: &str) -> LoginFinish {
    let (client, message) = ClientLogin::start(passphrase.as_bytes()).unwrap();
    let start = LoginStart { user: user.into(), message: B64u(message) };
    let started: LoginStarted = vault.post("/v1/login/start", "", &start).await.json();
    let done = client.finish(&started.message.0, &STRETCH).unwrap();
    LoginFinish { login: started.login, message: B64u(done.message) }
}

async fn begun(vault: &Vault, token: &str) -> PasskeyStarted {
    let LoginFinish { login, message } = shown(vault, "admin", PASSPHRASE).await;
    vault.post("/v1/passkeys/start", token, &PasskeyStart { login, message }).await.json()
}

/// What a browser sends to keep a passkey.
fn made(passkey: &Authenticator, started: &PasskeyStarted, unlocks: Option<&Identity>) -> PasskeyFinish {
    let answer = passkey.make(&started.challenge.0, ADMIN_ORIGIN);
    let wrapped = unlocks.map(|identity| identity.wrap(&Unlock::Passkey(&PRF), &mut rng()).unwrap().to_bytes());
    PasskeyFinish {
        name: "Laptop".into(),
        client_data: B64u(answer.client_data),
        authenticator_data: B64u(answer.authenticator_data),
        wrapped: wrapped.map(B64u),
        log: None,
    }
}

async fn add(vault: &Vault, token: &str, unlocks: Option<&Identity>) -> Authenticator {
    let passkey =
        if unlocks.is_some() { Authenticator::ed25519("localhost") } else { Authenticator::p256("localhost") };
    let started = begun(vault, token).await;
    vault.post("/v1/passkeys/finish", token, &made(&passkey, &started, unlocks)).await.json::<Recorded>();
    passkey
}

async fn list(vault: &Vault, token: &str) -> Vec<Passkey> {
    vault.get("/v1/passkeys", token).await.json::<Passkeys>().passkeys
}

fn id(passkey: &Authenticator) -> PasskeyId {
    PasskeyId::of(&passkey.credential).unwrap()
}

fn removal(passkey: &Authenticator) -> PasskeyRemove {
    PasskeyRemove { id: Hex(id(passkey).0), log: None }
}

/// The challenge that follows a right passphrase.
async fn asked_too(vault: &Vault) -> PasskeyAsked {
    let finish = shown(vault, "admin", PASSPHRASE).await;
    let answer = vault.post("/v1/login/finish", "", &finish).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert!(!answer.headers.contains_key(SET_COOKIE), "there is no session");
    serde_json::from_slice::<LoginPasskey>(&answer.body).unwrap().passkey
}

/// The challenge for anybody.
async fn asked(vault: &Vault) -> PasskeyAsked {
    vault.post_text("/v1/login/passkey/start", "", String::new()).await.json()
}

fn answer(passkey: &mut Authenticator, asked: &PasskeyAsked) -> PasskeyAnswer {
    sent(passkey.sign(&asked.challenge.0, ADMIN_ORIGIN))
}

fn sent(answer: authenticator::Answer) -> PasskeyAnswer {
    PasskeyAnswer {
        credential: B64u(answer.credential),
        client_data: B64u(answer.client_data),
        authenticator_data: B64u(answer.authenticator_data),
        signature: B64u(answer.signature),
    }
}

async fn second(vault: &Vault, answer: &PasskeyAnswer) -> Answer {
    vault.post("/v1/login/passkey", "", answer).await
}

async fn alone(vault: &Vault, answer: &PasskeyAnswer) -> Answer {
    vault.post("/v1/login/passkey/finish", "", answer).await
}

#[tokio::test]
async fn a_passkey_is_asked_for_after_the_passphrase() {
    let (vault, _identity) = with_identity().await;
    let token = vault.sign_in().await;
    assert!(list(&vault, &token).await.is_empty());
    let mut passkey = add(&vault, &token, None).await;
    let [kept] = list(&vault, &token).await.try_into().unwrap();
    assert_eq!((kept.name.as_str(), kept.made.as_str()), ("Laptop", "2026-11-21T00:00:00Z"));
    assert_eq!((kept.id.0, kept.unlocks, kept.last_used), (id(&passkey).0, false, None));

    let asked = asked_too(&vault).await;
    assert_eq!((asked.rp_id.as_str(), asked.expires_in), ("localhost", 300));
    assert_eq!(asked.credentials, [B64u(passkey.credential.clone())]);
    let answered = answer(&mut passkey, &asked);
    let signed_in = second(&vault, &answered).await;
    assert_eq!(signed_in.json::<LoginFinished>().expires_in, 900);
    let again = signed_in.token();
    assert_eq!(list(&vault, &again).await[0].last_used.as_deref(), Some("2026-11-21T00:00:00Z"));
    // Once; and without the passphrase it signs nobody in
    assert_eq!(second(&vault, &answered).await.problem(), P::SignInFailed);
    let free = self::asked(&vault).await;
    assert!(free.credentials.is_empty());
    assert_eq!(second(&vault, &answer(&mut passkey, &free)).await.problem(), P::SignInFailed);
    let free = self::asked(&vault).await;
    assert_eq!(alone(&vault, &answer(&mut passkey, &free)).await.problem(), P::PasskeyNeedsPassphrase);

    assert!(vault.post("/v1/passkeys/remove", &again, &removal(&passkey)).await.json::<Recorded>().log.is_none());
    assert_eq!(vault.post("/v1/passkeys/remove", &again, &removal(&passkey)).await.problem(), P::UnknownPasskey);
    assert!(vault.try_sign_in("admin", PASSPHRASE).await.is_some(), "the passphrase is enough again");
}

#[tokio::test]
async fn a_passkey_that_unlocks_signs_in_alone() {
    let (vault, identity) = with_identity().await;
    let token = vault.sign_in().await;
    let mut passkey = add(&vault, &token, Some(&identity)).await;
    assert!(list(&vault, &token).await[0].unlocks);
    let asked = asked(&vault).await;
    let signed_in = alone(&vault, &answer(&mut passkey, &asked)).await;
    let finished: PasskeyLoginFinished = signed_in.json();
    assert_eq!((finished.user.as_str(), finished.expires_in, finished.lock_after), ("admin", 900, 600));
    let wrapped = WrappedIdentity::parse(&finished.wrapped.0).unwrap();
    let unlocked = wrapped.unwrap(&site(), &identity.id(), &Unlock::Passkey(&PRF)).unwrap();
    assert_eq!(unlocked.public(), identity.public());
    // What a passkey unlocks is handed out to who shows it
    let kept: OwnIdentity = vault.get("/v1/identity", &signed_in.token()).await.json();
    let methods: Vec<_> = kept.identity.unwrap().wrapped.into_iter().map(|way| way.method).collect();
    assert_eq!(methods, ["login"]);
    let too = asked_too(&vault).await;
    assert_eq!(
        second(&vault, &answer(&mut passkey, &too)).await.status,
        StatusCode::OK,
        "it is a second factor as well"
    );
}

#[tokio::test]
async fn a_passkey_is_added_with_the_passphrase_in_time_and_in_its_session() {
    let (vault, identity) = with_identity().await;
    let (token, other) = (vault.sign_in().await, vault.sign_in().await);
    let passkey = Authenticator::ed25519("localhost");
    let mut wrong = shown(&vault, "admin", PASSPHRASE).await;
    wrong.message.0[0] ^= 1;
    let start = PasskeyStart { login: wrong.login, message: wrong.message };
    assert_eq!(vault.post("/v1/passkeys/start", &token, &start).await.problem(), P::SignInFailed);

    let finish = |request: PasskeyFinish, token: String| {
        let vault = &vault;
        async move { vault.post("/v1/passkeys/finish", &token, &request).await }
    };
    let never = PasskeyStarted { challenge: B64u(vec![3; 32]), ..begun(&vault, &token).await };
    assert_eq!(finish(made(&passkey, &never, None), token.clone()).await.problem(), P::PasskeyNotBegun);
    let started = begun(&vault, &token).await;
    assert_eq!((started.user.0.as_slice(), started.rp_id.as_str()), (&identity.id().as_bytes()[..], "localhost"));
    assert_eq!(finish(made(&passkey, &started, None), other).await.problem(), P::PasskeyNotBegun);
    assert_eq!(finish(made(&passkey, &started, None), token.clone()).await.problem(), P::PasskeyNotBegun, "used up");
    let started = begun(&vault, &token).await;
    vault.clock.set(NOW.plus(300));
    assert_eq!(finish(made(&passkey, &started, None), token.clone()).await.problem(), P::PasskeyNotBegun);
    // What signs in adds none
    let free = asked(&vault).await;
    let free = PasskeyStarted { challenge: free.challenge, ..begun(&vault, &token).await };
    assert_eq!(finish(made(&passkey, &free, None), token.clone()).await.problem(), P::PasskeyNotBegun);

    let foreign = crate::identity::identity();
    let by_login = B64u(identity.wrap(&Unlock::Login(&[1; 64]), &mut rng()).unwrap().to_bytes());
    let started = begun(&vault, &token).await;
    let good = made(&passkey, &started, Some(&identity));
    for (bad, pointer) in [
        (made(&passkey, &started, Some(&foreign)), "/wrapped"),
        (PasskeyFinish { wrapped: Some(by_login), ..good.clone() }, "/wrapped"),
        (PasskeyFinish { name: " Laptop".into(), ..good.clone() }, "/name"),
        (PasskeyFinish { client_data: B64u(b"{}".to_vec()), ..good.clone() }, "/client_data"),
    ] {
        let answer = finish(bad, token.clone()).await;
        assert_eq!((answer.problem(), answer.pointer().as_deref()), (P::MalformedMember, Some(pointer)));
    }
    finish(good.clone(), token.clone()).await.json::<Recorded>();
    // Made elsewhere, or without asking who is there
    let mut elsewhere = Authenticator::ed25519("shop.example");
    let mut unasked = Authenticator::ed25519("localhost");
    unasked.flags = 1;
    for passkey in [&mut elsewhere, &mut unasked] {
        let started = begun(&vault, &token).await;
        assert_eq!(finish(made(passkey, &started, None), token.clone()).await.problem(), P::PasskeyRefused);
    }
    let started = begun(&vault, &token).await;
    assert_eq!(started.credentials, [B64u(passkey.credential.clone())]);
    let twice = finish(made(&passkey, &started, None), token.clone()).await;
    assert_eq!(twice.problem(), P::PasskeyNotAdded);
    assert_eq!(list(&vault, &token).await.len(), 1);
}

#[tokio::test]
async fn an_admin_has_eight_passkeys_at_most() {
    let (vault, _identity) = with_identity().await;
    let token = vault.sign_in().await;
    for number in 0..8 {
        // Ten tries of a name at once
        vault.clock.set(NOW.plus(60 * number));
        add(&vault, &token, None).await;
    }
    vault.clock.set(NOW.plus(600));
    let LoginFinish { login, message } = shown(&vault, "admin", PASSPHRASE).await;
    let ninth = vault.post("/v1/passkeys/start", &token, &PasskeyStart { login, message }).await;
    assert_eq!(ninth.problem(), P::PasskeyNotAdded);
}

#[tokio::test]
async fn what_is_replayed_copied_foreign_or_removed_signs_nobody_in() {
    let (vault, identity) = with_identity().await;
    let token = vault.sign_in().await;
    let mut passkey = add(&vault, &token, Some(&identity)).await;
    // Another page, another party, nobody asked, another challenge, another's key under this credential id
    let mut elsewhere = Authenticator::ed25519("localhost");
    elsewhere.credential = passkey.credential.clone();
    let mut bad = Vec::new();
    for case in 0..6 {
        // Ten at once, and one more every 30 seconds
        vault.clock.set(NOW.plus(30 * case));
        let asked = asked(&vault).await;
        let answer = match case {
            0 => passkey.sign(&asked.challenge.0, "http://localhost:4801"),
            1 => passkey.sign_on(authenticator::client_data("webauthn.create", &asked.challenge.0, ADMIN_ORIGIN)),
            2 => elsewhere.sign(&asked.challenge.0, ADMIN_ORIGIN),
            3 => passkey.sign(&[1; 32], ADMIN_ORIGIN),
            4 => {
                passkey.party = "shop.example".into();
                let answer = passkey.sign(&asked.challenge.0, ADMIN_ORIGIN);
                passkey.party = "localhost".into();
                answer
            }
            _ => {
                passkey.flags = 1;
                let answer = passkey.sign(&asked.challenge.0, ADMIN_ORIGIN);
                passkey.flags = authenticator::VERIFIED;
                answer
            }
        };
        bad.push(sent(answer));
    }
    for answer in &bad {
        let refused = alone(&vault, answer).await;
        assert_eq!((refused.status, refused.problem()), (StatusCode::UNAUTHORIZED, P::SignInFailed));
        assert!(!refused.headers.contains_key(SET_COOKIE));
    }
    // An unknown passkey is answered like a wrong one
    let unknown = asked(&vault).await;
    let unknown = alone(&vault, &answer(&mut Authenticator::p256("localhost"), &unknown)).await;
    let wrong = asked(&vault).await;
    let wrong = alone(&vault, &PasskeyAnswer { signature: B64u(vec![0; 64]), ..answer(&mut passkey, &wrong) }).await;
    assert_eq!((unknown.status, &unknown.body), (wrong.status, &wrong.body));
    // The challenge is used up by the first answer, good or bad, and is forgotten
    let once = asked(&vault).await;
    let good = answer(&mut passkey, &once);
    assert_eq!(alone(&vault, &good).await.status, StatusCode::OK);
    assert_eq!(alone(&vault, &good).await.problem(), P::SignInFailed);
    let late = asked(&vault).await;
    vault.clock.set(NOW.plus(600));
    assert_eq!(alone(&vault, &answer(&mut passkey, &late)).await.problem(), P::SignInFailed);
    // A copy counts on from where it was made
    passkey.count = 7;
    let first = asked(&vault).await;
    assert_eq!(alone(&vault, &answer(&mut passkey, &first)).await.status, StatusCode::OK);
    passkey.count = 7;
    let copy = asked(&vault).await;
    assert_eq!(alone(&vault, &answer(&mut passkey, &copy)).await.problem(), P::SignInFailed);
    passkey.count = 8;
    let next = asked(&vault).await;
    let signed_in = alone(&vault, &answer(&mut passkey, &next)).await;
    // Removed between question and answer
    let removed = asked(&vault).await;
    vault.post("/v1/passkeys/remove", &signed_in.token(), &removal(&passkey)).await.json::<Recorded>();
    assert_eq!(alone(&vault, &answer(&mut passkey, &removed)).await.problem(), P::SignInFailed);
}

#[tokio::test]
async fn a_passkey_is_good_for_its_own_admin_only() {
    let (vault, _identity) = with_identity().await;
    let token = vault.sign_in().await;
    let mut annas = add(&vault, &token, None).await;
    setup::create_admin(&vault.store, &vault.login, "ben", PASSPHRASE.as_bytes(), &STRETCH, NOW).await.unwrap();
    let ben = vault.try_sign_in("ben", PASSPHRASE).await.unwrap();
    assert!(list(&vault, &ben).await.is_empty());
    assert_eq!(vault.post("/v1/passkeys/remove", &ben, &removal(&annas)).await.problem(), P::UnknownPasskey);
    // Ben's passkey in the place of hers: put there by who edits the database
    let mut bens = Authenticator::p256("localhost");
    let row = "INSERT INTO passkey (passkey_id, admin, rp_id, credential, public_key, sign_count, name, made, last_used) \
               VALUES ($1, 'ben', 'localhost', $2, $3, 0, 'x', 1, 0)";
    let row = sqlx::query(row).bind(id(&bens).0.to_vec()).bind(bens.credential.clone()).bind(bens.cose_key());
    row.execute(&mut vault.raw().await).await.unwrap();
    let asked = asked_too(&vault).await;
    assert_eq!(second(&vault, &answer(&mut bens, &asked)).await.problem(), P::SignInFailed);
    assert_eq!(second(&vault, &answer(&mut annas, &asked)).await.problem(), P::SignInFailed, "used up");
    let asked = asked_too(&vault).await;
    assert_eq!(second(&vault, &answer(&mut annas, &asked)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_passphrase_is_changed_and_a_kit_used_with_a_passkey_that_unlocks_nothing() {
    let (vault, identity) = with_identity().await;
    let token = vault.sign_in().await;
    let mut passkey = add(&vault, &token, None).await;
    let code = crate::recovery::make(&vault, &token, &identity).await;
    let LoginFinish { login, message } = shown(&vault, "admin", PASSPHRASE).await;
    let next = "an entirely other passphrase";
    let (client, request) = ClientRegistration::start(next.as_bytes()).unwrap();
    let reply: PassphraseStarted =
        vault.post("/v1/passphrase/start", &token, &PassphraseStart { message: B64u(request) }).await.json();
    let done = client.finish(&reply.message.0, &STRETCH).unwrap();
    let wrapped = B64u(identity.wrap(&Unlock::Login(&done.export_key), &mut rng()).unwrap().to_bytes());
    let change = PassphraseFinish { login, message, registration: B64u(done.message), wrapped };
    vault.taken("/v1/passphrase/finish", &token, &change).await;
    let finish = shown(&vault, "admin", next).await;
    let answered = vault.post("/v1/login/finish", "", &finish).await;
    let asked = serde_json::from_slice::<LoginPasskey>(&answered.body).unwrap().passkey;
    assert_eq!(second(&vault, &answer(&mut passkey, &asked)).await.status, StatusCode::OK);
    // Lost: the kit's code is the way back, and takes the passkeys with it
    let recovered: RecoveryFinished = recovered(&vault, &code).await.json();
    let renewal = renewal(&vault, &recovered.recovery, &identity).await;
    vault.post("/v1/recovery/passphrase/finish", "", &renewal).await.json::<Recorded>();
    let again = vault.try_sign_in("admin", crate::recovery::NEW).await.unwrap();
    assert!(list(&vault, &again).await.is_empty());
}

#[tokio::test]
async fn sign_ins_by_passkey_are_limited_apart_from_those_of_names() {
    let vault = Vault::new().await;
    for number in 0..11 {
        let answer = vault.post_text("/v1/login/passkey/start", "", String::new()).await;
        assert_eq!(answer.status == StatusCode::OK, number < 10, "{number}");
    }
    assert!(vault.try_sign_in("admin", PASSPHRASE).await.is_some());
}

#[tokio::test]
async fn where_a_log_is_kept_passkeys_and_failures_are_in_it() {
    let audited = Audited::signed_in().await;
    let (vault, anna, token) = (&audited.vault, &audited.anna, audited.token.as_str());
    let mut passkey = Authenticator::p256("localhost");
    let change = |change| audited.sign(Action::PasskeyChange { passkey: id(&passkey), change });
    let entries = [change(PasskeyChange::Added)];
    let other = Action::PasskeyChange { passkey: PasskeyId([1; 16]), change: PasskeyChange::Added };
    let others = [audited.sign(other)];
    let removed = [change(PasskeyChange::Removed)];
    let with =
        |request: PasskeyFinish, entries: &[SaltedEntry]| PasskeyFinish { log: Some(to_log(entries)), ..request };
    let before = vault.checkpoint(token).await.size;
    for (entries, problem) in
        [(&[][..], P::LogEntryRefused), (&others, P::LogEntryRefused), (&removed, P::LogEntryRefused)]
    {
        let started = begun(vault, token).await;
        let answer = vault.post("/v1/passkeys/finish", token, &with(made(&passkey, &started, None), entries)).await;
        assert_eq!(answer.problem(), problem);
    }
    let started = begun(vault, token).await;
    let unsigned = vault.post("/v1/passkeys/finish", token, &made(&passkey, &started, None)).await;
    assert_eq!(unsigned.problem(), P::LogEntryRequired);
    assert_eq!((vault.checkpoint(token).await.size, list(vault, token).await.len()), (before, 0));
    let started = begun(vault, token).await;
    let request = with(made(&passkey, &started, Some(anna)), &entries);
    let recorded: Recorded = vault.post("/v1/passkeys/finish", token, &request).await.json();
    assert_eq!(verified(&recorded.log.unwrap(), &entries), before);

    // A wrong answer after the passphrase, none at all, a wrong one alone, and one of nobody's passkey
    let asked = asked_too(vault).await;
    let wrong = PasskeyAnswer { signature: B64u(vec![1; 70]), ..answer(&mut passkey, &asked) };
    assert_eq!(second(vault, &wrong).await.problem(), P::SignInFailed);
    assert_eq!(vault.checkpoint(token).await.size, before + 2);
    asked_too(vault).await;
    vault.clock.set(NOW.plus(300));
    let free = self::asked(vault).await;
    assert_eq!(vault.checkpoint(token).await.size, before + 3);
    assert_eq!(alone(vault, &answer(&mut Authenticator::p256("localhost"), &free)).await.problem(), P::SignInFailed);
    assert_eq!(vault.checkpoint(token).await.size, before + 4);
    let never = PasskeyAsked { challenge: B64u(vec![0; 32]), ..free };
    assert_eq!(alone(vault, &answer(&mut passkey, &never)).await.problem(), P::SignInFailed);
    assert_eq!(vault.checkpoint(token).await.size, before + 4, "any stranger can name a challenge");
    vault.clock.set(NOW);

    let removal = removal(&passkey);
    assert_eq!(vault.post("/v1/passkeys/remove", token, &removal).await.problem(), P::LogEntryRequired);
    let signed = PasskeyRemove { log: Some(to_log(&removed)), ..removal.clone() };
    let recorded: Recorded = vault.post("/v1/passkeys/remove", token, &signed).await.json();
    assert_eq!(verified(&recorded.log.unwrap(), &removed), before + 4);
}

#[tokio::test]
async fn everything_about_ones_passkeys_needs_a_session() {
    let (vault, _identity) = with_identity().await;
    assert_eq!(vault.get("/v1/passkeys", "").await.problem(), P::SignInRequired);
    for path in ["/v1/passkeys/start", "/v1/passkeys/finish", "/v1/passkeys/remove"] {
        assert_eq!(vault.post_text(path, "", "{}".into()).await.problem(), P::SignInRequired);
    }
}
