//! Invitations at the API: good once and for their time, by who has the token; whoever joins can do nothing yet.

use axum::http::StatusCode;
use nightsafe_core::identity::{PublicIdentity, RecoveryCode, Unlock};
use nightsafe_core::scalar::Site;
use nightsafe_login::{ClientLogin, ClientRegistration};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::identity::{KeptIdentity, KeptWrapped};
use nightsafe_proto::vault::invitation::{Invitations, Invite, JoinFinish, JoinStart, Withdraw};
use nightsafe_proto::vault::login::{LoginFinish, LoginStart, LoginStarted, LoginWaiting};
use nightsafe_proto::wire::{B64u, Hex};
use serde_json::json;

use crate::fixture::{Answer, NOW, STRETCH, Vault, rng};
use crate::identity::kept;
use crate::team::{BEN, Team, b64u, invite, token};

impl Team {
    async fn waiting(&self) -> Invitations {
        self.vault.get("/v1/invitations", &self.token).await.json()
    }

    async fn start(&self, token: B64u) -> Answer {
        let (_, message) = ClientRegistration::start(b"any").unwrap();
        self.vault.post("/v1/invitations/start", "", &JoinStart { token, message: B64u(message) }).await
    }

    /// Both requests of a sign-in, with the vault's last answer.
    async fn sign_in_answer(&self, user: &str, passphrase: &str) -> Answer {
        let (client, message) = ClientLogin::start(passphrase.as_bytes()).unwrap();
        let start = LoginStart { user: user.into(), message: B64u(message) };
        let started: LoginStarted = self.vault.post("/v1/login/start", "", &start).await.json();
        let message = B64u(client.finish(&started.message.0, &STRETCH).unwrap().message);
        self.vault.post("/v1/login/finish", "", &LoginFinish { login: started.login, message }).await
    }
}

#[tokio::test]
async fn somebody_joins_once_and_waits() {
    let (team, token) = (Team::new().await, token());
    team.vault.taken("/v1/invitations", &team.token, &invite("ben", &["admin", "shipping"], &token)).await;
    let listed = team.waiting().await;
    assert!(listed.waiting.is_empty());
    let [open] = listed.open.as_slice() else { panic!() };
    let said = (open.name.as_str(), open.invited_by.as_str(), open.expires.clone());
    assert_eq!(said, ("ben", "admin", NOW.plus(3600).to_text()));
    assert_eq!(open.roles, ["admin", "shipping"]);

    assert_eq!(team.start(b64u(&token)).await.status, StatusCode::OK);
    let (ben, finish) = team.joining(&token, BEN).await;
    team.vault.taken("/v1/invitations/finish", "", &finish).await;
    // The token is used up, also for who has the last message
    let again = team.vault.post("/v1/invitations/finish", "", &finish).await;
    assert_eq!(again.problem(), ProblemType::UnknownInvitation);
    assert_eq!(team.start(b64u(&token)).await.problem(), ProblemType::UnknownInvitation);
    let listed = team.waiting().await;
    assert!(listed.open.is_empty());
    let [waiting] = listed.waiting.as_slice() else { panic!() };
    assert_eq!((waiting.name.as_str(), waiting.joined.clone()), ("ben", NOW.to_text()));
    assert_eq!(PublicIdentity::parse(&waiting.public.0).unwrap().id(), ben.id());

    // The passphrase is right: the own identity, and no session
    let answer = team.sign_in_answer("ben", BEN).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let told: LoginWaiting = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((&told.identity.public, told.identity.wrapped.len()), (&waiting.public, 1));
    assert!(!String::from_utf8_lossy(&answer.body).contains("token"));
    assert_eq!(team.vault.try_sign_in("ben", "wrong").await, None);
    assert!(team.vault.store.grants_to(&ben.id()).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_unknown_an_expired_a_withdrawn_and_a_malformed_token_are_one_answer() {
    let team = Team::new().await;
    let [expired, withdrawn, unknown] = [token(), token(), token()];
    team.vault.taken("/v1/invitations", &team.token, &invite("ben", &["admin"], &expired)).await;
    team.vault.taken("/v1/invitations", &team.token, &invite("cleo", &["admin"], &withdrawn)).await;
    team.vault.taken("/v1/invitations/withdraw", &team.token, &Withdraw { name: "cleo".into() }).await;
    team.vault.taken("/v1/invitations/withdraw", &team.token, &Withdraw { name: "nobody".into() }).await;
    team.vault.clock.set(NOW.plus(3599));
    let mut answers = vec![team.start(b64u(&withdrawn)).await, team.start(b64u(&unknown)).await];
    let (_, late) = team.joining(&expired, BEN).await;
    answers.extend([team.start(B64u(vec![0; 31])).await, team.start(B64u(Vec::new())).await]);
    team.vault.clock.set(NOW.plus(3600));
    answers.push(team.start(b64u(&expired)).await);
    answers.push(team.vault.post("/v1/invitations/finish", "", &late).await);
    for answer in &answers {
        assert_eq!(answer.problem(), ProblemType::UnknownInvitation);
        assert_eq!((answer.status, &answer.body), (answers[0].status, &answers[0].body));
    }
}

#[tokio::test]
async fn what_is_no_invitation_is_refused_and_named() {
    let team = Team::new().await;
    let good = invite("ben", &["admin"], &token());
    let roles = |names: &[&str]| Invite { roles: invite("", names, &token()).roles, ..good.clone() };
    for (bad, pointer) in [
        (Invite { name: String::new(), ..good.clone() }, "/name"),
        (Invite { name: " joining".into(), ..good.clone() }, "/name"),
        (Invite { name: "b\u{200b}en".into(), ..good.clone() }, "/name"),
        (roles(&[]), "/roles"),
        (roles(&["shipping", "admin"]), "/roles"),
        (roles(&["admin", "admin"]), "/roles"),
        (roles(&["admin,shipping"]), "/roles"),
        (roles(&["Admin"]), "/roles"),
        (Invite { lifetime: 0, ..good.clone() }, "/lifetime"),
        (Invite { lifetime: 72 * 3600 + 1, ..good.clone() }, "/lifetime"),
    ] {
        let answer = team.vault.post("/v1/invitations", &team.token, &bad).await;
        assert_eq!((answer.problem(), answer.pointer().as_deref()), (ProblemType::MalformedMember, Some(pointer)));
    }
    let mut short = serde_json::to_value(&good).unwrap();
    short["token_hash"] = json!("00");
    for bad in [json!({}), short, json!([]), json!({"name": "ben"})] {
        let answer = team.vault.post("/v1/invitations", &team.token, &bad).await;
        assert_eq!(answer.problem(), ProblemType::MalformedJson);
    }
    let alike = Invite { name: "ADMIN".into(), ..good.clone() };
    assert_eq!(team.vault.post("/v1/invitations", &team.token, &alike).await.problem(), ProblemType::NameTaken);
    // Somebody who signs in and is not in the roster, as a site of before may have
    team.vault.store.add_admin("old", b"record", NOW).await.unwrap();
    let old = Invite { name: "old".into(), ..good.clone() };
    assert_eq!(team.vault.post("/v1/invitations", &team.token, &old).await.problem(), ProblemType::NameTaken);
    assert!(team.waiting().await.open.is_empty());

    team.vault.taken("/v1/invitations", &team.token, &Invite { lifetime: 72 * 3600, ..good.clone() }).await;
    let again = Invite { token_hash: Hex(token().hash()), ..good };
    assert_eq!(team.vault.post("/v1/invitations", &team.token, &again).await.problem(), ProblemType::InvitationExists);
}

#[tokio::test]
async fn what_nobody_can_join_with_is_refused_and_leaves_the_invitation_open() {
    let (team, token) = (Team::new().await, token());
    team.vault.taken("/v1/invitations", &team.token, &invite("ben", &["admin"], &token)).await;
    let (ben, good) = team.joining(&token, BEN).await;
    let abroad = Site::parse("other.example").unwrap();
    let abroad = nightsafe_core::identity::Identity::generate(&abroad, &mut rng()).unwrap();
    let code = RecoveryCode::generate(&mut rng());
    let by_code = ben.wrap(&Unlock::RecoveryCode(&code), &mut rng()).unwrap();
    let by_code =
        KeptWrapped { method: "recovery-code".into(), slot: String::new(), wrapped: B64u(by_code.to_bytes()) };
    let with = |identity: KeptIdentity| JoinFinish { identity, ..good.clone() };
    let more = KeptIdentity { wrapped: vec![good.identity.wrapped[0].clone(), by_code], ..good.identity.clone() };
    let none = KeptIdentity { public: B64u(b"none".to_vec()), ..good.identity.clone() };
    for (bad, pointer) in [
        (JoinFinish { registration: B64u(b"none".to_vec()), ..good.clone() }, "/registration"),
        (with(kept(&abroad)), "/identity/public"),
        (with(none), "/identity/public"),
        (with(KeptIdentity { wrapped: vec![], ..good.identity.clone() }), "/identity/wrapped"),
        (with(more), "/identity/wrapped/1"),
    ] {
        let answer = team.vault.post("/v1/invitations/finish", "", &bad).await;
        assert_eq!((answer.problem(), answer.pointer().as_deref()), (ProblemType::MalformedMember, Some(pointer)));
    }
    let start = JoinStart { token: b64u(&token), message: B64u(b"none".to_vec()) };
    let answer = team.vault.post("/v1/invitations/start", "", &start).await;
    assert_eq!((answer.problem(), answer.pointer().as_deref()), (ProblemType::MalformedMember, Some("/message")));
    team.vault.taken("/v1/invitations/finish", "", &good).await;
}

#[tokio::test]
async fn joining_is_not_tried_more_often_than_signing_in() {
    let team = Team::new().await;
    for _ in 0..10 {
        assert_eq!(team.start(b64u(&token())).await.problem(), ProblemType::UnknownInvitation);
    }
    assert_eq!(team.start(b64u(&token())).await.problem(), ProblemType::RateLimited);
    // Nobody is kept from signing in by that
    team.vault.sign_in().await;
}

/// Everything that is for admins of the roster.
async fn asked(vault: &Vault, session: &str) -> Vec<Answer> {
    let head = json!({"head": "0".repeat(64)});
    vec![
        vault.get("/v1/invitations", session).await,
        vault.post("/v1/invitations", session, &invite("ben", &["admin"], &token())).await,
        vault.post("/v1/invitations/withdraw", session, &Withdraw { name: "ben".into() }).await,
        vault.post("/v1/roster", session, &json!({"entry": "none", "grants": []})).await,
        vault.get("/v1/roster/proposals", session).await,
        vault.post("/v1/roster/proposals/drop", session, &head).await,
    ]
}

#[tokio::test]
async fn only_admins_of_the_roster_change_people() {
    let check = async |vault: &Vault, session: &str, expected: ProblemType| {
        for answer in asked(vault, session).await {
            assert_eq!(answer.problem(), expected);
        }
    };
    // The roster names Ben, without the role
    let (team, _) = Team::with_ben("shipping").await;
    let ben = team.vault.try_sign_in("ben", BEN).await.unwrap();
    check(&team.vault, &ben, ProblemType::NotAnAdmin).await;
    check(&team.vault, "", ProblemType::SignInRequired).await;
    // Before there is a roster; without a trust anchor
    let vault = Vault::new().await;
    check(&vault, &vault.sign_in().await, ProblemType::NotAnAdmin).await;
    let vault = Vault::without_anchor().await;
    check(&vault, &vault.sign_in().await, ProblemType::NoTrustAnchor).await;
}
