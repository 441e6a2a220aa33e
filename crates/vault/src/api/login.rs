//! Sign-in and sign-out. A name that does not exist gets the same answers, from the same computation.

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::{Extension, Json};
use nightsafe_core::audit::Action;
use nightsafe_core::time::UnixTime;
use nightsafe_login::{Error as LoginError, ServerLogin};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::login::{LoginFinish, LoginFinished, LoginStart, LoginStarted};
use nightsafe_proto::wire::B64u;
use nightsafe_serve::limits::Client;
use nightsafe_serve::problem::Problem;

use super::json::Body;
use super::openapi::{LoginFinishProblems, LoginStartProblems, SignedInProblems};
use super::session::{SignedIn, new_token};
use super::{error, record};
use crate::pending::{LoginId, Pending};
use crate::setup::is_admin_name;
use crate::{State, state};

/// A sign-in message is at most a few hundred bytes.
const BODY: usize = 4096;

/// Begin to sign in
#[utoipa::path(
    post, path = "/v1/login/start", operation_id = "login_start", tag = "sign-in",
    request_body(content = LoginStart, content_type = "application/json"),
    responses((status = 200, description = "The same shape for a name that does not exist", body = LoginStarted), LoginStartProblems)
)]
pub(super) async fn start(
    Shared(state): Shared<State>,
    client: Option<Extension<Client>>,
    Body(request, _share): Body<LoginStart, BODY>,
) -> Result<Json<LoginStarted>, Problem> {
    let state = state.shared();
    if !is_admin_name(&request.user) {
        return Err(Problem::new(ProblemType::MalformedMember).at("/user"));
    }
    let now = state.now();
    let client = client.map(|Extension(client)| client);
    if !state.limiter.admit(client, &request.user, now) {
        tracing::warn!("sign-in is tried too often");
        return Err(ProblemType::RateLimited.into());
    }
    let record = state.store.admin_record(&request.user).await.map_err(|error| error::storage(&error))?;
    let (login, message) =
        ServerLogin::start(&state.login, &request.user, record.as_deref(), &request.message.0).map_err(malformed)?;
    record_failures(state, state.pending.ended(now)).await?;
    let mut id = LoginId::default();
    getrandom::fill(&mut id).map_err(|_| error::randomness())?;
    if !state.pending.insert(id, Pending { user: request.user, state: login, started: now }) {
        return Err(ProblemType::RateLimited.into());
    }
    Ok(Json(LoginStarted { login: B64u(id.to_vec()), message: B64u(message) }))
}

/// Finish to sign in
#[utoipa::path(
    post, path = "/v1/login/finish", operation_id = "login_finish", tag = "sign-in",
    request_body(content = LoginFinish, content_type = "application/json"),
    responses((status = 200, description = "Signed in", body = LoginFinished), LoginFinishProblems)
)]
pub(super) async fn finish(
    Shared(state): Shared<State>,
    Body(request, _share): Body<LoginFinish, BODY>,
) -> Result<Json<LoginFinished>, Problem> {
    let state = state.shared();
    let now = state.now();
    let admin = passed(state, &request.login, &request.message).await?.ok_or_else(|| {
        // Without the name: it is where a passphrase ends up by mistake
        tracing::warn!("a sign-in failed");
        Problem::new(ProblemType::SignInFailed)
    })?;
    record_failures(state, state.pending.ended(now)).await?;
    let (token, token_hash) = new_token()?;
    let limits = state.sessions;
    state.store.begin_session(&token_hash, &admin, now, limits).await.map_err(|error| error::storage(&error))?;
    tracing::info!(admin, "signed in");
    Ok(Json(LoginFinished { token: B64u(token.to_vec()), expires_in: limits.idle }))
}

/// Sign out
#[utoipa::path(
    post, path = "/v1/logout", operation_id = "logout", tag = "sign-in",
    responses((status = 204, description = "Signed out"), SignedInProblems),
    security(("token" = []))
)]
pub(super) async fn logout(Shared(state): Shared<State>, session: SignedIn) -> Result<StatusCode, Problem> {
    state.shared().store.end_session(&session.token_hash).await.map_err(|error| error::storage(&error))?;
    tracing::info!(admin = session.admin, "signed out");
    Ok(StatusCode::NO_CONTENT)
}

/// Who has shown the passphrase. One answer for an unknown login, one that took too long, a wrong passphrase, an unknown
/// name. A passphrase that was wrong is recorded; a login that was never begun is not, as any stranger can name one: how
/// often one is begun has a limit.
pub(super) async fn passed(state: &state::Shared, login: &B64u, message: &B64u) -> Result<Option<String>, Problem> {
    let now = state.now();
    let begun = LoginId::try_from(login.0.as_slice()).ok().and_then(|id| state.pending.take(&id, now));
    let Some(pending) = begun else { return Ok(None) };
    if pending.state.finish(&message.0).is_err() {
        record_failures(state, vec![(pending.user, now)]).await?;
        return Ok(None);
    }
    Ok(Some(pending.user))
}

/// Failed sign-ins go into the audit log before anything else is answered.
async fn record_failures(state: &state::Shared, failures: Vec<(String, UnixTime)>) -> Result<(), Problem> {
    let Some(log) = &state.log else { return Ok(()) };
    let mut happened = Vec::with_capacity(failures.len());
    for (name, time) in failures {
        // The identity only: a name that nobody has may be a passphrase
        let identity = state.store.identity_of(&name).await.map_err(|error| error::storage(&error))?;
        happened.push((Action::SignInFailed(identity.map(|identity| identity.id)), time));
    }
    log.record(&happened).await.map_err(|error| record::failed(&error))?;
    Ok(())
}

fn malformed(error: LoginError) -> Problem {
    match error {
        LoginError::Randomness => error::randomness(),
        _ => Problem::new(ProblemType::MalformedMember).at("/message"),
    }
}
