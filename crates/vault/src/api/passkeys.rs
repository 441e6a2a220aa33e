//! One's own passkeys. Adding one asks for the passphrase once more, so that a session that was left open is not enough to make
//! a second way in; removing one leaves its entry in the audit log, and is no way in.

use axum::Json;
use axum::extract::State as Shared;
use nightsafe_core::audit::{Action, PasskeyChange};
use nightsafe_core::identity::{AdminName, Method, WrappedIdentity};
use nightsafe_core::passkey::PasskeyId;
use nightsafe_core::time::UnixTime;
use nightsafe_passkey::{ALGORITHMS, ClientData, RelyingParty};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::log::Recorded;
use nightsafe_proto::vault::passkey::{self, PasskeyFinish, PasskeyRemove, PasskeyStart, PasskeyStarted, Passkeys};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{MAX_PASSKEYS, NewPasskey, Passkey, RecordedChange};

use super::identity::own;
use super::json::Body;
use super::login::{failed, is_shown};
use super::openapi::{PasskeyFinishProblems, PasskeyRemoveProblems, PasskeyStartProblems, SignedInProblems};
use super::passkey_login::ask;
use super::session::SignedIn;
use super::{error, record};
use crate::challenges::{Asked, LIFETIME};
use crate::{State, state};

/// With a credential id of 1023 bytes, an identity, and an entry for the audit log.
const BODY: usize = 32 << 10;

/// One's own passkeys
#[utoipa::path(
    get, path = "/v1/passkeys", operation_id = "passkeys", tag = "passkeys",
    responses((status = 200, description = "Those that are good at this admin site", body = Passkeys), SignedInProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn list(Shared(state): Shared<State>, session: SignedIn) -> Result<Json<Passkeys>, Problem> {
    let state = state.shared();
    let rows = match &state.party {
        Some(party) => kept(state, party, &session).await?,
        None => Vec::new(),
    };
    let one = |row: Passkey| passkey::Passkey {
        id: Hex(row.id.0),
        name: row.name,
        made: row.made.to_text(),
        last_used: row.last_used.map(UnixTime::to_text),
        unlocks: row.unlocks,
    };
    Ok(Json(Passkeys { passkeys: rows.into_iter().map(one).collect() }))
}

/// Begin to add a passkey
///
/// The passphrase is shown here.
#[utoipa::path(
    post, path = "/v1/passkeys/start", operation_id = "passkey_start", tag = "passkeys",
    request_body(content = PasskeyStart, content_type = "application/json"),
    responses((status = 200, description = "Nothing has changed yet", body = PasskeyStarted), PasskeyStartProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn start(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<PasskeyStart, BODY>,
) -> Result<Json<PasskeyStarted>, Problem> {
    let state = state.shared();
    let party = state.party.as_ref().ok_or(ProblemType::PasskeysUnavailable)?;
    if !is_shown(state, &session, (&request.login, &request.message)).await? {
        return Err(failed());
    }
    let identity = own(&state.store, &session).await?.ok_or(ProblemType::PasskeyNotAdded)?;
    let rows = kept(state, party, &session).await?;
    if i64::try_from(rows.len()).is_ok_and(|number| number >= MAX_PASSKEYS) {
        return Err(ProblemType::PasskeyNotAdded.into());
    }
    let challenge = ask(state, Asked::New { session: session.token_hash }, state.now())?;
    Ok(Json(PasskeyStarted {
        challenge: B64u(challenge.to_vec()),
        rp_id: party.id().to_owned(),
        user: B64u(identity.id.as_bytes().to_vec()),
        credentials: rows.into_iter().map(|row| B64u(row.credential)).collect(),
        algorithms: ALGORITHMS.to_vec(),
        expires_in: LIFETIME,
    }))
}

/// Add a passkey
///
/// From then on a sign-in with the passphrase asks for one of the admin's passkeys, too. Where a log is kept, `log` has a
/// `passkey-change`.
#[utoipa::path(
    post, path = "/v1/passkeys/finish", operation_id = "passkey_finish", tag = "passkeys",
    request_body(content = PasskeyFinish, content_type = "application/json"),
    responses((status = 200, description = "It signs in from now on", body = Recorded), PasskeyFinishProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn finish(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<PasskeyFinish, BODY>,
) -> Result<Json<Recorded>, Problem> {
    let state = state.shared();
    let now = state.now();
    let party = state.party.as_ref().ok_or(ProblemType::PasskeysUnavailable)?;
    let at = |pointer: &'static str| Problem::new(ProblemType::MalformedMember).at(pointer);
    let name = AdminName::parse(&request.name).map_err(|_| at("/name"))?;
    let identity = own(&state.store, &session).await?.map(|identity| identity.id);
    let wrapped = match &request.wrapped {
        None => None,
        Some(bytes) => {
            let wrapped = WrappedIdentity::parse(&bytes.0).ok();
            let fits =
                |wrapped: &WrappedIdentity| wrapped.method() == Method::Passkey && identity == Some(wrapped.id());
            Some(wrapped.filter(fits).ok_or_else(|| at("/wrapped"))?.to_bytes())
        }
    };
    let client = ClientData::parse(&request.client_data.0).map_err(|_| at("/client_data"))?;
    let asked = state.challenges.take(client.challenge(), now);
    asked.filter(|asked| *asked == Asked::New { session: session.token_hash }).ok_or(ProblemType::PasskeyNotBegun)?;
    let made = party.registered(&client, &request.authenticator_data.0).map_err(|error| {
        tracing::warn!(admin = session.admin, %error, "a new passkey was refused");
        ProblemType::PasskeyRefused
    })?;
    let id = PasskeyId::of(&made.credential).ok_or(ProblemType::PasskeyRefused)?;
    let new = NewPasskey {
        id: &id,
        admin: &session.admin,
        session: &session.token_hash,
        rp_id: party.id(),
        credential: &made.credential,
        public_key: &made.public_key,
        sign_count: made.sign_count,
        name: name.as_str(),
        wrapped: wrapped.as_deref(),
        made: now,
    };
    let action = Action::PasskeyChange { passkey: id, change: PasskeyChange::Added };
    let log = match record::signed(state, &session, request.log.as_ref(), &[action]).await? {
        Some(signed) => signed.change(RecordedChange::AddPasskey(new)).await?.map(Some),
        None => state.store.add_passkey(new).await.map_err(|error| error::storage(&error))?.then_some(None),
    };
    let log = log.ok_or(ProblemType::PasskeyNotAdded)?;
    tracing::info!(admin = session.admin, unlocks = wrapped.is_some(), "added a passkey");
    Ok(Json(Recorded { log }))
}

/// Remove one of one's own passkeys
///
/// Where a log is kept, `log` has a `passkey-change`.
#[utoipa::path(
    post, path = "/v1/passkeys/remove", operation_id = "passkey_remove", tag = "passkeys",
    request_body(content = PasskeyRemove, content_type = "application/json"),
    responses((status = 200, description = "It signs nobody in any more", body = Recorded), PasskeyRemoveProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn remove(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<PasskeyRemove, BODY>,
) -> Result<Json<Recorded>, Problem> {
    let state = state.shared();
    let (admin, id) = (session.admin.as_str(), PasskeyId(request.id.0));
    let action = Action::PasskeyChange { passkey: id, change: PasskeyChange::Removed };
    let log = match record::signed(state, &session, request.log.as_ref(), &[action]).await? {
        Some(signed) => signed.change(RecordedChange::RemovePasskey(admin, &id)).await?.map(Some),
        None => state.store.remove_passkey(admin, &id).await.map_err(|error| error::storage(&error))?.then_some(None),
    };
    let log = log.ok_or(ProblemType::UnknownPasskey)?;
    tracing::info!(admin, "removed a passkey");
    Ok(Json(Recorded { log }))
}

async fn kept(state: &state::Shared, party: &RelyingParty, session: &SignedIn) -> Result<Vec<Passkey>, Problem> {
    state.store.passkeys(&session.admin, party.id()).await.map_err(|error| error::storage(&error))
}
