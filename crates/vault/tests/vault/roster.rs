//! Changes of the roster at the API: verified like in a browser, with all that they do to who may sign in.

use nightsafe_core::identity::{AdminName, Identity};
use nightsafe_core::roster::{AdminKeys, Change, OldKeys, Reason, Roles, cosign, take_apart};
use nightsafe_login::ClientLogin;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::custody::Custody;
use nightsafe_proto::vault::identity::OwnIdentity;
use nightsafe_proto::vault::login::{LoginFinish, LoginStart, LoginStarted};
use nightsafe_proto::vault::roster::{Proposals, RosterChange, RosterChanged};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_store::vault::SessionProof;
use nightsafe_vault::{SessionLimits, setup};
use serde_json::json;

use crate::fixture::{Answer, NOW, PASSPHRASE, STRETCH};
use crate::identity::identity;
use crate::team::{BEN, Team, add};

fn revoke(identity: &Identity) -> Change {
    Change::Revoke { id: identity.id(), reason: Reason::Left }
}

impl Team {
    async fn proposals(&self, session: &str) -> Vec<String> {
        self.vault.get("/v1/roster/proposals", session).await.json::<Proposals>().entries
    }

    async fn custody(&self, session: &str) -> Custody {
        self.vault.get("/v1/custody", session).await.json()
    }

    /// The first request of a sign-in, and what the second is to be.
    async fn begin(&self, user: &str, passphrase: &str) -> LoginFinish {
        let (client, message) = ClientLogin::start(passphrase.as_bytes()).unwrap();
        let start = LoginStart { user: user.into(), message: B64u(message) };
        let started: LoginStarted = self.vault.post("/v1/login/start", "", &start).await.json();
        let message = B64u(client.finish(&started.message.0, &STRETCH).unwrap().message);
        LoginFinish { login: started.login, message }
    }

    async fn finish(&self, login: &LoginFinish) -> Answer {
        self.vault.post("/v1/login/finish", "", login).await
    }
}

#[tokio::test]
async fn who_is_signed_in_to_the_roster_signs_in_with_all_that_was_granted() {
    let (team, ben) = Team::with_ben("admin").await;
    let session = team.vault.try_sign_in("ben", BEN).await.unwrap();
    let own = team.vault.get("/v1/identity", &session).await.json::<OwnIdentity>().identity.unwrap();
    assert_eq!(own.public, B64u(ben.public().to_bytes()));
    let custody = team.custody(&session).await;
    assert_eq!((custody.keys[0].grants.len(), &custody.keys[0].holders), (2, &vec![Hex(ben.id().0)]));
    // He is an admin like the first one: Cleo comes in by his signature alone
    let cleo = team.joins("cleo", "shipping", "Cleo's own words").await;
    let change = team.entry(vec![add(&cleo, "shipping", "cleo")], &[&ben], &[&cleo]).await;
    let answer: RosterChanged = team.vault.post("/v1/roster", &session, &change).await.json();
    assert!(answer.taken);
    assert!(team.vault.try_sign_in("cleo", "Cleo's own words").await.is_some());
}

#[tokio::test]
async fn who_is_removed_is_out_at_once() {
    let (team, ben) = Team::with_ben("admin").await;
    let session = team.vault.try_sign_in("ben", BEN).await.unwrap();
    let begun = team.begin("ben", BEN).await;
    assert!(team.taken(vec![revoke(&ben)], &[&team.anna], &[]).await);
    for path in ["/v1/identity", "/v1/custody", "/v1/invitations", "/v1/roster"] {
        assert_eq!(team.vault.get(path, &session).await.problem(), ProblemType::SignInRequired, "{path}");
    }
    // A sign-in that had begun does not finish; a new one looks like one of nobody
    assert_eq!(team.finish(&begun).await.problem(), ProblemType::SignInFailed);
    assert_eq!(team.vault.try_sign_in("ben", BEN).await, None);
    assert!(team.vault.store.grants_to(&ben.id()).await.unwrap().is_empty());
    assert!(team.custody(&team.token).await.keys[0].holders.is_empty());
    // The name is free again, and a person who comes back makes new keys
    let again = team.joins("ben", "admin", BEN).await;
    assert!(team.taken(vec![add(&again, "admin", "ben")], &[&team.anna], &[]).await);
    assert!(team.vault.try_sign_in("ben", BEN).await.is_some());
}

#[tokio::test]
async fn new_keys_replace_the_old_sign_in_when_the_entry_is_taken_and_not_before() {
    let (team, ben) = Team::with_ben("admin").await;
    let session = team.vault.try_sign_in("ben", BEN).await.unwrap();
    let new = team.joins("ben", "admin", "words that I remember").await;
    assert!(team.vault.try_sign_in("ben", BEN).await.is_some());
    assert_eq!(team.vault.try_sign_in("ben", "words that I remember").await, None);
    let begun = team.begin("ben", BEN).await;
    let replace = Change::Replace { id: ben.id(), old: Some(OldKeys::Lost), keys: AdminKeys::from(new.public()) };
    assert!(team.taken(vec![replace], &[&team.anna], &[&new]).await);
    assert_eq!(team.vault.get("/v1/identity", &session).await.problem(), ProblemType::SignInRequired);
    assert_eq!(team.finish(&begun).await.problem(), ProblemType::SignInFailed);
    assert_eq!(team.vault.try_sign_in("ben", BEN).await, None);
    let session = team.vault.try_sign_in("ben", "words that I remember").await.unwrap();
    assert_eq!(team.custody(&session).await.keys[0].holders, [Hex(new.id().0)]);
    assert!(team.vault.store.grants_to(&ben.id()).await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_comes_second_is_told_and_nothing_is_done() {
    let team = Team::new().await;
    let ben = team.joins("ben", "admin", BEN).await;
    let cleo = team.joins("cleo", "admin", BEN).await;
    let late = team.entry(vec![add(&cleo, "admin", "cleo")], &[&team.anna], &[&cleo]).await;
    assert!(team.taken(vec![add(&ben, "admin", "ben")], &[&team.anna], &[&ben]).await);
    assert_eq!(team.send(&late).await.problem(), ProblemType::RosterMoved);
    let (again, before) = (team.entry(vec![add(&cleo, "admin", "cleo")], &[&team.anna], &[&cleo]).await, 2);
    assert_eq!(team.vault.store.roster().await.unwrap().len(), before);
    assert!(team.send(&again).await.json::<RosterChanged>().taken);
    assert_eq!(team.send(&again).await.problem(), ProblemType::RosterMoved, "the same once more");
}

#[tokio::test]
async fn what_the_roster_does_not_take_is_refused_and_nothing_is_done() {
    let team = Team::new().await;
    let ben = team.joins("ben", "admin", BEN).await;
    let stranger = identity();
    let adds = |identity: &Identity, name: &str| vec![add(identity, "admin", name)];
    let good = team.entry(adds(&ben, "ben"), &[&team.anna], &[&ben]).await;
    let alone = |entry: String| RosterChange { entry, grants: Vec::new(), log: None };
    let signed = async |changes: Vec<Change>, by: &Identity| team.entry(changes, &[by], &[]).await;
    let refused = [
        (alone("none".into()), ProblemType::MalformedMember),
        (alone(good.entry.replace("admin ben", "admin  ben")), ProblemType::MalformedMember),
        // Changed after it was signed; by who is no admin; by Ben himself; the last one goes
        (alone(good.entry.replace("admin ben", "admin Ben")), ProblemType::RosterRefused),
        (signed(adds(&ben, "ben"), &stranger).await, ProblemType::RosterRefused),
        (signed(adds(&ben, "ben"), &ben).await, ProblemType::RosterRefused),
        (signed(vec![revoke(&team.anna)], &team.anna).await, ProblemType::RosterRefused),
        (signed(vec![revoke(&stranger)], &team.anna).await, ProblemType::RosterRefused),
        // Keys or names of nobody who waits
        (signed(adds(&stranger, "ben"), &team.anna).await, ProblemType::UnknownNewcomer),
        (signed(adds(&ben, "benny"), &team.anna).await, ProblemType::UnknownNewcomer),
    ];
    for (change, problem) in &refused {
        assert_eq!(team.send(change).await.problem(), *problem);
    }
    // Grants by another, to a stranger, of nothing
    let of = async |to: &Identity| team.entry(adds(to, "ben"), &[&team.anna], &[to]).await.grants;
    let mut bad = [
        (vec![B64u(b"none".to_vec())], "/grants/0"),
        ([good.grants.clone(), of(&stranger).await].concat(), "/grants/2"),
    ];
    for (grants, pointer) in &mut bad {
        let change = RosterChange { entry: good.entry.clone(), grants: std::mem::take(grants), log: None };
        let answer = team.send(&change).await;
        assert_eq!((answer.problem(), answer.pointer().as_deref()), (ProblemType::MalformedMember, Some(*pointer)));
    }
    assert_eq!(team.vault.store.roster().await.unwrap().len(), 1);
    assert!(team.vault.store.newcomer("ben").await.unwrap().is_some());
    assert!(team.vault.try_sign_in("admin", PASSPHRASE).await.is_some());
    assert!(team.send(&good).await.json::<RosterChanged>().taken);
}

#[tokio::test]
async fn with_two_signatures_a_change_waits_for_the_second() {
    let (team, ben) = Team::with_ben("admin").await;
    let session = team.vault.try_sign_in("ben", BEN).await.unwrap();
    assert!(team.taken(vec![Change::Threshold(2)], &[&team.anna], &[]).await);
    let cleo = team.joins("cleo", "admin", "Cleo's own words").await;
    let proposal = team.entry(vec![add(&cleo, "admin", "cleo")], &[&team.anna], &[]).await;
    // Nobody proposes in another's name, or what could not follow
    assert_eq!(team.vault.post("/v1/roster", &session, &proposal).await.problem(), ProblemType::RosterRefused);
    let nobody = team.entry(vec![add(&identity(), "admin", "dora")], &[&team.anna], &[]).await;
    assert_eq!(team.send(&nobody).await.problem(), ProblemType::UnknownNewcomer);
    let empty = team.entry(vec![revoke(&cleo)], &[&team.anna], &[]).await;
    assert_eq!(team.send(&empty).await.problem(), ProblemType::RosterRefused);
    assert!(team.proposals(&session).await.is_empty());

    assert!(!team.send(&proposal).await.json::<RosterChanged>().taken);
    assert!(!team.send(&proposal).await.json::<RosterChanged>().taken);
    assert_eq!(team.proposals(&session).await, std::slice::from_ref(&proposal.entry));
    assert_eq!(team.vault.try_sign_in("cleo", "wrong").await, None);
    let roles = Change::Roles { id: ben.id(), roles: Roles::parse("admin,shipping").unwrap() };
    let other = team.entry(vec![roles], &[&team.anna], &[]).await;
    assert!(!team.send(&other).await.json::<RosterChanged>().taken);
    assert_eq!(team.proposals(&session).await.len(), 2);
    // Dropped by the one whom it was about
    let (_, entry) = take_apart(&other.entry).unwrap();
    let head = json!({"head": entry.head().to_hex()});
    team.vault.taken("/v1/roster/proposals/drop", &session, &head).await;
    assert_eq!(team.proposals(&session).await, std::slice::from_ref(&proposal.entry));

    let both = cosign(&proposal.entry, ben.signer()).unwrap();
    let change = RosterChange { entry: both, grants: Vec::new(), log: None };
    assert!(team.vault.post("/v1/roster", &session, &change).await.json::<RosterChanged>().taken);
    assert!(team.proposals(&session).await.is_empty());
    assert!(team.vault.try_sign_in("cleo", "Cleo's own words").await.is_some());
}

#[tokio::test]
async fn proposals_that_the_site_keys_overtook_are_not_shown() {
    let (team, _) = Team::with_ben("admin").await;
    assert!(team.taken(vec![Change::Threshold(2)], &[&team.anna], &[]).await);
    let proposal = team.entry(vec![Change::Threshold(1)], &[&team.anna], &[]).await;
    assert!(!team.send(&proposal).await.json::<RosterChanged>().taken);
    let roster = team.roster().await;
    let note = roster.next(NOW, vec![Change::Threshold(1)]).sign(&[&team.vault.site_key]).unwrap();
    let after = roster.append(&note, &team.vault.anchor).unwrap();
    setup::add_roster_entry(&team.vault.store, &after, &note).await.unwrap();
    // And the vault goes by the roster of now
    assert!(team.proposals(&team.token).await.is_empty());
    assert_eq!(team.send(&proposal).await.problem(), ProblemType::RosterMoved);
}

#[tokio::test]
async fn the_roster_says_what_somebody_opens() {
    let (mut team, ben) = Team::with_ben("shipping").await;
    let deposit = team.vault.with_order("ORDER-1").await;
    let card = deposit.parts().fields.iter().find(|field| field.kind.as_str() == "card").unwrap();
    let open = [json!({"kind": "card", "index": 0, "tag": Hex(card.tag.0)})];
    let request =
        json!({"purpose": "charge", "deposits": [{"deposit_id": Hex(deposit.id().0), "open": open, "check": []}]});
    let session = team.vault.try_sign_in("ben", BEN).await.unwrap();
    let refused = team.vault.post("/v1/openings", &session, &request).await;
    assert_eq!(refused.problem(), ProblemType::OpeningNotAllowed);
    let roles = Change::Roles { id: ben.id(), roles: Roles::parse("admin,shipping").unwrap() };
    assert!(team.taken(vec![roles], &[&team.anna], &[]).await);
    assert_eq!(team.vault.post("/v1/openings", &session, &request).await.status, 200);
    assert_eq!(team.vault.post("/v1/openings", &team.token, &request).await.status, 200);
    let shipping = Change::Roles { id: ben.id(), roles: Roles::parse("shipping").unwrap() };
    assert!(team.taken(vec![shipping], &[&team.anna], &[]).await);
    // Somebody whom the roster does not name opens nothing, whatever the database says
    let name = AdminName::parse("old").unwrap();
    team.vault.store.add_admin(name.as_str(), b"record", NOW).await.unwrap();
    let token = [9; 32];
    let token_hash = <sha2::Sha256 as sha2::Digest>::digest(token).into();
    let proof = SessionProof { token_hash, tab_hash: crate::fixture::tab().hash() };
    let begun =
        team.vault.store.begin_session(&proof, &[9; 16], ("old", b"record"), NOW, SessionLimits::default()).await;
    assert!(begun.unwrap());
    let token = nightsafe_core::encoding::b64u(&token);
    assert_eq!(team.vault.post("/v1/openings", &token, &request).await.problem(), ProblemType::OpeningNotAllowed);
    // A vault that cannot verify the roster any more takes nobody's word for it
    team.vault.lose_anchor();
    for token in [&session, &team.token] {
        let refused = team.vault.post("/v1/openings", token, &request).await;
        assert_eq!(refused.problem(), ProblemType::NoTrustAnchor);
    }
}
