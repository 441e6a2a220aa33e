//! Signing in by a passkey: after the passphrase, as a second factor; or alone, where its PRF unlocks the identity.

use axum::extract::State as Shared;
use axum::{Extension, Json};
use nightsafe_core::audit::Action;
use nightsafe_core::passkey::PasskeyId;
use nightsafe_core::time::UnixTime;
use nightsafe_passkey::{Assertion, ClientData, RelyingParty};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::login::LoginFinished;
use nightsafe_proto::vault::passkey::{PasskeyAnswer, PasskeyAsked, PasskeyLoginFinished};
use nightsafe_proto::wire::B64u;
use nightsafe_serve::limits::Client;
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{Passkey, UsedPasskey};

use super::json::Body;
use super::login::{failed, record_ended, record_failures, session_id};
use super::openapi::{PasskeyLoginProblems, PasskeyLoginStartProblems, SecondProblems};
use super::session::{SetCookie, Tab};
use super::{error, record};
use crate::challenges::{Asked, Challenge, LIFETIME};
use crate::{State, state};

/// A credential id of 1023 bytes, and what browsers add.
const BODY: usize = 16 << 10;

/// No name is empty: sign-ins by a passkey alone are counted by themselves.
const NOBODY: &str = "";

/// Show a passkey after the passphrase
///
/// Answers the challenge of `POST /v1/login/finish`.
#[utoipa::path(
    post, path = "/v1/login/passkey", operation_id = "login_passkey", tag = "sign-in",
    request_body(content = PasskeyAnswer, content_type = "application/json"),
    params(("nightsafe-tab" = String, Header, description = "The tab's proof, b64u: the session is this tab's alone")),
    responses((status = 200, description = "Signed in; the session's cookie is set", body = LoginFinished), SecondProblems)
)]
pub(super) async fn second(
    Shared(state): Shared<State>,
    tab: Tab,
    Body(request, _share): Body<PasskeyAnswer, BODY>,
) -> Result<(SetCookie, Json<LoginFinished>), Problem> {
    let state = state.shared();
    let now = state.now();
    record_ended(state, now).await?;
    let (client, asked) = answered(state, &request, now)?;
    let Asked::Second { user, record } = asked else { return Err(failed()) };
    let party = state.party.as_ref().ok_or_else(failed)?;
    let passkey = known(state, party, &request).await?.filter(|passkey| passkey.admin == user);
    let Some((passkey, count)) = passkey.and_then(|passkey| verified(party, &client, &request, passkey)) else {
        record_failures(state, vec![(user, now)]).await?;
        return Err(failed());
    };
    let cookie = begin(state, &tab, (&passkey, count), &record, now).await?;
    let lock_after = state.lock_after(&user).await.map_err(|error| error::storage(&error))?;
    tracing::info!(admin = user, "signed in with a passkey, too");
    Ok((cookie, Json(LoginFinished { expires_in: state.sessions.idle, lock_after })))
}

/// Begin to sign in with a passkey alone
///
/// Nobody is named: the browser asks which of its passkeys for this site is meant.
#[utoipa::path(
    post, path = "/v1/login/passkey/start", operation_id = "passkey_login_start", tag = "sign-in",
    responses((status = 200, description = "The same for everybody", body = PasskeyAsked), PasskeyLoginStartProblems)
)]
pub(super) async fn start(
    Shared(state): Shared<State>,
    client: Option<Extension<Client>>,
) -> Result<Json<PasskeyAsked>, Problem> {
    let state = state.shared();
    let now = state.now();
    let party = state.party.as_ref().ok_or(ProblemType::PasskeysUnavailable)?;
    if !state.limiter.admit(client.map(|Extension(client)| client), NOBODY, now) {
        tracing::warn!("sign-in is tried too often");
        return Err(ProblemType::RateLimited.into());
    }
    record_ended(state, now).await?;
    let challenge = ask(state, Asked::SignIn, now)?;
    Ok(Json(asked(party, &challenge, Vec::new())))
}

/// Sign in with a passkey alone
#[utoipa::path(
    post, path = "/v1/login/passkey/finish", operation_id = "passkey_login_finish", tag = "sign-in",
    request_body(content = PasskeyAnswer, content_type = "application/json"),
    params(("nightsafe-tab" = String, Header, description = "The tab's proof, b64u: the session is this tab's alone")),
    responses(
        (status = 200, description = "Signed in; the session's cookie is set", body = PasskeyLoginFinished),
        PasskeyLoginProblems
    )
)]
pub(super) async fn finish(
    Shared(state): Shared<State>,
    tab: Tab,
    Body(request, _share): Body<PasskeyAnswer, BODY>,
) -> Result<(SetCookie, Json<PasskeyLoginFinished>), Problem> {
    let state = state.shared();
    let now = state.now();
    record_ended(state, now).await?;
    let (client, asked) = answered(state, &request, now)?;
    if asked != Asked::SignIn {
        return refused_second(state, asked, now).await;
    }
    let party = state.party.as_ref().ok_or_else(failed)?;
    let passkey = known(state, party, &request).await?;
    let user = passkey.as_ref().map(|passkey| passkey.admin.clone());
    let Some((passkey, count)) = passkey.and_then(|passkey| verified(party, &client, &request, passkey)) else {
        record_unknown(state, user, now).await?;
        return Err(failed());
    };
    let admin = passkey.admin.as_str();
    let wrapped = state.store.wrapped_for_passkey(admin, &passkey.id).await.map_err(|error| error::storage(&error))?;
    let wrapped = B64u(wrapped.ok_or(ProblemType::PasskeyNeedsPassphrase)?);
    let record = state.store.admin_record(admin).await.map_err(|error| error::storage(&error))?.ok_or_else(failed)?;
    let cookie = begin(state, &tab, (&passkey, count), &record, now).await?;
    let lock_after = state.lock_after(admin).await.map_err(|error| error::storage(&error))?;
    tracing::info!(admin, "signed in with a passkey alone");
    let expires_in = state.sessions.idle;
    Ok((cookie, Json(PasskeyLoginFinished { user: passkey.admin, expires_in, lock_after, wrapped })))
}

/// Asks whoever has shown the passphrase for a passkey, too, if there is one for this admin site.
pub(super) async fn ask_second(
    state: &state::Shared,
    admin: &str,
    record: &[u8],
    now: UnixTime,
) -> Result<Option<PasskeyAsked>, Problem> {
    let Some(party) = &state.party else { return Ok(None) };
    let passkeys = state.store.passkeys(admin, party.id()).await.map_err(|error| error::storage(&error))?;
    if passkeys.is_empty() {
        return Ok(None);
    }
    let challenge = ask(state, Asked::Second { user: admin.to_owned(), record: record.to_vec() }, now)?;
    let credentials = passkeys.into_iter().map(|passkey| B64u(passkey.credential)).collect();
    Ok(Some(asked(party, &challenge, credentials)))
}

/// A fresh challenge, for an answer of this kind.
pub(super) fn ask(state: &state::Shared, asked: Asked, now: UnixTime) -> Result<Challenge, Problem> {
    let mut challenge = Challenge::default();
    getrandom::fill(&mut challenge).map_err(|_| error::randomness())?;
    if !state.challenges.ask(challenge, asked, now) {
        return Err(ProblemType::RateLimited.into());
    }
    Ok(challenge)
}

fn asked(party: &RelyingParty, challenge: &Challenge, credentials: Vec<B64u>) -> PasskeyAsked {
    let challenge = B64u(challenge.to_vec());
    PasskeyAsked { challenge, rp_id: party.id().to_owned(), credentials, expires_in: LIFETIME }
}

/// What a challenge was asked for, which is used up by it. Any stranger can name a challenge that was never asked: that is not
/// recorded.
fn answered(state: &state::Shared, request: &PasskeyAnswer, now: UnixTime) -> Result<(ClientData, Asked), Problem> {
    let client = ClientData::parse(&request.client_data.0).map_err(|_| failed())?;
    let asked = state.challenges.take(client.challenge(), now).ok_or_else(failed)?;
    Ok((client, asked))
}

/// The passkey that is said to have signed, whosever it is.
async fn known(
    state: &state::Shared,
    party: &RelyingParty,
    request: &PasskeyAnswer,
) -> Result<Option<Passkey>, Problem> {
    let Some(id) = PasskeyId::of(&request.credential.0) else { return Ok(None) };
    state.store.passkey(&id, party.id()).await.map_err(|error| error::storage(&error))
}

/// With its count now.
fn verified(
    party: &RelyingParty,
    client: &ClientData,
    request: &PasskeyAnswer,
    passkey: Passkey,
) -> Option<(Passkey, u32)> {
    if passkey.credential != request.credential.0 {
        return None;
    }
    let assertion = Assertion { authenticator_data: &request.authenticator_data.0, signature: &request.signature.0 };
    match party.asserted(client, assertion, &passkey.public_key, passkey.sign_count) {
        Ok(count) => Some((passkey, count)),
        Err(error) => {
            tracing::warn!(admin = passkey.admin, %error, "a passkey was refused");
            None
        }
    }
}

async fn begin(
    state: &state::Shared,
    tab: &Tab,
    (passkey, count): (&Passkey, u32),
    record: &[u8],
    now: UnixTime,
) -> Result<SetCookie, Problem> {
    let limits = state.sessions;
    let (proof, cookie) = tab.new_token(limits.absolute)?;
    let used = UsedPasskey { id: &passkey.id, admin: &passkey.admin, count: (passkey.sign_count, count) };
    let begun = state.store.begin_session_by_passkey(&proof, &session_id()?, (record, used), now, limits).await;
    // Removed, used, or the person removed, meanwhile
    if begun.map_err(|error| error::storage(&error))? { Ok(cookie) } else { Err(failed()) }
}

/// A passphrase was right, and what was asked for with it was shown elsewhere: it is used up.
async fn refused_second<T>(state: &state::Shared, asked: Asked, now: UnixTime) -> Result<T, Problem> {
    if let Asked::Second { user, .. } = asked {
        record_failures(state, vec![(user, now)]).await?;
    }
    Err(failed())
}

/// A passkey that was refused, of somebody or of nobody.
async fn record_unknown(state: &state::Shared, user: Option<String>, now: UnixTime) -> Result<(), Problem> {
    let Some(log) = &state.log else { return Ok(()) };
    match user {
        Some(user) => record_failures(state, vec![(user, now)]).await,
        None => {
            log.record(&[(Action::SignInFailed(None), now)]).await.map(drop).map_err(|error| record::failed(&error))
        }
    }
}
