//! What the organisation's recovery key opens. An admin whom the roster names and who holds no data keys opens it in the
//! browser; without that key, which is kept offline, it is of no use to anybody.

use axum::Json;
use axum::extract::State as Shared;
use nightsafe_core::audit::{Action, RecoveryMethod, of_grants};
use nightsafe_core::scalar::KeyId;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::identity::Grants;
use nightsafe_proto::vault::log::Recorded;
use nightsafe_proto::vault::recovery::{RecoveryGrant, RecoveryGrants};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{self, RecordedChange};

use super::identity::{GRANTS_BODY, check_keys, granted, malformed, new_grant};
use super::json::Body;
use super::openapi::{AdministratorProblems, RecoveredGrantsProblems};
use super::roles::administrator;
use super::session::SignedIn;
use super::{error, record};
use crate::State;

/// What the organisation's recovery key opens
#[utoipa::path(
    get, path = "/v1/recovery-grants", operation_id = "recovery_grants", tag = "recovery",
    responses((status = 200, description = "Of all data keys and audit keys", body = RecoveryGrants), AdministratorProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn get(Shared(state): Shared<State>, session: SignedIn) -> Result<Json<RecoveryGrants>, Problem> {
    let state = state.shared();
    administrator(state, &session).await?;
    let store = &state.store;
    let mut grants = Vec::new();
    for key in store.custody().await.map_err(|error| error::storage(&error))? {
        let sealed = store.recovery_grants(&key.key_id).await.map_err(|error| error::storage(&error))?;
        grants.extend(sealed.into_iter().map(|grant| one(key.key_id, grant)));
    }
    for key in store.audit_keys().await.map_err(|error| error::storage(&error))? {
        let sealed = store.audit_recovery_grants(&key.key_id).await.map_err(|error| error::storage(&error))?;
        grants.extend(sealed.into_iter().map(|grant| one(key.key_id, grant)));
    }
    tracing::info!(admin = session.admin, grants = grants.len(), "handed out what the recovery key opens");
    Ok(Json(RecoveryGrants { grants }))
}

/// Grant to oneself what the organisation's recovery key opened
///
/// Where a log is kept, `log` has a `recovery` of the own identity by `organisation`, then one `grant` for each key, ascending.
#[utoipa::path(
    post, path = "/v1/recovery-grants", operation_id = "grant_recovered", tag = "recovery",
    request_body(content = Grants, content_type = "application/json"),
    responses((status = 200, description = "Kept", body = Recorded), RecoveredGrantsProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn grant(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<Grants, GRANTS_BODY>,
) -> Result<Json<Recorded>, Problem> {
    let state = state.shared();
    let own = administrator(state, &session).await?.id;
    let grants = request.grants.iter().enumerate();
    let grants = grants.map(|(place, bytes)| new_grant(place, &bytes.0, Some(own))).collect::<Result<Vec<_>, _>>()?;
    if let Some(place) = grants.iter().position(|grant| grant.recipient != own) {
        return Err(malformed(place));
    }
    if grants.is_empty() {
        return Err(Problem::new(ProblemType::MalformedMember).at("/grants"));
    }
    check_keys(&state.store, &grants).await?;
    let recovery = Action::Recovery { identity: own, method: RecoveryMethod::Organisation };
    let actions: Vec<_> = std::iter::once(recovery).chain(of_grants(granted(&grants))).collect();
    let log = match record::signed(state, &session, request.log.as_ref(), &actions).await? {
        Some(signed) => signed.change(RecordedChange::Grants(&grants)).await?,
        None => {
            state.store.add_grants(&grants).await.map_err(|error| error::storage(&error))?;
            None
        }
    };
    tracing::warn!(admin = session.admin, grants = grants.len(), "opened keys with the organisation's recovery key");
    Ok(Json(Recorded { log }))
}

fn one(key_id: KeyId, grant: vault::RecoveryGrant) -> RecoveryGrant {
    RecoveryGrant {
        key_id: Hex(key_id.0),
        item: grant.item,
        recovery_key_id: Hex(grant.recovery_key_id.0),
        sealed: B64u(grant.sealed),
    }
}
