//! Sign-in, sessions, and what somebody without a passphrase learns.

use axum::http::{StatusCode, header};
use nightsafe_login::ClientLogin;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::login::{LoginFinish, LoginStart, LoginStarted};
use nightsafe_proto::wire::B64u;

use crate::fixture::{Answer, NOW, STRETCH, Vault};

async fn start(vault: &Vault, user: &str) -> (ClientLogin, Answer) {
    let (client, message) = ClientLogin::start(b"some passphrase").unwrap();
    let start = LoginStart { user: user.into(), message: B64u(message) };
    (client, vault.post("/v1/login/start", "", &start).await)
}

#[tokio::test]
async fn a_wrong_passphrase_gives_no_token() {
    let vault = Vault::new().await;
    assert_eq!(vault.try_sign_in("admin", "wrong").await, None);
    assert_eq!(vault.try_sign_in("nobody", crate::fixture::PASSPHRASE).await, None);
    // A client that goes on all the same is refused by the vault
    for user in ["admin", "nobody"] {
        let (_, answer) = start(&vault, user).await;
        let started: LoginStarted = answer.json();
        let finish = LoginFinish { login: started.login.clone(), message: B64u(vec![7; 64]) };
        let refused = vault.post("/v1/login/finish", "", &finish).await;
        assert_eq!((refused.status, refused.problem()), (StatusCode::UNAUTHORIZED, ProblemType::SignInFailed));
    }
}

#[tokio::test]
async fn an_unknown_user_gets_answers_of_the_same_shape() {
    let vault = Vault::new().await;
    let (_, known) = start(&vault, "admin").await;
    let (client, unknown) = start(&vault, "nobody").await;
    assert_eq!((known.status, known.body.len()), (unknown.status, unknown.body.len()));
    assert_eq!(known.headers.len(), unknown.headers.len());
    let started: LoginStarted = unknown.json();
    assert!(client.finish(&started.message.0, &STRETCH).is_err());

    // Finishing: an unknown login and a wrong message are one answer
    let finish = |login: B64u| LoginFinish { login, message: B64u(vec![7; 64]) };
    let wrong = vault.post("/v1/login/finish", "", &finish(started.login)).await;
    for other in [B64u(vec![0; 16]), B64u(vec![0; 3])] {
        let unknown = vault.post("/v1/login/finish", "", &finish(other)).await;
        assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
    }
}

#[tokio::test]
async fn a_login_is_finished_once_and_in_time() {
    let vault = Vault::new().await;
    let attempt = async |late: u64, again: bool| {
        let (client, message) = ClientLogin::start(crate::fixture::PASSPHRASE.as_bytes()).unwrap();
        let start = LoginStart { user: "admin".into(), message: B64u(message) };
        let started: LoginStarted = vault.post("/v1/login/start", "", &start).await.json();
        let done = client.finish(&started.message.0, &STRETCH).unwrap();
        let finish = LoginFinish { login: started.login, message: B64u(done.message) };
        vault.clock.set(NOW.plus(late));
        let first = vault.post("/v1/login/finish", "", &finish).await.status;
        vault.clock.set(NOW);
        if again { vault.post("/v1/login/finish", "", &finish).await.status } else { first }
    };
    assert_eq!(attempt(119, false).await, StatusCode::OK);
    assert_eq!(attempt(120, false).await, StatusCode::UNAUTHORIZED);
    assert_eq!(attempt(0, true).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn attempts_are_limited_for_names_that_exist_and_names_that_do_not() {
    let vault = Vault::new().await;
    for user in ["admin", "nobody"] {
        for _ in 0..10 {
            assert_eq!(start(&vault, user).await.1.status, StatusCode::OK);
        }
        let refused = start(&vault, user).await.1;
        assert_eq!(refused.problem(), ProblemType::RateLimited);
        assert!(refused.headers.contains_key(header::RETRY_AFTER));
    }
    vault.clock.set(NOW.plus(30));
    assert_eq!(start(&vault, "admin").await.1.status, StatusCode::OK);
    assert_eq!(start(&vault, "admin").await.1.problem(), ProblemType::RateLimited);
    // All names together
    let mut admitted = 0;
    for number in 0..200 {
        admitted += u32::from(start(&vault, &format!("user-{number}")).await.1.status == StatusCode::OK);
    }
    assert!(admitted <= 60, "{admitted}");
}

#[tokio::test]
async fn a_session_ends_when_idle_when_old_and_when_asked() {
    let vault = Vault::new().await;
    let token = vault.sign_in().await;
    let is_on = async |token: &str, at: u64| {
        vault.clock.set(NOW.plus(at));
        let answer = vault.get("/v1/manifests", token).await;
        if answer.status != StatusCode::OK {
            assert_eq!(answer.problem(), ProblemType::SignInRequired);
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Cookie");
        }
        answer.status == StatusCode::OK
    };
    assert!(is_on(&token, 899).await);
    assert!(is_on(&token, 899 + 899).await);
    assert!(!is_on(&token, 899 + 899 + 900).await);

    vault.clock.set(NOW);
    let token = vault.sign_in().await;
    let day = 12 * 3600;
    for at in (600..day).step_by(600) {
        assert!(is_on(&token, at).await);
    }
    assert!(!is_on(&token, day).await);

    vault.clock.set(NOW);
    let token = vault.sign_in().await;
    assert_eq!(vault.post_text("/v1/logout", &token, String::new()).await.status, StatusCode::NO_CONTENT);
    assert!(!is_on(&token, 0).await);
    assert_eq!(vault.post_text("/v1/logout", &token, String::new()).await.problem(), ProblemType::SignInRequired);
}

#[tokio::test]
async fn the_database_holds_the_hash_of_a_token_only() {
    use sha2::{Digest, Sha256};
    let vault = Vault::new().await;
    let token = crate::fixture::bytes(&vault.sign_in().await);
    let kept: Vec<u8> =
        sqlx::query_scalar("SELECT token_hash FROM session").fetch_one(&mut vault.raw().await).await.unwrap();
    assert_eq!(kept, Sha256::digest(&token).to_vec());
}

#[tokio::test]
async fn malformed_messages_are_problems() {
    let vault = Vault::new().await;
    let start = |user: &str, message: Vec<u8>| LoginStart { user: user.into(), message: B64u(message) };
    for request in [start("admin", vec![]), start("admin", vec![0xff; 96]), start("", vec![]), start("a\nb", vec![])] {
        assert_eq!(vault.post("/v1/login/start", "", &request).await.problem(), ProblemType::MalformedMember);
    }
    for text in ["", "{}", "[]", r#"{"user":"a","message":"!"}"#, r#"{"user":"a","message":"","x":1}"#] {
        assert_eq!(vault.post_text("/v1/login/start", "", text.into()).await.problem(), ProblemType::MalformedJson);
    }
    let long = format!(r#"{{"user":"{}","message":""}}"#, "a".repeat(5000));
    assert_eq!(vault.post_text("/v1/login/start", "", long).await.problem(), ProblemType::BodyTooLarge);
}
