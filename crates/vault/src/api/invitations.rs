//! Inviting somebody, and joining by an invitation. Who has joined can do nothing before an admin signs an entry of the
//! roster: there is no session for him, and nothing is granted.

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::{Extension, Json};
use nightsafe_core::identity::AdminName;
use nightsafe_core::invitation::{InvitationToken, MAX_LIFETIME};
use nightsafe_core::roster::{Roles, Roster};
use nightsafe_core::time::UnixTime;
use nightsafe_login::{registration_record, registration_reply};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::invitation::{
    Invitations, Invite, JoinFinish, JoinStart, JoinStarted, OpenInvitation, Waiting, Withdraw,
};
use nightsafe_proto::wire::B64u;
use nightsafe_serve::limits::Client;
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{Invitation, Newcomer, StoredIdentity};

use super::error;
use super::identity::new_identity;
use super::json::Body;
use super::openapi::{AdministratorProblems, InviteProblems, JoinFinishProblems, JoinStartProblems, WithdrawProblems};
use super::roles::administrator;
use super::session::SignedIn;
use crate::{State, state};

/// A name, roles, a hash.
const BODY: usize = 4096;
/// An identity and a registration.
const JOIN_BODY: usize = 16 << 10;

/// Tries to join have a bucket of their own at each address; no admin can have this name.
const JOINING: &str = " joining";

/// Invite somebody
///
/// One open invitation a name. For a name that is active in the roster it is an invitation to make new keys.
#[utoipa::path(
    post, path = "/v1/invitations", operation_id = "invite", tag = "people",
    request_body(content = Invite, content_type = "application/json"),
    responses((status = 204, description = "Whoever has the token may join once"), InviteProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn invite(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<Invite, BODY>,
) -> Result<StatusCode, Problem> {
    let state = state.shared();
    let by = administrator(state, &session).await?;
    let at = |pointer: &'static str| Problem::new(ProblemType::MalformedMember).at(pointer);
    let name = AdminName::parse(&request.name).map_err(|_| at("/name"))?;
    let roles = Roles::parse(&request.roles.join(",")).filter(|roles| roles.iter().eq(&request.roles));
    let roles = roles.ok_or_else(|| at("/roles"))?;
    if !(1..=MAX_LIFETIME).contains(&request.lifetime) {
        return Err(at("/lifetime"));
    }
    if !is_free(state, &by.roster, &name).await? {
        return Err(ProblemType::NameTaken.into());
    }
    let now = state.now();
    let invitation = Invitation {
        name: name.as_str().to_owned(),
        roles: roles.to_text(),
        invited_by: session.admin,
        expires: now.plus(request.lifetime),
    };
    let added = state.store.invite(&invitation, &request.token_hash.0, now).await;
    if !added.map_err(|error| error::storage(&error))? {
        return Err(ProblemType::InvitationExists.into());
    }
    tracing::info!(admin = invitation.invited_by, name = invitation.name, "invited");
    Ok(StatusCode::NO_CONTENT)
}

/// Open invitations, and who waits
#[utoipa::path(
    get, path = "/v1/invitations", operation_id = "invitations", tag = "people",
    responses((status = 200, description = "All of them", body = Invitations), AdministratorProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn list(Shared(state): Shared<State>, session: SignedIn) -> Result<Json<Invitations>, Problem> {
    let state = state.shared();
    administrator(state, &session).await?;
    let open = state.store.invitations(state.now()).await.map_err(|error| error::storage(&error))?;
    let waiting = state.store.newcomers().await.map_err(|error| error::storage(&error))?;
    Ok(Json(Invitations {
        open: open.into_iter().map(open_invitation).collect(),
        waiting: waiting.into_iter().map(waits).collect(),
    }))
}

/// Take an invitation back, or send somebody away who waits
#[utoipa::path(
    post, path = "/v1/invitations/withdraw", operation_id = "withdraw", tag = "people",
    request_body(content = Withdraw, content_type = "application/json"),
    responses((status = 204, description = "There is none for this name"), WithdrawProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn withdraw(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<Withdraw, BODY>,
) -> Result<StatusCode, Problem> {
    let state = state.shared();
    administrator(state, &session).await?;
    if state.store.withdraw(&request.name).await.map_err(|error| error::storage(&error))? {
        tracing::info!(admin = session.admin, name = request.name, "withdrew an invitation");
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Begin to join
///
/// The invitation stays open.
#[utoipa::path(
    post, path = "/v1/invitations/start", operation_id = "join_start", tag = "people",
    request_body(content = JoinStart, content_type = "application/json"),
    responses((status = 200, description = "The invitation is good", body = JoinStarted), JoinStartProblems)
)]
pub(super) async fn start(
    Shared(state): Shared<State>,
    client: Option<Extension<Client>>,
    Body(request, _share): Body<JoinStart, BODY>,
) -> Result<Json<JoinStarted>, Problem> {
    let state = state.shared();
    let (_, invitation) = open(state, client, &request.token).await?;
    let message = registration_reply(&state.login, &invitation.name, &request.message.0);
    let message = message.map_err(|_| Problem::new(ProblemType::MalformedMember).at("/message"))?;
    Ok(Json(JoinStarted { message: B64u(message), name: invitation.name }))
}

/// Join
///
/// Once: the invitation is used up. An admin compares the words of the identity, and signs it in to the roster.
#[utoipa::path(
    post, path = "/v1/invitations/finish", operation_id = "join_finish", tag = "people",
    request_body(content = JoinFinish, content_type = "application/json"),
    responses((status = 204, description = "Waits for an admin"), JoinFinishProblems)
)]
pub(super) async fn finish(
    Shared(state): Shared<State>,
    client: Option<Extension<Client>>,
    Body(request, _share): Body<JoinFinish, JOIN_BODY>,
) -> Result<StatusCode, Problem> {
    let state = state.shared();
    let (token, invitation) = open(state, client, &request.token).await?;
    let at = |pointer: &'static str| Problem::new(ProblemType::MalformedMember).at(pointer);
    let record = registration_record(&request.registration.0).map_err(|_| at("/registration"))?;
    let StoredIdentity { id, public, wrapped } = new_identity(request.identity, &state.site, "/identity")?;
    let [login] = wrapped.as_slice() else { return Err(at("/identity/wrapped")) };
    let newcomer = Newcomer {
        name: invitation.name,
        id,
        record,
        public,
        wrapped: login.wrapped.clone(),
        roles: invitation.roles,
        joined: state.now(),
    };
    let joined = state.store.join(&token.hash(), &newcomer).await;
    if !joined.map_err(|error| error::storage(&error))? {
        return Err(ProblemType::UnknownInvitation.into());
    }
    tracing::info!(name = newcomer.name, identity = %newcomer.id, "joined, and waits");
    Ok(StatusCode::NO_CONTENT)
}

/// The invitation of a token. One answer for an unknown token, a used one, one that was withdrawn or has expired; and tries
/// are counted like those to sign in.
async fn open(
    state: &state::Shared,
    client: Option<Extension<Client>>,
    token: &B64u,
) -> Result<(InvitationToken, Invitation), Problem> {
    let now = state.now();
    if !state.limiter.admit(client.map(|Extension(client)| client), JOINING, now) {
        tracing::warn!("joining is tried too often");
        return Err(ProblemType::RateLimited.into());
    }
    let token = InvitationToken::from_slice(&token.0).ok_or(ProblemType::UnknownInvitation)?;
    let found = state.store.invitation_of(&token.hash(), now).await.map_err(|error| error::storage(&error))?;
    let invitation = found.ok_or_else(|| {
        tracing::warn!("an invitation was tried that is not open");
        Problem::new(ProblemType::UnknownInvitation)
    })?;
    Ok((token, invitation))
}

/// Whether somebody may be invited under a name: nobody has it, or who has it is active in the roster and gets new keys.
async fn is_free(state: &state::Shared, roster: &Roster, name: &AdminName) -> Result<bool, Problem> {
    match roster.active().find(|admin| admin.name().is_like(name)) {
        Some(admin) => Ok(admin.name() == name),
        None => {
            let record = state.store.admin_record(name.as_str()).await.map_err(|error| error::storage(&error))?;
            Ok(record.is_none())
        }
    }
}

fn open_invitation(invitation: Invitation) -> OpenInvitation {
    OpenInvitation {
        name: invitation.name,
        roles: words(&invitation.roles),
        invited_by: invitation.invited_by,
        expires: invitation.expires.to_text(),
    }
}

fn waits(newcomer: Newcomer) -> Waiting {
    Waiting {
        name: newcomer.name,
        roles: words(&newcomer.roles),
        public: B64u(newcomer.public),
        joined: UnixTime::to_text(newcomer.joined),
    }
}

fn words(roles: &str) -> Vec<String> {
    roles.split(',').map(str::to_owned).collect()
}
