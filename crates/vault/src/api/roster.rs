//! Changing the roster. An entry is verified like in a browser before it is taken, so that no single browser spoils the list
//! for all; what it does to who may sign in is done in the same transaction.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use nightsafe_core::audit::{Action, of_grants, of_roster_entry};
use nightsafe_core::note::Note;
use nightsafe_core::roster::{By, Entry, Fault, Roster, RosterError, take_apart};
use nightsafe_core::scalar::{IdentityId, RosterHead};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::log::InLog;
use nightsafe_proto::vault::roster::{DropProposal, Proposals, RosterChange, RosterChanged};
use nightsafe_proto::wire::B64u;
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{NewEntry, Proposal, RecordedChange, StoredGrant, VaultStore};

use super::identity::{GRANTS_BODY, check_keys, granted, malformed, new_grant};
use super::json::Body;
use super::openapi::{AdministratorProblems, RosterProblems, WithdrawProblems};
use super::record::Signed;
use super::roles::{Administrator, administrator};
use super::session::SignedIn;
use super::{error, record};
use crate::{State, state};

/// An id.
const BODY: usize = 1024;

/// Most entries that wait at a time.
const PROPOSALS: usize = 64;

/// Add an entry to the roster
///
/// Newcomers whom it names can sign in from then on, with what is granted along; whoever it removes is out at once. An entry
/// that needs another admin's signature waits, without its grants. Where a log is kept, `log` has a `roster-change` with the
/// entry's head; for one that is taken also a `revoke` of everybody whom it removes, a `recovery` of everybody to whom it gives
/// new keys, and a `grant` for each key and recipient.
#[utoipa::path(
    post, path = "/v1/roster", operation_id = "change_roster", tag = "people",
    request_body(content = RosterChange, content_type = "application/json"),
    responses((status = 200, description = "Taken, or waiting for a signature", body = RosterChanged), RosterProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn change(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<RosterChange, GRANTS_BODY>,
) -> Result<Json<RosterChanged>, Problem> {
    let state = state.shared();
    let by = administrator(state, &session).await?;
    let (note, entry) =
        take_apart(&request.entry).map_err(|_| Problem::new(ProblemType::MalformedMember).at("/entry"))?;
    if !follows(&entry, &by.roster) {
        return Err(ProblemType::RosterMoved.into());
    }
    let to_log = request.log.as_ref();
    let (taken, log) = match Roster::clone(&by.roster).append(&request.entry, by.anchor) {
        Ok(after) => {
            let grants = grants(state, &request.grants, by.id, &after).await?;
            let actions: Vec<_> = of_roster_entry(&after).into_iter().chain(of_grants(granted(&grants))).collect();
            let signed = record::signed(state, &session, to_log, &actions).await?;
            (true, take(state, &by.roster, &after, (request.entry, grants), signed).await?)
        }
        Err(RosterError { fault: Fault::TooFewSignatures, .. }) => {
            let signed = record::signed(state, &session, to_log, &[Action::RosterChange(entry.head())]).await?;
            (false, propose(state, &by, (&note, &entry), signed).await?)
        }
        Err(error) => return Err(refused(&error)),
    };
    tracing::info!(admin = session.admin, sequence = entry.sequence, taken, "changed the roster");
    Ok(Json(RosterChanged { taken, log }))
}

/// Entries that wait for a signature
#[utoipa::path(
    get, path = "/v1/roster/proposals", operation_id = "proposals", tag = "people",
    responses((status = 200, description = "Those that follow the last entry", body = Proposals), AdministratorProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn proposals(Shared(state): Shared<State>, session: SignedIn) -> Result<Json<Proposals>, Problem> {
    let state = state.shared();
    let by = administrator(state, &session).await?;
    let waiting = state.store.proposals().await.map_err(|error| error::storage(&error))?;
    // Entries that site keys signed come by another way, and leave those behind that follow the entry before
    let current = |note: &String| take_apart(note).is_ok_and(|(_, entry)| follows(&entry, &by.roster));
    Ok(Json(Proposals { entries: waiting.into_iter().map(|one| one.note).filter(current).collect() }))
}

/// Drop an entry that waits for a signature
#[utoipa::path(
    post, path = "/v1/roster/proposals/drop", operation_id = "drop_proposal", tag = "people",
    request_body(content = DropProposal, content_type = "application/json"),
    responses((status = 204, description = "It does not wait any more"), WithdrawProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn drop(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<DropProposal, BODY>,
) -> Result<StatusCode, Problem> {
    let state = state.shared();
    administrator(state, &session).await?;
    let dropped = state.store.drop_proposal(&RosterHead(request.head.0)).await;
    dropped.map_err(|error| error::storage(&error))?;
    tracing::info!(admin = session.admin, "dropped a proposal");
    Ok(StatusCode::NO_CONTENT)
}

/// Whether it is written for the place after the roster's last entry.
fn follows(entry: &Entry, roster: &Roster) -> bool {
    Some(entry.sequence) == roster.sequence().checked_add(1) && entry.previous == roster.head()
}

async fn take(
    state: &state::Shared,
    before: &Roster,
    after: &Roster,
    (note, grants): (String, Vec<StoredGrant>),
    signed: Option<Signed<'_>>,
) -> Result<Option<InLog>, Problem> {
    let store = &state.store;
    let ends = after.everybody().filter(|admin| admin.end().is_some_and(|(at, _)| at == after.sequence()));
    let entry = NewEntry {
        sequence: after.sequence(),
        head: after.head(),
        note,
        ended: ends.map(|admin| admin.id()).collect(),
        admitted: admitted(store, after).await?,
        grants,
    };
    let log = match signed {
        Some(signed) => signed.change(RecordedChange::Entry(&entry)).await?.map(Some),
        None => store.take_roster_entry(&entry).await.map_err(|error| error::storage(&error))?.then_some(None),
    };
    if let Some(log) = log {
        return Ok(log);
    }
    let head = store.roster_head().await.map_err(|error| error::storage(&error))?;
    Err(if head == Some(before.head()) { ProblemType::UnknownNewcomer } else { ProblemType::RosterMoved }.into())
}

/// Keeps what one admin signed and two must. It has to be good in all else, and the sender has to be who signed.
async fn propose(
    state: &state::Shared,
    by: &Administrator<'_>,
    (note, entry): (&Note, &Entry),
    recorded: Option<Signed<'_>>,
) -> Result<Option<InLog>, Problem> {
    let after = by.roster.preview(entry, By::Admins, by.anchor).map_err(|error| refused(&error))?;
    let signed = by.roster.signed(note).map_err(|_| Problem::new(ProblemType::RosterRefused))?;
    let waiting = state.store.proposals().await.map_err(|error| error::storage(&error))?;
    if !signed.iter().any(|admin| admin.id() == by.id) || waiting.len() >= PROPOSALS {
        return Err(ProblemType::RosterRefused.into());
    }
    admitted(&state.store, &after).await?;
    let proposal = Proposal { head: entry.head(), note: note.encode() };
    match recorded {
        Some(recorded) => recorded.change(RecordedChange::Proposal(&proposal)).await,
        None => state.store.propose(&proposal).await.map(|()| None).map_err(|error| error::storage(&error)),
    }
}

/// Whom the last entry brings in: newcomers, each under the own name, because nobody else could sign in.
async fn admitted(store: &VaultStore, after: &Roster) -> Result<Vec<(String, IdentityId)>, Problem> {
    let mut admitted = Vec::new();
    for admin in after.active().filter(|admin| admin.since() == after.sequence()) {
        let newcomer = store.newcomer(admin.name().as_str()).await.map_err(|error| error::storage(&error))?;
        if newcomer.is_none_or(|newcomer| newcomer.id != admin.id()) {
            return Err(ProblemType::UnknownNewcomer.into());
        }
        admitted.push((admin.name().as_str().to_owned(), admin.id()));
    }
    Ok(admitted)
}

/// Grants to people of the roster after the entry.
async fn grants(
    state: &state::Shared,
    grants: &[B64u],
    granter: IdentityId,
    after: &Roster,
) -> Result<Vec<StoredGrant>, Problem> {
    let read = grants.iter().enumerate().map(|(place, bytes)| new_grant(place, &bytes.0, Some(granter)));
    let read = read.collect::<Result<Vec<_>, _>>()?;
    let stranger = read.iter().position(|grant| after.active_at(&grant.recipient, after.sequence()).is_none());
    if let Some(place) = stranger {
        return Err(malformed(place));
    }
    check_keys(&state.store, &read).await?;
    Ok(read)
}

fn refused(error: &RosterError) -> Problem {
    tracing::warn!(%error, "an entry of the roster was refused");
    ProblemType::RosterRefused.into()
}
