//! Identities of admins and what is granted to them. Handed out after sign-in only; verified in browsers only.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use nightsafe_core::audit::of_grants;
use nightsafe_core::grant::AdminGrant;
use nightsafe_core::identity::{Method, PublicIdentity, WrappedIdentity};
use nightsafe_core::scalar::{IdentityId, KeyId, Site};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::identity::{Grants, KeptIdentity, KeptWrapped, OwnIdentity, RosterEntries};
use nightsafe_proto::vault::log::Recorded;
use nightsafe_proto::wire::B64u;
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{RecordedChange, StoredGrant, StoredIdentity, StoredWrapped, VaultStore};

use super::json::Body;
use super::openapi::{GrantProblems, NewIdentityProblems, SignedInProblems};
use super::session::SignedIn;
use super::{error, record};
use crate::State;

/// A public identity, and a few ways to unlock it.
const IDENTITY_BODY: usize = 16 << 10;
/// A new admin's grants of all data keys that a site keeps for years.
pub(super) const GRANTS_BODY: usize = 1 << 20;

/// One's own identity, wrapped
#[utoipa::path(
    get, path = "/v1/identity", operation_id = "identity", tag = "admins",
    responses((status = 200, description = "The signed-in admin's", body = OwnIdentity), SignedInProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn get(Shared(state): Shared<State>, session: SignedIn) -> Result<Json<OwnIdentity>, Problem> {
    let identity = own(&state.shared().store, &session).await?;
    Ok(Json(OwnIdentity { identity: identity.map(kept) }))
}

/// Take an identity
///
/// Once, by an admin who has none. It can do nothing before the roster names it.
#[utoipa::path(
    post, path = "/v1/identity", operation_id = "take_identity", tag = "admins",
    request_body(content = KeptIdentity, content_type = "application/json"),
    responses((status = 204, description = "Kept"), NewIdentityProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn take(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<KeptIdentity, IDENTITY_BODY>,
) -> Result<StatusCode, Problem> {
    let state = state.shared();
    let identity = new_identity(request, &state.site, "")?;
    let id = identity.id;
    let added = state.store.add_identity(&session.admin, &identity).await.map_err(|error| error::storage(&error))?;
    if !added {
        return Err(ProblemType::IdentityExists.into());
    }
    tracing::info!(admin = session.admin, identity = %id, "took an identity");
    Ok(StatusCode::NO_CONTENT)
}

/// The roster of admins
#[utoipa::path(
    get, path = "/v1/roster", operation_id = "roster", tag = "admins",
    responses((status = 200, description = "All entries, with everybody's public identity", body = RosterEntries), SignedInProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn roster(Shared(state): Shared<State>, _session: SignedIn) -> Result<Json<RosterEntries>, Problem> {
    let store = &state.shared().store;
    let entries = store.roster().await.map_err(|error| error::storage(&error))?;
    let identities = store.public_identities().await.map_err(|error| error::storage(&error))?;
    Ok(Json(RosterEntries { entries, identities: identities.into_iter().map(B64u).collect() }))
}

/// Grant data keys and audit keys
///
/// What is granted already stays as it is. Where a log is kept, `log` has one `grant` for each key and recipient, ascending by
/// both.
#[utoipa::path(
    post, path = "/v1/grants", operation_id = "grant", tag = "admins",
    request_body(content = Grants, content_type = "application/json"),
    responses((status = 200, description = "Kept", body = Recorded), GrantProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn grant(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<Grants, GRANTS_BODY>,
) -> Result<Json<Recorded>, Problem> {
    let state = state.shared();
    let granter = own(&state.store, &session).await?.map(|identity| identity.id);
    let grants = request.grants.iter().enumerate();
    let grants = grants.map(|(place, bytes)| new_grant(place, &bytes.0, granter)).collect::<Result<Vec<_>, _>>()?;
    check_known(&state.store, &grants).await?;
    let actions: Vec<_> = of_grants(granted(&grants)).collect();
    let log = match record::signed(state, &session, request.log.as_ref(), &actions).await? {
        Some(signed) => signed.change(RecordedChange::Grants(&grants)).await?,
        None => {
            state.store.add_grants(&grants).await.map_err(|error| error::storage(&error))?;
            None
        }
    };
    tracing::info!(admin = session.admin, grants = grants.len(), "granted");
    Ok(Json(Recorded { log }))
}

pub(super) async fn own(store: &VaultStore, session: &SignedIn) -> Result<Option<StoredIdentity>, Problem> {
    store.identity_of(&session.admin).await.map_err(|error| error::storage(&error))
}

/// Exactly one way, by sign-in, of the same identity and of this site: what else unlocks it comes later, each by a path of its
/// own. `within` is the pointer to the request.
pub(super) fn new_identity(request: KeptIdentity, site: &Site, within: &str) -> Result<StoredIdentity, Problem> {
    let at = |pointer: String| Problem::new(ProblemType::MalformedMember).at(format!("{within}{pointer}"));
    let public = PublicIdentity::parse(&request.public.0).ok().filter(|public| public.site() == site);
    let id = public.ok_or_else(|| at("/public".into()))?.id();
    let mut methods = BTreeSet::new();
    let mut wrapped = Vec::with_capacity(request.wrapped.len());
    for (place, way) in request.wrapped.into_iter().enumerate() {
        let read = WrappedIdentity::parse(&way.wrapped.0).ok();
        let fits = read.is_some_and(|read| {
            read.id() == id
                && read.method().as_str() == way.method
                && read.method() == Method::Login
                && way.slot.is_empty()
                && methods.insert(read.method())
        });
        if !fits {
            return Err(at(format!("/wrapped/{place}")));
        }
        wrapped.push(StoredWrapped { method: way.method, slot: way.slot, wrapped: way.wrapped.0 });
    }
    if !methods.contains(&Method::Login) {
        return Err(at("/wrapped".into()));
    }
    Ok(StoredIdentity { id, public: request.public.0, wrapped })
}

/// Which key to whom.
pub(super) fn granted(grants: &[StoredGrant]) -> impl Iterator<Item = (KeyId, IdentityId)> {
    grants.iter().map(|grant| (grant.key_id, grant.recipient))
}

/// A grant is kept when the signed-in admin says to have made it; whether that is so, its recipient verifies.
pub(super) fn new_grant(place: usize, bytes: &[u8], granter: Option<IdentityId>) -> Result<StoredGrant, Problem> {
    let grant = AdminGrant::parse(bytes).ok().filter(|grant| Some(grant.granter()) == granter);
    let grant = grant.ok_or_else(|| malformed(place))?;
    Ok(StoredGrant {
        key_id: grant.data_key(),
        recipient: grant.recipient(),
        item: grant.item().as_str().to_owned(),
        granted: bytes.to_vec(),
    })
}

/// Of keys that are here, to identities that somebody's sign-in unlocks.
async fn check_known(store: &VaultStore, grants: &[StoredGrant]) -> Result<(), Problem> {
    check_keys(store, grants).await?;
    let mut recipients = BTreeSet::new();
    for (place, grant) in grants.iter().enumerate() {
        let known = !recipients.insert(grant.recipient)
            || store.has_identity(&grant.recipient).await.map_err(|error| error::storage(&error))?;
        if !known {
            return Err(malformed(place));
        }
    }
    Ok(())
}

/// Of data keys and audit keys that are here.
pub(super) async fn check_keys(store: &VaultStore, grants: &[StoredGrant]) -> Result<(), Problem> {
    let keys = store.custody().await.map_err(|error| error::storage(&error))?;
    let audit_keys = store.audit_keys().await.map_err(|error| error::storage(&error))?;
    let keys: BTreeSet<_> = keys.iter().map(|key| key.key_id).chain(audit_keys.iter().map(|key| key.key_id)).collect();
    let unknown = grants.iter().position(|grant| !keys.contains(&grant.key_id));
    unknown.map_or(Ok(()), |place| Err(malformed(place)))
}

pub(super) fn malformed(place: usize) -> Problem {
    Problem::new(ProblemType::MalformedMember).at(format!("/grants/{place}"))
}

/// What a code unlocks is handed out to who shows the code.
fn kept(mut identity: StoredIdentity) -> KeptIdentity {
    identity.wrapped.retain(|way| way.method != Method::RecoveryCode.as_str());
    let way = |way: StoredWrapped| KeptWrapped { method: way.method, slot: way.slot, wrapped: B64u(way.wrapped) };
    KeptIdentity { public: B64u(identity.public), wrapped: identity.wrapped.into_iter().map(way).collect() }
}
