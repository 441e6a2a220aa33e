//! Making a recovery kit: the passphrase is asked for once more, so that a session that was left open is not enough to make
//! a second way in.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use nightsafe_core::identity::{Method, WrappedIdentity, kit_credential};
use nightsafe_core::time::UnixTime;
use nightsafe_login::{registration_record, registration_reply};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::recovery::{KitFinish, KitStart, KitStarted, OwnKit};
use nightsafe_proto::wire::B64u;
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::NewKit;

use super::error;
use super::identity::own;
use super::json::Body;
use super::login::{failed, is_shown};
use super::openapi::{KitFinishProblems, KitStartProblems, SignedInProblems};
use super::session::SignedIn;
use crate::State;

/// Three messages of a few hundred bytes.
const BODY: usize = 8192;

/// One's own recovery kit
#[utoipa::path(
    get, path = "/v1/kit", operation_id = "kit", tag = "recovery",
    responses((status = 200, description = "When it was made, if there is one", body = OwnKit), SignedInProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn get(Shared(state): Shared<State>, session: SignedIn) -> Result<Json<OwnKit>, Problem> {
    let kit = state.shared().store.kit(&session.admin).await.map_err(|error| error::storage(&error))?;
    Ok(Json(OwnKit { made: kit.map(|kit| UnixTime::to_text(kit.made)) }))
}

/// Begin to make a recovery kit
///
/// The passphrase is shown here, and the kit may be finished within 15 minutes.
#[utoipa::path(
    post, path = "/v1/kit/start", operation_id = "kit_start", tag = "recovery",
    request_body(content = KitStart, content_type = "application/json"),
    responses((status = 200, description = "Nothing has changed yet", body = KitStarted), KitStartProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn start(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<KitStart, BODY>,
) -> Result<Json<KitStarted>, Problem> {
    let state = state.shared();
    if !is_shown(state, &session, (&request.login, &request.message)).await? {
        return Err(failed());
    }
    let reply = registration_reply(&state.login, &kit_credential(&session.admin), &request.registration.0);
    let message = reply.map_err(|_| Problem::new(ProblemType::MalformedMember).at("/registration"))?;
    if !state.kits.give(session.token_hash, (), state.now()) {
        return Err(ProblemType::RateLimited.into());
    }
    Ok(Json(KitStarted { message: B64u(message) }))
}

/// Make a recovery kit
///
/// It takes the place of the one before.
#[utoipa::path(
    post, path = "/v1/kit/finish", operation_id = "kit_finish", tag = "recovery",
    request_body(content = KitFinish, content_type = "application/json"),
    responses((status = 204, description = "Its code is good from now on"), KitFinishProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn finish(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<KitFinish, BODY>,
) -> Result<StatusCode, Problem> {
    let state = state.shared();
    let now = state.now();
    state.kits.shown(&session.token_hash, now).ok_or(ProblemType::KitNotBegun)?;
    let at = |pointer: &'static str| Problem::new(ProblemType::MalformedMember).at(pointer);
    let identity = own(&state.store, &session).await?;
    let wrapped = WrappedIdentity::parse(&request.wrapped.0).ok().filter(|wrapped| {
        wrapped.method() == Method::RecoveryCode && identity.is_some_and(|identity| identity.id == wrapped.id())
    });
    let wrapped = wrapped.ok_or_else(|| at("/wrapped"))?.to_bytes();
    let record = registration_record(&request.registration.0).map_err(|_| at("/registration"))?;
    let (admin, session_of) = (session.admin.as_str(), &session.token_hash);
    let new = NewKit { admin, session: session_of, record: &record, wrapped: &wrapped, made: now };
    if !state.store.keep_kit(new).await.map_err(|error| error::storage(&error))? {
        return Err(ProblemType::SignInRequired.into());
    }
    state.kits.end(&session.token_hash);
    tracing::info!(admin, "made a recovery kit");
    Ok(StatusCode::NO_CONTENT)
}

/// Drop one's recovery kit
#[utoipa::path(
    post, path = "/v1/kit/drop", operation_id = "kit_drop", tag = "recovery",
    responses((status = 204, description = "There is none any more"), SignedInProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn drop(Shared(state): Shared<State>, session: SignedIn) -> Result<StatusCode, Problem> {
    state.shared().store.drop_kit(&session.admin).await.map_err(|error| error::storage(&error))?;
    tracing::info!(admin = session.admin, "dropped the recovery kit");
    Ok(StatusCode::NO_CONTENT)
}
