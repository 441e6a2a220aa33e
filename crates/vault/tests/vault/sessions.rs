//! Sessions: what each part of one is worth alone, whose requests are answered, going on after a reload, ending them.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, StatusCode, header};
use nightsafe_core::identity::{Identity, IdentityError, Unlock, WrappedIdentity};
use nightsafe_core::session::TabHalf;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::TAB_HEADER;
use nightsafe_proto::vault::log::Recorded;
use nightsafe_proto::vault::session::{EndOthers, EndSession, Resumed, SessionIdentity, Sessions, Settings};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_vault::setup;

use crate::fixture::{ADMIN_ORIGIN, Answer, NOW, PASSPHRASE, STRETCH, Vault, request, rng, site, tab, tab_half};
use crate::identity::{identity, kept};

const ROW: [u8; 32] = [9; 32];

/// What a tab has the vault keep.
fn wrapped(identity: &Identity) -> SessionIdentity {
    let tab = tab_half();
    let wrapped = identity.wrap(&Unlock::Session { tab: tab.as_bytes(), row: &ROW }, &mut rng()).unwrap();
    SessionIdentity { half: Hex(ROW), wrapped: B64u(wrapped.to_bytes()) }
}

/// A vault at which an admin with an identity has signed in, and has had it kept for the session.
async fn kept_session() -> (Vault, String, Identity) {
    let vault = Vault::new().await;
    let token = vault.sign_in().await;
    let identity = identity();
    vault.taken("/v1/identity", &token, &kept(&identity)).await;
    vault.taken("/v1/session/identity", &token, &wrapped(&identity)).await;
    (vault, token, identity)
}

async fn resume(vault: &Vault, token: &str) -> Answer {
    vault.post_text("/v1/session/resume", token, String::new()).await
}

async fn with_header(vault: &Vault, token: &str, name: HeaderName, value: Option<&str>) -> Answer {
    let mut request = request("POST", "/v1/session/resume", token).body(Body::empty()).unwrap();
    request.headers_mut().remove(&name);
    if let Some(value) = value {
        request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    }
    vault.send(request).await
}

#[tokio::test]
async fn a_reload_gets_back_what_the_tab_unlocks_the_identity_with() {
    let (vault, token, identity) = kept_session().await;
    let resumed: Resumed = resume(&vault, &token).await.json();
    assert_eq!((resumed.user.as_str(), resumed.expires_in, resumed.lock_after), ("admin", 900, 600));
    let kept = resumed.identity.unwrap();
    let read = WrappedIdentity::parse(&kept.wrapped.0).unwrap();
    assert_ne!(tab_half().as_bytes(), &[0; 32]);
    let unlock = |tab: &[u8; 32], row: &[u8; 32]| read.unwrap(&site(), &identity.id(), &Unlock::Session { tab, row });
    assert_eq!(unlock(tab_half().as_bytes(), &kept.half.0).unwrap().public(), identity.public());
    // The row alone, whoever has the database: its half, its hashes, everything that it holds, and what a request shows
    let proof: [u8; 32] = crate::fixture::bytes(&tab().to_text()).try_into().unwrap();
    for other in [[0; 32], kept.half.0, tab().hash(), proof] {
        assert_eq!(unlock(&other, &kept.half.0).unwrap_err(), IdentityError::Unwrap);
    }
}

#[tokio::test]
async fn neither_a_stolen_cookie_nor_a_stolen_tab_gets_anything() {
    let (vault, token, _) = kept_session().await;
    let tab = HeaderName::from_static(TAB_HEADER);
    // The cookie, under any name, with no tab or another one
    let other = TabHalf::generate(&mut rng()).proof(&site());
    let renamed = format!("{}={token}", other.cookie());
    for (name, value) in [
        (tab.clone(), None),
        (tab.clone(), Some("")),
        (tab.clone(), Some("AAAA")),
        (tab.clone(), Some(other.to_text().as_str())),
        // The tab, with no cookie, another token, or another session's cookie
        (header::COOKIE, None),
        (header::COOKIE, Some(renamed.as_str())),
        (header::COOKIE, Some("__Host-nightsafe=x")),
    ] {
        assert_eq!(
            with_header(&vault, &token, name.clone(), value).await.problem(),
            ProblemType::SignInRequired,
            "{name}"
        );
    }
    // Both halves of two sessions: the cookie of this one under the other tab's name, with the other tab's proof
    let mut mixed = request("POST", "/v1/session/resume", "").body(Body::empty()).unwrap();
    mixed.headers_mut().insert(tab.clone(), HeaderValue::from_str(&other.to_text()).unwrap());
    mixed.headers_mut().insert(header::COOKIE, HeaderValue::from_str(&renamed).unwrap());
    assert_eq!(vault.send(mixed).await.problem(), ProblemType::SignInRequired);
    assert_eq!(resume(&vault, &token).await.status, StatusCode::OK);

    // Nor does a sign-in without a tab make a session
    let finish = Request::post("/v1/login/finish").header(header::ORIGIN, ADMIN_ORIGIN).body(Body::empty()).unwrap();
    assert_eq!(vault.send(finish).await.problem(), ProblemType::SignInRequired);
}

#[tokio::test]
async fn only_pages_of_the_admin_site_are_answered() {
    let (vault, token, _) = kept_session().await;
    for foreign in [None, Some("null"), Some("http://localhost:4801"), Some("http://localhost:4804.evil.example")] {
        let answer = with_header(&vault, &token, header::ORIGIN, foreign).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::FORBIDDEN, ProblemType::ForeignOrigin));
        assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        let logout = Request::post("/v1/logout").body(Body::empty()).unwrap();
        assert_eq!(vault.send(logout).await.problem(), ProblemType::ForeignOrigin);
    }
    // Before anybody has signed in, too: nobody is signed in by another page
    let start = Request::post("/v1/login/start").header(header::CONTENT_TYPE, "application/json");
    let start = start.header(header::ORIGIN, "http://localhost:4801").body(Body::from("{}")).unwrap();
    assert_eq!(vault.send(start).await.problem(), ProblemType::ForeignOrigin);
    assert_eq!(resume(&vault, &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_was_kept_ends_with_the_admins_own_time_with_sign_out_and_with_the_limits() {
    let (vault, token, identity) = kept_session().await;
    let again = async || {
        vault.clock.set(NOW);
        let token = vault.sign_in().await;
        vault.taken("/v1/session/identity", &token, &wrapped(&identity)).await;
        token
    };
    let gone = async |token: &str| {
        assert_eq!(resume(&vault, token).await.problem(), ProblemType::SignInRequired);
        // Not only kept back: the row is gone
        let left: i64 =
            sqlx::query_scalar("SELECT count(*) FROM session").fetch_one(&mut vault.raw().await).await.unwrap();
        assert_eq!(left, 0);
    };
    vault.clock.set(NOW.plus(600));
    gone(&token).await;

    let token = again().await;
    vault.taken("/v1/settings", &token, &Settings { lock_after: 60 }).await;
    vault.clock.set(NOW.plus(59));
    assert_eq!(resume(&vault, &token).await.json::<Resumed>().lock_after, 60);
    // Somebody is at the page, which asks for nothing
    for at in [59 + 59, 59 + 2 * 59] {
        vault.clock.set(NOW.plus(at));
        let used = vault.post_text("/v1/session/use", &token, String::new()).await;
        assert_eq!(used.status, StatusCode::NO_CONTENT);
    }
    vault.clock.set(NOW.plus(59 + 2 * 59 + 60));
    gone(&token).await;

    let token = again().await;
    let out = vault.post_text("/v1/logout", &token, String::new()).await;
    let taken = out.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(taken.starts_with(&format!("{}=; Path=/; Max-Age=0; ", tab().cookie())), "{taken}");
    gone(&token).await;

    let token = again().await;
    vault.clock.set(NOW.plus(12 * 3600));
    assert_eq!(resume(&vault, &token).await.problem(), ProblemType::SignInRequired);
}

#[tokio::test]
async fn settings_stay_within_the_vaults_limit() {
    let vault = Vault::new().await;
    let token = vault.sign_in().await;
    for lock_after in [0, 59, 901, u64::MAX] {
        let refused = vault.post("/v1/settings", &token, &Settings { lock_after }).await;
        assert_eq!(
            (refused.problem(), refused.pointer().as_deref()),
            (ProblemType::MalformedMember, Some("/lock_after"))
        );
    }
    for lock_after in [60, 900] {
        vault.taken("/v1/settings", &token, &Settings { lock_after }).await;
        assert_eq!(resume(&vault, &token).await.json::<Resumed>().lock_after, lock_after);
    }
    // What was set when the vault's limit was a longer one
    vault.store.set_lock_after("admin", 3000).await.unwrap();
    assert_eq!(resume(&vault, &token).await.json::<Resumed>().lock_after, 900);
}

#[tokio::test]
async fn only_ones_own_identity_is_kept_and_only_for_sessions() {
    let (vault, token, own) = kept_session().await;
    let login = B64u(own.wrap(&Unlock::Login(&[7; 64]), &mut rng()).unwrap().to_bytes());
    for wrapped in [wrapped(&identity()).wrapped, login, B64u(vec![0; 300])] {
        let answer = vault.post("/v1/session/identity", &token, &SessionIdentity { half: Hex(ROW), wrapped }).await;
        assert_eq!((answer.problem(), answer.pointer().as_deref()), (ProblemType::MalformedMember, Some("/wrapped")));
    }
    assert!(resume(&vault, &token).await.json::<Resumed>().identity.is_some());
}

#[tokio::test]
async fn an_admin_sees_and_ends_his_own_sessions() {
    let vault = Vault::new().await;
    setup::create_admin(&vault.store, &vault.login, "ben", PASSPHRASE.as_bytes(), &STRETCH, NOW).await.unwrap();
    let ben = vault.try_sign_in("ben", PASSPHRASE).await.unwrap();
    let (one, other) = (vault.sign_in().await, vault.sign_in().await);
    vault.clock.set(NOW.plus(5));
    let listed = async |token: &str| vault.get("/v1/sessions", token).await.json::<Sessions>().sessions;
    let sessions = listed(&one).await;
    let seen: Vec<_> = sessions.iter().map(|one| (one.own, one.started.as_str(), one.last_used.as_str())).collect();
    let (now, then) = (NOW.to_text(), NOW.plus(5).to_text());
    assert_eq!(seen, [(true, now.as_str(), then.as_str()), (false, &now, &now)]);

    // Not Ben's, whatever one knows of them
    let bens = listed(&ben).await[0].id;
    vault.post("/v1/sessions/end", &one, &EndSession { id: bens, log: None }).await.json::<Recorded>();
    assert_eq!(listed(&ben).await.len(), 1);
    vault.post("/v1/sessions/end", &one, &EndSession { id: sessions[1].id, log: None }).await.json::<Recorded>();
    assert_eq!(vault.get("/v1/sessions", &other).await.problem(), ProblemType::SignInRequired);

    let others = [vault.sign_in().await, vault.sign_in().await];
    assert_eq!(listed(&one).await.len(), 3);
    vault.post("/v1/sessions/end-others", &one, &EndOthers::default()).await.json::<Recorded>();
    assert_eq!(listed(&one).await.len(), 1);
    for other in others {
        assert_eq!(vault.get("/v1/sessions", &other).await.problem(), ProblemType::SignInRequired);
    }
    assert_eq!(listed(&ben).await.len(), 1);
}
