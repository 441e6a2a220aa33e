//! An admin's own sessions: going on after a reload, looking at them, ending them, and when pages lock.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use nightsafe_core::audit::Action;
use nightsafe_core::identity::{Method, WrappedIdentity};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::log::Recorded;
use nightsafe_proto::vault::session::{EndOthers, EndSession, Resumed, Session, SessionIdentity, Sessions, Settings};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{self, RecordedChange};

use super::json::Body;
use super::openapi::{EndSessionProblems, SessionChangeProblems, SignedInProblems};
use super::session::{Shown, SignedIn};
use super::{error, record};
use crate::State;

/// One wrapped identity, or an entry for the audit log.
const BODY: usize = 4096;

/// Seconds until a page locks at the soonest.
const SOONEST_LOCK: u64 = 60;

/// Go on after a reload
///
/// A session that was not used for the admin's own time ends here.
#[utoipa::path(
    post, path = "/v1/session/resume", operation_id = "resume_session", tag = "sessions",
    responses((status = 200, description = "The session goes on", body = Resumed), SignedInProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn resume(Shared(state): Shared<State>, shown: Shown) -> Result<Json<Resumed>, Problem> {
    let state = state.shared();
    let limits = state.sessions;
    let found = state.store.resume_session(&shown.proof, state.now(), limits).await;
    let found = found.map_err(|error| error::storage(&error))?;
    let (used, identity) = found.ok_or(ProblemType::SignInRequired)?;
    let lock_after = state.lock_after(&used.admin).await.map_err(|error| error::storage(&error))?;
    tracing::info!(admin = used.admin, unlocks = identity.is_some(), "went on with a session");
    let identity = identity.map(|kept| SessionIdentity { half: Hex(kept.half), wrapped: B64u(kept.wrapped) });
    Ok(Json(Resumed { user: used.admin, expires_in: limits.idle, lock_after, identity }))
}

/// Keep what this tab unlocks the identity with
///
/// The tab's own half is never sent; without it this opens nothing.
#[utoipa::path(
    post, path = "/v1/session/identity", operation_id = "keep_session_identity", tag = "sessions",
    request_body(content = SessionIdentity, content_type = "application/json"),
    responses((status = 204, description = "Kept until the session ends"), SessionChangeProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn keep(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<SessionIdentity, BODY>,
) -> Result<StatusCode, Problem> {
    let store = &state.shared().store;
    let own = store.identity_of(&session.admin).await.map_err(|error| error::storage(&error))?;
    let fits = WrappedIdentity::parse(&request.wrapped.0)
        .is_ok_and(|wrapped| wrapped.method() == Method::Session && own.is_some_and(|own| own.id == wrapped.id()));
    if !fits {
        return Err(Problem::new(ProblemType::MalformedMember).at("/wrapped"));
    }
    let identity = vault::SessionIdentity { half: request.half.0, wrapped: request.wrapped.0 };
    let kept = store.keep_identity(&session.token_hash, &identity).await.map_err(|error| error::storage(&error))?;
    if kept { Ok(StatusCode::NO_CONTENT) } else { Err(ProblemType::SignInRequired.into()) }
}

/// Somebody is there
///
/// For a page that is used without asking for anything: the session does not end by itself meanwhile.
#[utoipa::path(
    post, path = "/v1/session/use", operation_id = "use_session", tag = "sessions",
    responses((status = 204, description = "It goes on"), SignedInProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn in_use(_session: SignedIn) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// One's own sessions
#[utoipa::path(
    get, path = "/v1/sessions", operation_id = "sessions", tag = "sessions",
    responses((status = 200, description = "Those that have not ended", body = Sessions), SignedInProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn list(Shared(state): Shared<State>, session: SignedIn) -> Result<Json<Sessions>, Problem> {
    let state = state.shared();
    let rows = state.store.sessions(&session.admin, state.now(), state.sessions).await;
    let rows = rows.map_err(|error| error::storage(&error))?;
    let one = |row: vault::SessionRow| Session {
        id: Hex(row.id),
        started: row.started.to_text(),
        last_used: row.last_used.to_text(),
        own: row.id == session.id,
    };
    Ok(Json(Sessions { sessions: rows.into_iter().map(one).collect() }))
}

/// End one of one's own sessions
#[utoipa::path(
    post, path = "/v1/sessions/end", operation_id = "end_session", tag = "sessions",
    request_body(content = EndSession, content_type = "application/json"),
    responses((status = 200, description = "It has ended, if it was there", body = Recorded), EndSessionProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn end(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<EndSession, BODY>,
) -> Result<Json<Recorded>, Problem> {
    let state = state.shared();
    let log = match record::signed(state, &session, request.log.as_ref(), &[Action::SignOut]).await? {
        Some(signed) => signed.change(RecordedChange::Session(&session.admin, &request.id.0)).await?,
        None => {
            let ended = state.store.end_session_of(&session.admin, &request.id.0).await;
            ended.map_err(|error| error::storage(&error))?;
            None
        }
    };
    tracing::info!(admin = session.admin, "ended a session");
    Ok(Json(Recorded { log }))
}

/// End all of one's other sessions
#[utoipa::path(
    post, path = "/v1/sessions/end-others", operation_id = "end_other_sessions", tag = "sessions",
    request_body(content = EndOthers, content_type = "application/json"),
    responses((status = 200, description = "This one is left", body = Recorded), EndSessionProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn end_others(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<EndOthers, BODY>,
) -> Result<Json<Recorded>, Problem> {
    let state = state.shared();
    let log = match record::signed(state, &session, request.log.as_ref(), &[Action::SignOut]).await? {
        Some(signed) => signed.change(RecordedChange::OtherSessions(&session.admin, &session.token_hash)).await?,
        None => {
            let ended = state.store.end_other_sessions(&session.admin, &session.token_hash).await;
            ended.map_err(|error| error::storage(&error))?;
            None
        }
    };
    tracing::info!(admin = session.admin, "ended the other sessions");
    Ok(Json(Recorded { log }))
}

/// Set when one's pages lock
#[utoipa::path(
    post, path = "/v1/settings", operation_id = "settings", tag = "sessions",
    request_body(content = Settings, content_type = "application/json"),
    responses((status = 204, description = "From the next sign-in on, and for resuming at once"), SessionChangeProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn settings(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<Settings, BODY>,
) -> Result<StatusCode, Problem> {
    let state = state.shared();
    if request.lock_after < SOONEST_LOCK || request.lock_after > state.sessions.idle {
        return Err(Problem::new(ProblemType::MalformedMember).at("/lock_after"));
    }
    let set = state.store.set_lock_after(&session.admin, request.lock_after).await;
    set.map_err(|error| error::storage(&error))?;
    Ok(StatusCode::NO_CONTENT)
}
