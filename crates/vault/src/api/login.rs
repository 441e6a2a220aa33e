//! Sign-in and sign-out. A name that does not exist gets the same answers, from the same computation.

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use nightsafe_core::audit::Action;
use nightsafe_core::identity::{Method, kit_credential};
use nightsafe_core::time::UnixTime;
use nightsafe_login::{Error as LoginError, ServerLogin};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::identity::{KeptIdentity, KeptWrapped};
use nightsafe_proto::vault::login::{LoginFinish, LoginFinished, LoginStart, LoginStarted, LoginWaiting};
use nightsafe_proto::wire::B64u;
use nightsafe_serve::limits::Client;
use nightsafe_serve::problem::Problem;

use super::json::Body;
use super::openapi::{LoginFinishProblems, LoginStartProblems, SignedInProblems};
use super::session::{SetCookie, Shown, SignedIn, Tab};
use super::{error, record};
use crate::pending::{LoginId, Pending, Shows};
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
    begin(state.shared(), client, request, Shows::Passphrase).await.map(Json)
}

/// Begins to show a passphrase, or the code of a kit. Both are counted as tries of the name: a code is no second set of tries.
pub(super) async fn begin(
    state: &state::Shared,
    client: Option<Extension<Client>>,
    request: LoginStart,
    shows: Shows,
) -> Result<LoginStarted, Problem> {
    if !is_admin_name(&request.user) {
        return Err(Problem::new(ProblemType::MalformedMember).at("/user"));
    }
    let now = state.now();
    let client = client.map(|Extension(client)| client);
    if !state.limiter.admit(client, &request.user, now) {
        tracing::warn!("sign-in is tried too often");
        return Err(ProblemType::RateLimited.into());
    }
    let (credential, record) = match shows {
        Shows::Passphrase => (request.user.clone(), record_of(state, &request.user).await?),
        Shows::Code => {
            let kit = state.store.kit(&request.user).await.map_err(|error| error::storage(&error))?;
            (kit_credential(&request.user), kit.map(|kit| kit.record))
        }
    };
    let (login, message) =
        ServerLogin::start(&state.login, &credential, record.as_deref(), &request.message.0).map_err(malformed)?;
    record_failures(state, state.pending.ended(now)).await?;
    let mut id = LoginId::default();
    getrandom::fill(&mut id).map_err(|_| error::randomness())?;
    if !state.pending.insert(id, Pending { user: request.user, shows, record, state: login, started: now }) {
        return Err(ProblemType::RateLimited.into());
    }
    Ok(LoginStarted { login: B64u(id.to_vec()), message: B64u(message) })
}

/// Finish to sign in
#[utoipa::path(
    post, path = "/v1/login/finish", operation_id = "login_finish", tag = "sign-in",
    request_body(content = LoginFinish, content_type = "application/json"),
    params(("nightsafe-tab" = String, Header, description = "The tab's proof, b64u: the session is this tab's alone")),
    responses(
        (status = 200, description = "Signed in; the session's cookie is set", body = LoginFinished),
        (status = 202, description = "Joined, and not in the roster yet: there is no session", body = LoginWaiting),
        LoginFinishProblems
    )
)]
pub(super) async fn finish(
    Shared(state): Shared<State>,
    tab: Tab,
    Body(request, _share): Body<LoginFinish, BODY>,
) -> Result<Response, Problem> {
    let state = state.shared();
    let now = state.now();
    let passed = passed(state, Shows::Passphrase, (&request.login, &request.message)).await?;
    let Passed { user: admin, record } = passed.ok_or_else(failed)?;
    record_failures(state, state.pending.ended(now)).await?;
    let limits = state.sessions;
    let (proof, cookie) = tab.new_token(limits.absolute)?;
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| error::randomness())?;
    let begun = state.store.begin_session(&proof, &id, (&admin, &record), now, limits).await;
    if !begun.map_err(|error| error::storage(&error))? {
        return waiting(state, &admin, &record).await;
    }
    let lock_after = state.lock_after(&admin).await.map_err(|error| error::storage(&error))?;
    tracing::info!(admin, "signed in");
    Ok((cookie, Json(LoginFinished { expires_in: limits.idle, lock_after })).into_response())
}

/// Somebody who has joined is told so. Whoever was removed, or has got new keys, since the sign-in began is not.
async fn waiting(state: &state::Shared, name: &str, record: &[u8]) -> Result<Response, Problem> {
    let newcomer = state.store.newcomer(name).await.map_err(|error| error::storage(&error))?;
    let newcomer = newcomer.filter(|newcomer| newcomer.record == record).ok_or_else(failed)?;
    tracing::info!(name, "waits to be signed in to the roster");
    let login = Method::Login.as_str().to_owned();
    let way = KeptWrapped { method: login, slot: String::new(), wrapped: B64u(newcomer.wrapped) };
    let identity = KeptIdentity { public: B64u(newcomer.public), wrapped: vec![way] };
    Ok((StatusCode::ACCEPTED, Json(LoginWaiting { identity })).into_response())
}

pub(super) fn failed() -> Problem {
    // Without the name: it is where a passphrase ends up by mistake
    tracing::warn!("a sign-in failed");
    ProblemType::SignInFailed.into()
}

/// Sign out
#[utoipa::path(
    post, path = "/v1/logout", operation_id = "logout", tag = "sign-in",
    responses((status = 204, description = "Signed out"), SignedInProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn logout(Shared(state): Shared<State>, shown: Shown) -> Result<(SetCookie, StatusCode), Problem> {
    let state = state.shared();
    let used = state.store.use_session(&shown.proof, state.now(), state.sessions).await;
    let used = used.map_err(|error| error::storage(&error))?.ok_or(ProblemType::SignInRequired)?;
    state.store.end_session(&shown.proof.token_hash).await.map_err(|error| error::storage(&error))?;
    tracing::info!(admin = used.admin, "signed out");
    Ok((shown.tab.no_cookie()?, StatusCode::NO_CONTENT))
}

/// What a passphrase is held against: an admin's record, or that of somebody who waits. Both are looked up for every name:
/// how long it takes must not tell who is an admin.
async fn record_of(state: &state::Shared, name: &str) -> Result<Option<Vec<u8>>, Problem> {
    let admin = state.store.admin_record(name).await.map_err(|error| error::storage(&error))?;
    let newcomer = state.store.newcomer(name).await.map_err(|error| error::storage(&error))?;
    Ok(admin.or(newcomer.map(|newcomer| newcomer.record)))
}

/// Who has shown a passphrase or a code, and the record that it was held against.
pub(super) struct Passed {
    pub(super) user: String,
    pub(super) record: Vec<u8>,
}

/// Who has shown the passphrase, or the code. One answer for an unknown login, one that took too long, a wrong passphrase or
/// code, an unknown name, one without a kit, and what was begun to show the other of the two. What was wrong is recorded; a
/// login that was never begun is not, as any stranger can name one: how often one is begun has a limit.
pub(super) async fn passed(
    state: &state::Shared,
    shows: Shows,
    (login, message): (&B64u, &B64u),
) -> Result<Option<Passed>, Problem> {
    let now = state.now();
    let begun = LoginId::try_from(login.0.as_slice()).ok().and_then(|id| state.pending.take(&id, now));
    let Some(pending) = begun else { return Ok(None) };
    if pending.shows != shows || pending.state.finish(&message.0).is_err() {
        record_failures(state, vec![(pending.user, now)]).await?;
        return Ok(None);
    }
    Ok(pending.record.map(|record| Passed { user: pending.user, record }))
}

/// Whether a request shows once more the passphrase of who is signed in.
pub(super) async fn is_shown(
    state: &state::Shared,
    session: &SignedIn,
    login: (&B64u, &B64u),
) -> Result<bool, Problem> {
    let passed = passed(state, Shows::Passphrase, login).await?;
    Ok(passed.is_some_and(|passed| passed.user == session.admin))
}

/// Failed sign-ins go into the audit log before anything else is answered.
pub(super) async fn record_failures(state: &state::Shared, failures: Vec<(String, UnixTime)>) -> Result<(), Problem> {
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
