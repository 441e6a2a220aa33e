//! What the browser needs before it can open anything: private items of data keys, published manifests.

use axum::Json;
use axum::extract::State as Shared;
use nightsafe_core::keys::ItemName;
use nightsafe_core::scalar::{IdentityId, KeyId};
use nightsafe_core::suite::Suite;
use nightsafe_proto::vault::custody::{AuditKey, Custody, CustodyItem, CustodyKey, Manifests, PurgedKey};
use nightsafe_proto::wire::{B64u, Hex, Hex16};
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault;

use super::error;
use super::openapi::SignedInProblems;
use super::session::SignedIn;
use crate::State;

/// Data keys, and audit keys, with what opens them
#[utoipa::path(
    get, path = "/v1/custody", operation_id = "custody", tag = "keys",
    responses((status = 200, description = "All of them", body = Custody), SignedInProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn custody(Shared(state): Shared<State>, session: SignedIn) -> Result<Json<Custody>, Problem> {
    let store = &state.shared().store;
    let keys = store.custody().await.map_err(|error| error::storage(&error))?;
    let audit_keys = store.audit_keys().await.map_err(|error| error::storage(&error))?;
    let purged = store.purged_keys().await.map_err(|error| error::storage(&error))?;
    let held = store.grant_holders().await.map_err(|error| error::storage(&error))?;
    let ended = store.ended_grants().await.map_err(|error| error::storage(&error))?;
    let (grants, audit_grants) =
        match store.identity_of(&session.admin).await.map_err(|error| error::storage(&error))? {
            Some(identity) => {
                let grants = store.grants_to(&identity.id).await.map_err(|error| error::storage(&error))?;
                (grants, store.audit_grants_to(&identity.id).await.map_err(|error| error::storage(&error))?)
            }
            None => (Vec::new(), Vec::new()),
        };
    Ok(Json(Custody {
        keys: keys.into_iter().map(|one| key(one, &grants, &held, &ended)).collect(),
        audit_keys: audit_keys.into_iter().map(|one| audit_key(one, &audit_grants, &held)).collect(),
        purged: purged.iter().map(|key| PurgedKey { key_id: Hex(key.key_id.0), at: key.at.seconds() }).collect(),
    }))
}

/// Key manifests
#[utoipa::path(
    get, path = "/v1/manifests", operation_id = "manifests", tag = "keys",
    responses((status = 200, description = "Every one that the site ever signed", body = Manifests), SignedInProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn manifests(Shared(state): Shared<State>, _session: SignedIn) -> Result<Json<Manifests>, Problem> {
    let notes = state.shared().store.manifests().await.map_err(|error| error::storage(&error))?;
    Ok(Json(Manifests { notes }))
}

fn audit_key(key: vault::StoredAuditKey, grants: &[vault::StoredGrant], held: &[(KeyId, IdentityId, u64)]) -> AuditKey {
    let own = grants.iter().filter(|grant| grant.key_id == key.key_id);
    AuditKey {
        key_id: Hex(key.key_id.0),
        public_key: B64u(key.public_key),
        grants: own.map(|grant| B64u(grant.granted.clone())).collect(),
        holders: holders(&key.key_id, Some(Suite::XWing), held),
    }
}

fn key(
    key: vault::CustodyKey,
    grants: &[vault::StoredGrant],
    held: &[(KeyId, IdentityId, u64)],
    ended: &[(KeyId, IdentityId)],
) -> CustodyKey {
    let ended = ended.iter().filter(|(id, _)| *id == key.key_id).map(|(_, holder)| Hex(holder.0)).collect();
    let own = grants.iter().filter(|grant| grant.key_id == key.key_id);
    let holders = holders(&key.key_id, Suite::from_name(&key.suite), held);
    let item = |item: vault::CustodyItem| CustodyItem { item: item.item, wrapped: B64u(item.wrapped) };
    CustodyKey {
        key_id: Hex(key.key_id.0),
        suite: key.suite,
        public_key: B64u(key.public_key),
        items: key.items.into_iter().map(item).collect(),
        grants: own.map(|grant| B64u(grant.granted.clone())).collect(),
        holders,
        ended,
    }
}

/// Who has all items of a key.
fn holders(key: &KeyId, suite: Option<Suite>, held: &[(KeyId, IdentityId, u64)]) -> Vec<Hex16> {
    let all = suite.map(|suite| ItemName::of(suite).len());
    let holders = held.iter().filter(|(id, _, items)| id == key && usize::try_from(*items).ok() == all);
    holders.map(|(_, holder, _)| Hex(holder.0)).collect()
}
