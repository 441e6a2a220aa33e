//! Identities, roster and grants at the API: kept and handed out, to whom they belong; what is no such thing is refused.

use nightsafe_core::grant::{AdminGrant, grant_key};
use nightsafe_core::identity::{AdminName, Identity, RecoveryCode, Unlock};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::roster::{self, Change, Entry, Roles, Roster};
use nightsafe_core::scalar::{IdentityId, Site};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::custody::Custody;
use nightsafe_proto::vault::identity::{Grants, KeptIdentity, KeptWrapped, OwnIdentity, RosterEntries};
use nightsafe_proto::vault::log::Recorded;
use nightsafe_proto::wire::B64u;
use nightsafe_vault::setup;

use crate::fixture::{NOW, PASSPHRASE, STRETCH, Vault, rng, site};

pub(crate) fn identity() -> Identity {
    Identity::generate(&site(), &mut rng()).unwrap()
}

fn way(identity: &Identity, with: &Unlock<'_>) -> KeptWrapped {
    let wrapped = identity.wrap(with, &mut rng()).unwrap();
    KeptWrapped { method: wrapped.method().as_str().into(), slot: String::new(), wrapped: B64u(wrapped.to_bytes()) }
}

pub(crate) fn kept(identity: &Identity) -> KeptIdentity {
    let wrapped = vec![way(identity, &Unlock::Login(&[7; 64]))];
    KeptIdentity { public: B64u(identity.public().to_bytes()), wrapped }
}

/// A roster of these, by a site key that only this test knows: the vault does not look.
pub(crate) fn roster(people: &[&Identity]) -> (Roster, String) {
    let signer = NoteSigner::generate("site-a", &mut rng()).unwrap();
    let add = |(number, one): (usize, &&Identity)| Change::Add {
        keys: one.public().into(),
        roles: Roles::parse("admin").unwrap(),
        name: AdminName::parse(&format!("person {number}")).unwrap(),
    };
    let changes = std::iter::once(Change::Threshold(1)).chain(people.iter().enumerate().map(add)).collect();
    let note = Entry::first(&site(), NOW, changes).sign(&[&signer]).unwrap();
    let anchor = crate::fixture::anchor(signer.vkey());
    (roster::verify_at_any_time(&[&note], &anchor).unwrap(), note)
}

#[tokio::test]
async fn an_admin_takes_one_identity_and_gets_it_back() {
    let vault = Vault::new().await;
    let token = vault.sign_in().await;
    assert!(vault.get("/v1/identity", &token).await.json::<OwnIdentity>().identity.is_none());
    let mut mine = kept(&identity());
    vault.taken("/v1/identity", &token, &mine).await;
    let again = vault.post("/v1/identity", &token, &kept(&identity())).await;
    assert_eq!(again.problem(), ProblemType::IdentityExists);
    let back = vault.get("/v1/identity", &token).await.json::<OwnIdentity>().identity.unwrap();
    assert_eq!((&back.public, &back.wrapped[0].wrapped), (&mine.public, &mine.wrapped[0].wrapped));
    let listed: RosterEntries = vault.get("/v1/roster", &token).await.json();
    assert_eq!((listed.entries.len(), &listed.identities), (0, &vec![mine.public.clone()]));

    // Nobody else gets it, nor can take it
    setup::create_admin(&vault.store, &vault.login, "ben", PASSPHRASE.as_bytes(), &STRETCH, NOW).await.unwrap();
    let other = vault.try_sign_in("ben", PASSPHRASE).await.unwrap();
    assert!(vault.get("/v1/identity", &other).await.json::<OwnIdentity>().identity.is_none());
    mine.wrapped.truncate(1);
    assert_eq!(vault.post("/v1/identity", &other, &mine).await.problem(), ProblemType::IdentityExists);
}

#[tokio::test]
async fn what_is_no_identity_is_refused_and_named() {
    let vault = Vault::new().await;
    let token = vault.sign_in().await;
    let (one, other) = (identity(), identity());
    let abroad = Identity::generate(&Site::parse("other.example").unwrap(), &mut rng()).unwrap();
    let code = RecoveryCode::generate(&mut rng());
    let good = kept(&one);
    let with = |wrapped: Vec<KeptWrapped>| KeptIdentity { wrapped, ..good.clone() };
    let login = || good.wrapped[0].clone();
    for (bad, pointer) in [
        (KeptIdentity { public: B64u(b"none".to_vec()), ..good.clone() }, "/public"),
        (kept(&abroad), "/public"),
        (with(vec![]), "/wrapped"),
        (with(vec![way(&one, &Unlock::RecoveryCode(&code))]), "/wrapped/0"),
        (with(vec![login(), way(&one, &Unlock::RecoveryCode(&code))]), "/wrapped/1"),
        (with(vec![login(), login()]), "/wrapped/1"),
        (with(vec![login(), way(&one, &Unlock::Session { tab: &[1; 32], row: &[2; 32] })]), "/wrapped/1"),
        (with(vec![way(&other, &Unlock::Login(&[7; 64]))]), "/wrapped/0"),
        (with(vec![KeptWrapped { method: "recovery-code".into(), ..login() }]), "/wrapped/0"),
        (with(vec![KeptWrapped { slot: "x".into(), ..login() }]), "/wrapped/0"),
        (with(vec![KeptWrapped { wrapped: B64u(vec![0; 300]), ..login() }]), "/wrapped/0"),
    ] {
        let answer = vault.post("/v1/identity", &token, &bad).await;
        assert_eq!((answer.problem(), answer.pointer().as_deref()), (ProblemType::MalformedMember, Some(pointer)));
    }
    assert!(vault.get("/v1/identity", &token).await.json::<OwnIdentity>().identity.is_none());
    vault.taken("/v1/identity", &token, &good).await;
}

#[tokio::test]
async fn grants_are_kept_of_whom_they_say_they_are_and_handed_to_their_recipient() {
    let vault = Vault::new().await;
    let token = vault.sign_in().await;
    let (one, other, stranger) = (identity(), identity(), identity());
    let (roster, note) = roster(&[&one, &other, &stranger]);
    let grants = |granter: &Identity, recipient: &Identity| {
        let made = grant_key(granter, &roster, recipient.public(), &vault.key, &mut rng()).unwrap();
        Grants { grants: made.iter().map(|grant| B64u(grant.to_bytes())).collect(), log: None }
    };
    // Who has no identity has nothing to grant with
    let early = vault.post("/v1/grants", &token, &grants(&one, &one)).await;
    assert_eq!(early.problem(), ProblemType::MalformedMember);

    vault.taken("/v1/identity", &token, &kept(&one)).await;
    setup::add_roster_entry(&vault.store, &roster, &note).await.unwrap();
    assert_eq!(vault.get("/v1/roster", &token).await.json::<RosterEntries>().entries, [note]);
    let mut half = grants(&one, &one);
    half.grants[1] = B64u(b"none".to_vec());
    for (bad, pointer) in
        [(grants(&other, &one), "/grants/0"), (grants(&one, &stranger), "/grants/0"), (half, "/grants/1")]
    {
        let answer = vault.post("/v1/grants", &token, &bad).await;
        assert_eq!((answer.problem(), answer.pointer().as_deref()), (ProblemType::MalformedMember, Some(pointer)));
    }
    let mine = grants(&one, &one);
    assert!(vault.post("/v1/grants", &token, &mine).await.json::<Recorded>().log.is_none());
    vault.post("/v1/grants", &token, &grants(&one, &one)).await.json::<Recorded>(); // does no harm, changes nothing
    let custody: Custody = vault.get("/v1/custody", &token).await.json();
    assert_eq!(custody.keys[0].grants, mine.grants);
    let read = AdminGrant::parse(&custody.keys[0].grants[0].0).unwrap();
    assert_eq!((read.recipient(), read.granter()), (one.id(), one.id()));

    setup::create_admin(&vault.store, &vault.login, "ben", PASSPHRASE.as_bytes(), &STRETCH, NOW).await.unwrap();
    let token = vault.try_sign_in("ben", PASSPHRASE).await.unwrap();
    assert!(vault.get("/v1/custody", &token).await.json::<Custody>().keys[0].grants.is_empty());
}

#[tokio::test]
async fn a_grant_of_an_unknown_data_key_is_refused() {
    let vault = Vault::new().await;
    let token = vault.sign_in().await;
    let one = identity();
    vault.taken("/v1/identity", &token, &kept(&one)).await;
    assert!(vault.store.has_identity(&IdentityId(*one.id().as_bytes())).await.unwrap());
    let (roster, _) = roster(&[&one]);
    let key = nightsafe_core::keys::PrivateItems::generate(nightsafe_core::suite::Suite::XWing, &mut rng()).unwrap();
    let made = grant_key(&one, &roster, one.public(), &key, &mut rng()).unwrap();
    let grants = Grants { grants: made.iter().map(|grant| B64u(grant.to_bytes())).collect(), log: None };
    assert_eq!(vault.post("/v1/grants", &token, &grants).await.problem(), ProblemType::MalformedMember);
}
