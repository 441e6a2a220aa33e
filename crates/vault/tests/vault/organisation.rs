//! What the organisation's recovery key opens: for admins of the roster, who grant it to themselves, recorded.

use nightsafe_core::audit::{Action, RecoveryMethod};
use nightsafe_core::scalar::KeyId;
use nightsafe_proto::problem::ProblemType as P;
use nightsafe_proto::vault::identity::Grants;
use nightsafe_proto::vault::log::{Recorded, SaltedEntry};
use nightsafe_proto::vault::recovery::RecoveryGrants;
use nightsafe_proto::wire::B64u;

use crate::audited::{Audited, to_log, verified};
use crate::fixture::Vault;

#[tokio::test]
async fn an_admin_gets_what_it_opens_and_grants_it_to_oneself_alone() {
    let audited = Audited::signed_in().await;
    let (vault, token, anna) = (&audited.vault, &audited.token, audited.anna.id());
    let given: RecoveryGrants = vault.get("/v1/recovery-grants", token).await.json();
    let (data, audit) = (vault.key.public_key().key_id(), audited.audit_key.public_key().key_id());
    for id in [data, audit] {
        let items = given.grants.iter().filter(|grant| KeyId(grant.key_id.0) == id).map(|grant| grant.item.as_str());
        assert_eq!(items.collect::<Vec<_>>(), ["mlkem-seed", "x25519"]);
    }
    assert_eq!(given.grants.len(), 4);

    let grants: Vec<_> = audited.grants(&vault.key).iter().map(|grant| B64u(grant.to_bytes())).collect();
    let recovery = || audited.sign(Action::Recovery { identity: anna, method: RecoveryMethod::Organisation });
    let by_kit = audited.sign(Action::Recovery { identity: anna, method: RecoveryMethod::Kit });
    let grant = || audited.sign(Action::Grant { data_key: data, to: anna });
    let with = |entries: &[SaltedEntry]| Grants { grants: grants.clone(), log: Some(to_log(entries)) };
    let post = async |request: &Grants| vault.post("/v1/recovery-grants", token, request).await;
    let size = vault.checkpoint(token).await.size;
    assert_eq!(post(&Grants { grants: grants.clone(), log: None }).await.problem(), P::LogEntryRequired);
    for entries in [vec![grant()], vec![grant(), recovery()], vec![by_kit, grant()], vec![recovery()]] {
        assert_eq!(post(&with(&entries)).await.problem(), P::LogEntryRefused);
    }
    let none = post(&Grants { grants: vec![], log: Some(to_log(&[recovery()])) }).await;
    assert_eq!((none.problem(), none.pointer().as_deref()), (P::MalformedMember, Some("/grants")));
    let bad = post(&Grants { grants: vec![B64u(vec![1])], log: None }).await;
    assert_eq!((bad.problem(), bad.pointer().as_deref()), (P::MalformedMember, Some("/grants/0")));
    assert_eq!((vault.checkpoint(token).await.size, vault.store.grants_to(&anna).await.unwrap().len()), (size, 0));

    let entries = [recovery(), grant()];
    let recorded: Recorded = post(&with(&entries)).await.json();
    assert_eq!(verified(&recorded.log.unwrap(), &entries), size);
    assert_eq!(vault.store.grants_to(&anna).await.unwrap().len(), 2);
}

#[tokio::test]
async fn nobody_else_gets_it() {
    let vault = Vault::new().await;
    // Signed in, and in no roster
    let token = vault.sign_in().await;
    assert_eq!(vault.get("/v1/recovery-grants", &token).await.problem(), P::NotAnAdmin);
    let request = Grants { grants: vec![], log: None };
    assert_eq!(vault.post("/v1/recovery-grants", &token, &request).await.problem(), P::NotAnAdmin);
    assert_eq!(vault.get("/v1/recovery-grants", "").await.problem(), P::SignInRequired);
    let vault = Vault::without_anchor().await;
    let token = vault.sign_in().await;
    assert_eq!(vault.get("/v1/recovery-grants", &token).await.problem(), P::NoTrustAnchor);
}
