//! Getting back in by a recovery kit. Its code is shown like a passphrase, counted as a try of the same name, and answered
//! alike for a name that nobody has and for one without a kit. What it gives is no session: it is good for a new passphrase.

use axum::extract::State as Shared;
use axum::{Extension, Json};
use nightsafe_core::audit::{Action, RecoveryMethod};
use nightsafe_core::identity::{Method, WrappedIdentity};
use nightsafe_login::{registration_record, registration_reply};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::identity::{KeptIdentity, KeptWrapped};
use nightsafe_proto::vault::log::Recorded;
use nightsafe_proto::vault::login::{LoginFinish, LoginStart, LoginStarted};
use nightsafe_proto::vault::passphrase::PassphraseStarted;
use nightsafe_proto::vault::recovery::{RecoveryFinished, RecoveryPassphraseFinish, RecoveryPassphraseStart};
use nightsafe_proto::wire::B64u;
use nightsafe_serve::limits::Client;
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{RecordedChange, Recovered};

use super::json::Body;
use super::login::{Passed, begin, failed, passed, record_failures};
use super::openapi::{
    RecoveryFinishProblems, RecoveryPassphraseFinishProblems, RecoveryPassphraseStartProblems, RecoveryStartProblems,
};
use super::{error, record};
use crate::pending::Shows;
use crate::state::Recovering;
use crate::tickets::LIFETIME;
use crate::{State, state};

/// A message of a few hundred bytes.
const BODY: usize = 4096;
/// With an identity, and entries for the audit log.
const FINISH_BODY: usize = 16 << 10;

/// Begin to show the code of a recovery kit
#[utoipa::path(
    post, path = "/v1/recovery/start", operation_id = "recovery_start", tag = "recovery",
    request_body(content = LoginStart, content_type = "application/json"),
    responses(
        (status = 200, description = "The same shape for a name that does not exist, and for one without a kit", body = LoginStarted),
        RecoveryStartProblems
    )
)]
pub(super) async fn start(
    Shared(state): Shared<State>,
    client: Option<Extension<Client>>,
    Body(request, _share): Body<LoginStart, BODY>,
) -> Result<Json<LoginStarted>, Problem> {
    begin(state.shared(), client, request, Shows::Code).await.map(Json)
}

/// Show the code of a recovery kit
///
/// There is no session: what is answered is good for a new passphrase only.
#[utoipa::path(
    post, path = "/v1/recovery/finish", operation_id = "recovery_finish", tag = "recovery",
    request_body(content = LoginFinish, content_type = "application/json"),
    responses((status = 200, description = "The code is right", body = RecoveryFinished), RecoveryFinishProblems)
)]
pub(super) async fn finish(
    Shared(state): Shared<State>,
    Body(request, _share): Body<LoginFinish, BODY>,
) -> Result<Json<RecoveryFinished>, Problem> {
    let state = state.shared();
    let now = state.now();
    let passed = passed(state, Shows::Code, (&request.login, &request.message)).await?;
    let Passed { user: admin, record: kit } = passed.ok_or_else(failed)?;
    record_failures(state, state.pending.ended(now)).await?;
    // Dropped or replaced since it was begun to be shown
    let kept = state.store.kit(&admin).await.map_err(|error| error::storage(&error))?;
    kept.filter(|kept| kept.record == kit).ok_or_else(failed)?;
    let identity = state.store.identity_of(&admin).await.map_err(|error| error::storage(&error))?.ok_or_else(failed)?;
    let code = Method::RecoveryCode.as_str();
    let way = identity.wrapped.into_iter().find(|way| way.method == code).ok_or_else(failed)?;
    let way = KeptWrapped { method: way.method, slot: way.slot, wrapped: B64u(way.wrapped) };
    let mut recovery = [0; 32];
    getrandom::fill(&mut recovery).map_err(|_| error::randomness())?;
    let logs = is_logged(state).await?;
    let (id, public) = (identity.id, B64u(identity.public));
    if !state.recoveries.give(recovery, Recovering { admin: admin.clone(), kit, identity: id }, now) {
        return Err(ProblemType::RateLimited.into());
    }
    tracing::info!(admin, "showed the code of the recovery kit");
    let identity = KeptIdentity { public, wrapped: vec![way] };
    Ok(Json(RecoveryFinished { recovery: B64u(recovery.to_vec()), expires_in: LIFETIME, identity, logs }))
}

/// Begin to set a new passphrase by a recovery kit
#[utoipa::path(
    post, path = "/v1/recovery/passphrase/start", operation_id = "recovery_passphrase_start", tag = "recovery",
    request_body(content = RecoveryPassphraseStart, content_type = "application/json"),
    responses((status = 200, description = "Nothing has changed yet", body = PassphraseStarted), RecoveryPassphraseStartProblems)
)]
pub(super) async fn passphrase_start(
    Shared(state): Shared<State>,
    Body(request, _share): Body<RecoveryPassphraseStart, BODY>,
) -> Result<Json<PassphraseStarted>, Problem> {
    let state = state.shared();
    let (_, recovering) = recovering(state, &request.recovery)?;
    let reply = registration_reply(&state.login, &recovering.admin, &request.message.0);
    let message = reply.map_err(|_| Problem::new(ProblemType::MalformedMember).at("/message"))?;
    Ok(Json(PassphraseStarted { message: B64u(message) }))
}

/// Set a new passphrase by a recovery kit
///
/// The kit is used up, and all sessions of the admin end. Where a log is kept, `log` has a `recovery` of the identity by `kit`,
/// then a `passphrase-change`.
#[utoipa::path(
    post, path = "/v1/recovery/passphrase/finish", operation_id = "recovery_passphrase_finish", tag = "recovery",
    request_body(content = RecoveryPassphraseFinish, content_type = "application/json"),
    responses((status = 200, description = "The new one signs in from now on", body = Recorded), RecoveryPassphraseFinishProblems)
)]
pub(super) async fn passphrase_finish(
    Shared(state): Shared<State>,
    Body(request, _share): Body<RecoveryPassphraseFinish, FINISH_BODY>,
) -> Result<Json<Recorded>, Problem> {
    let state = state.shared();
    let (ticket, Recovering { admin, kit, identity }) = recovering(state, &request.recovery)?;
    let at = |pointer: &'static str| Problem::new(ProblemType::MalformedMember).at(pointer);
    let wrapped = WrappedIdentity::parse(&request.wrapped.0).ok();
    let wrapped = wrapped.filter(|wrapped| wrapped.method() == Method::Login && wrapped.id() == identity);
    let wrapped = wrapped.ok_or_else(|| at("/wrapped"))?.to_bytes();
    let new = registration_record(&request.registration.0).map_err(|_| at("/registration"))?;
    let recovered = Recovered { admin: &admin, kit: &kit, record: &new, wrapped: &wrapped };
    let actions = [Action::Recovery { identity, method: RecoveryMethod::Kit }, Action::PassphraseChange];
    let log = match record::signed_by(state, identity, request.log.as_ref(), &actions).await? {
        Some(signed) => signed.change(RecordedChange::Recovery(recovered)).await?.map(Some),
        None => state.store.recover(recovered).await.map_err(|error| error::storage(&error))?.then_some(None),
    };
    let log = log.ok_or(ProblemType::RecoveryEnded)?;
    state.recoveries.end(&ticket);
    tracing::info!(admin, "set a new passphrase by the recovery kit");
    Ok(Json(Recorded { log }))
}

/// One answer for a recovery that was never begun and for one that has ended.
fn recovering(state: &state::Shared, recovery: &B64u) -> Result<([u8; 32], Recovering), Problem> {
    let ticket = <[u8; 32]>::try_from(recovery.0.as_slice()).map_err(|_| ProblemType::RecoveryEnded)?;
    let recovering = state.recoveries.shown(&ticket, state.now()).ok_or(ProblemType::RecoveryEnded)?;
    Ok((ticket, recovering))
}

async fn is_logged(state: &state::Shared) -> Result<bool, Problem> {
    let Some(log) = &state.log else { return Ok(false) };
    Ok(log.recorder().await.map_err(|error| record::failed(&error))?.is_some())
}
