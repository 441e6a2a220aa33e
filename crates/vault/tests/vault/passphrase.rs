//! A new passphrase: needs the old one, wraps the same identity, ends all other sessions.

use nightsafe_core::identity::{Identity, Unlock, WrappedIdentity};
use nightsafe_login::{ClientLogin, ClientRegistration};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::identity::OwnIdentity;
use nightsafe_proto::vault::login::{LoginStart, LoginStarted};
use nightsafe_proto::vault::passphrase::{PassphraseFinish, PassphraseStart, PassphraseStarted};
use nightsafe_proto::wire::B64u;
use nightsafe_vault::{export_key, setup};

use crate::fixture::{PASSPHRASE, STRETCH, Vault, rng, site};

const NEW: &str = "entirely other words";

/// A vault whose admin has an identity, as it is with every new site.
async fn vault() -> (Vault, Identity) {
    let vault = Vault::new().await;
    let record = vault.store.admin_record("admin").await.unwrap().unwrap();
    let key = export_key(&vault.login, "admin", &record, PASSPHRASE.as_bytes(), &STRETCH).unwrap();
    let identity = Identity::generate(&site(), &mut rng()).unwrap();
    setup::add_identity(&vault.store, "admin", &identity, &key, &mut rng()).await.unwrap();
    (vault, identity)
}

/// What a browser sends at the end, proving that it knows `old`, or that it does not.
async fn finish(vault: &Vault, token: &str, old: &str, identity: &Identity) -> PassphraseFinish {
    let (client, message) = ClientLogin::start(PASSPHRASE.as_bytes()).unwrap();
    let start = LoginStart { user: "admin".into(), message: B64u(message) };
    let started: LoginStarted = vault.post("/v1/login/start", "", &start).await.json();
    let mut proof = client.finish(&started.message.0, &STRETCH).unwrap().message;
    if old != PASSPHRASE {
        proof[0] ^= 1;
    }
    let (client, message) = ClientRegistration::start(NEW.as_bytes()).unwrap();
    let start = PassphraseStart { message: B64u(message) };
    let reply: PassphraseStarted = vault.post("/v1/passphrase/start", token, &start).await.json();
    let done = client.finish(&reply.message.0, &STRETCH).unwrap();
    let wrapped = identity.wrap(&Unlock::Login(&done.export_key), &mut rng()).unwrap();
    PassphraseFinish {
        login: started.login,
        message: B64u(proof),
        registration: B64u(done.message),
        wrapped: B64u(wrapped.to_bytes()),
    }
}

#[tokio::test]
async fn the_new_one_signs_in_and_unlocks_the_same_identity() {
    let (vault, identity) = vault().await;
    let (token, elsewhere) = (vault.sign_in().await, vault.sign_in().await);
    vault.taken("/v1/passphrase/finish", &token, &finish(&vault, &token, PASSPHRASE, &identity).await).await;

    assert_eq!(vault.try_sign_in("admin", PASSPHRASE).await, None);
    let again = vault.try_sign_in("admin", NEW).await.unwrap();
    let kept = vault.get("/v1/identity", &again).await.json::<OwnIdentity>().identity.unwrap();
    let record = vault.store.admin_record("admin").await.unwrap().unwrap();
    let key = export_key(&vault.login, "admin", &record, NEW.as_bytes(), &STRETCH).unwrap();
    let wrapped = WrappedIdentity::parse(&kept.wrapped[0].wrapped.0).unwrap();
    let unlocked = wrapped.unwrap(&site(), &identity.id(), &Unlock::Login(&key)).unwrap();
    assert_eq!(unlocked.public(), identity.public());
    // Where it was changed, work goes on; elsewhere it ends
    assert_eq!(vault.get("/v1/identity", &token).await.status, 200);
    assert_eq!(vault.get("/v1/identity", &elsewhere).await.problem(), ProblemType::SignInRequired);
}

#[tokio::test]
async fn without_the_old_one_nothing_changes() {
    let (vault, identity) = vault().await;
    let token = vault.sign_in().await;
    let good = finish(&vault, &token, PASSPHRASE, &identity).await;
    let wrong = finish(&vault, &token, "wrong", &identity).await;
    let unknown = PassphraseFinish { login: B64u(vec![0; 16]), ..good.clone() };
    for bad in [&wrong, &unknown] {
        assert_eq!(vault.post("/v1/passphrase/finish", &token, bad).await.problem(), ProblemType::SignInFailed);
    }
    // A proof is good once: it was used up by nobody yet
    let other = Identity::generate(&site(), &mut rng()).unwrap();
    let foreign = finish(&vault, &token, PASSPHRASE, &other).await;
    let answer = vault.post("/v1/passphrase/finish", &token, &foreign).await;
    assert_eq!((answer.problem(), answer.pointer().as_deref()), (ProblemType::MalformedMember, Some("/wrapped")));
    let mut none = finish(&vault, &token, PASSPHRASE, &identity).await;
    none.registration = B64u(b"none".to_vec());
    let answer = vault.post("/v1/passphrase/finish", &token, &none).await;
    assert_eq!((answer.problem(), answer.pointer().as_deref()), (ProblemType::MalformedMember, Some("/registration")));
    let answer = vault.post("/v1/passphrase/start", &token, &PassphraseStart { message: B64u(b"none".to_vec()) }).await;
    assert_eq!(answer.problem(), ProblemType::MalformedMember);
    assert!(vault.try_sign_in("admin", PASSPHRASE).await.is_some());
    vault.taken("/v1/passphrase/finish", &token, &good).await;
    // And it does not come twice
    assert_eq!(vault.post("/v1/passphrase/finish", &token, &good).await.problem(), ProblemType::SignInFailed);
}

#[tokio::test]
async fn nobody_changes_somebody_elses() {
    let (vault, identity) = vault().await;
    let now = crate::fixture::NOW;
    setup::create_admin(&vault.store, &vault.login, "ben", PASSPHRASE.as_bytes(), &STRETCH, now).await.unwrap();
    let ben = vault.try_sign_in("ben", PASSPHRASE).await.unwrap();
    // With a proof of the admin's own sign-in, even
    let stolen = finish(&vault, &ben, PASSPHRASE, &identity).await;
    assert_eq!(vault.post("/v1/passphrase/finish", &ben, &stolen).await.problem(), ProblemType::SignInFailed);
    assert!(vault.try_sign_in("admin", PASSPHRASE).await.is_some());
}
