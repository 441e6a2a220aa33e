//! What the browser needs before it can open anything: wrapped private items, published manifests.

use axum::Json;
use axum::extract::State as Shared;
use nightsafe_proto::vault::custody::{Custody, CustodyItem, CustodyKey, Manifests};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault;

use super::error;
use super::openapi::SignedInProblems;
use super::session::SignedIn;
use crate::State;

/// Data keys with their wrapped private items
#[utoipa::path(
    get, path = "/v1/custody", operation_id = "custody", tag = "keys",
    responses((status = 200, description = "All of them", body = Custody), SignedInProblems),
    security(("token" = []))
)]
pub(super) async fn custody(Shared(state): Shared<State>, _session: SignedIn) -> Result<Json<Custody>, Problem> {
    let keys = state.shared().store.custody().await.map_err(|error| error::storage(&error))?;
    Ok(Json(Custody { keys: keys.into_iter().map(key).collect() }))
}

/// Key manifests
#[utoipa::path(
    get, path = "/v1/manifests", operation_id = "manifests", tag = "keys",
    responses((status = 200, description = "Every one that the site ever signed", body = Manifests), SignedInProblems),
    security(("token" = []))
)]
pub(super) async fn manifests(Shared(state): Shared<State>, _session: SignedIn) -> Result<Json<Manifests>, Problem> {
    let notes = state.shared().store.manifests().await.map_err(|error| error::storage(&error))?;
    Ok(Json(Manifests { notes }))
}

fn key(key: vault::CustodyKey) -> CustodyKey {
    let item = |item: vault::CustodyItem| CustodyItem { item: item.item, wrapped: B64u(item.wrapped) };
    CustodyKey {
        key_id: Hex(key.key_id.0),
        suite: key.suite,
        public_key: B64u(key.public_key),
        items: key.items.into_iter().map(item).collect(),
    }
}
