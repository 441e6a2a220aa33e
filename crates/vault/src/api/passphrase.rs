//! A new passphrase. It wraps one identity anew and touches no data; the old one is asked for once more, so that a session
//! that was left open is not enough to keep somebody out.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use nightsafe_core::identity::{Method, WrappedIdentity};
use nightsafe_login::{registration_record, registration_reply};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::passphrase::{PassphraseFinish, PassphraseStart, PassphraseStarted};
use nightsafe_proto::wire::B64u;
use nightsafe_serve::problem::Problem;

use super::error;
use super::json::Body;
use super::login::is_shown;
use super::openapi::{PassphraseFinishProblems, PassphraseStartProblems};
use super::session::SignedIn;
use crate::State;

/// Three messages of a few hundred bytes.
const BODY: usize = 8192;

/// Begin to change the passphrase
#[utoipa::path(
    post, path = "/v1/passphrase/start", operation_id = "passphrase_start", tag = "sign-in",
    request_body(content = PassphraseStart, content_type = "application/json"),
    responses((status = 200, description = "Nothing has changed yet", body = PassphraseStarted), PassphraseStartProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn start(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<PassphraseStart, BODY>,
) -> Result<Json<PassphraseStarted>, Problem> {
    let reply = registration_reply(&state.shared().login, &session.admin, &request.message.0);
    let message = reply.map_err(|_| Problem::new(ProblemType::MalformedMember).at("/message"))?;
    Ok(Json(PassphraseStarted { message: B64u(message) }))
}

/// Change the passphrase
///
/// All other sessions of the admin end.
#[utoipa::path(
    post, path = "/v1/passphrase/finish", operation_id = "passphrase_finish", tag = "sign-in",
    request_body(content = PassphraseFinish, content_type = "application/json"),
    responses((status = 204, description = "The new one signs in from now on"), PassphraseFinishProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn finish(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<PassphraseFinish, BODY>,
) -> Result<StatusCode, Problem> {
    let state = state.shared();
    if !is_shown(state, &session, (&request.login, &request.message)).await? {
        tracing::warn!(admin = session.admin, "a passphrase was not changed: the old one was wrong");
        return Err(ProblemType::SignInFailed.into());
    }
    let identity = state.store.identity_of(&session.admin).await.map_err(|error| error::storage(&error))?;
    let at = |pointer: &'static str| Problem::new(ProblemType::MalformedMember).at(pointer);
    let wrapped = WrappedIdentity::parse(&request.wrapped.0).ok().filter(|wrapped| {
        wrapped.method() == Method::Login && identity.is_some_and(|identity| identity.id == wrapped.id())
    });
    let wrapped = wrapped.ok_or_else(|| at("/wrapped"))?;
    let record = registration_record(&request.registration.0).map_err(|_| at("/registration"))?;
    let store = &state.store;
    let changed = store.change_passphrase(&session.admin, &record, &wrapped.to_bytes(), &session.token_hash).await;
    let ended = changed.map_err(|error| error::storage(&error))?;
    tracing::info!(admin = session.admin, ended, "changed the passphrase");
    Ok(StatusCode::NO_CONTENT)
}
