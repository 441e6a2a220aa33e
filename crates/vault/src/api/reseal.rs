//! Sealing anew what somebody who has left could open, by an admin's browser (docs/spec/reseal.md). The only state is what is
//! left: whoever stops, or is stopped, goes on with that.

use axum::Json;
use axum::extract::State as Shared;
use nightsafe_core::audit::Action;
use nightsafe_core::envelope::{Envelope, EnvelopeError};
use nightsafe_core::locator::MAX_FIELDS;
use nightsafe_core::manifest::{self, KeyManifest};
use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, KindName, ManifestHash, Tag};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::openings::Opened;
use nightsafe_proto::vault::reseal::{
    DepositToReseal, KeyLeft, ListToReseal, OpenToReseal, Reseal, ResealLeft, Resealed, ResealedDeposit, ToReseal,
};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{self, FieldOpening, OpeningRequest};

use super::error;
use super::json::Body;
use super::openapi::{AdministratorProblems, ListToResealProblems, OpenToResealProblems, ResealProblems};
use super::openings::{answer, handed_out, not_opened};
use super::record::{self, Recording};
use super::roles::administrator;
use super::search::index_row;
use super::session::SignedIn;
use crate::announce::newest_manifest;
use crate::leavers::known_to_leavers;
use crate::log::Verified;
use crate::{State, state};

/// A key, and an entry for the audit log.
const LIST_BODY: usize = 8192;
const OPEN_BODY: usize = 512 << 10;
/// Deposits with their ciphertext; the longest one alone is half of it.
const BODY: usize = 1 << 20;

/// Deposits of a batch.
const DEPOSITS: usize = 50;
/// Fields of a batch.
const FIELDS: usize = 400;

/// How much is left to be sealed anew
#[utoipa::path(
    get, path = "/v1/reseal", operation_id = "reseal_left", tag = "keys",
    responses((status = 200, description = "For each key that somebody who has left was granted", body = ResealLeft), AdministratorProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn left(Shared(state): Shared<State>, session: SignedIn) -> Result<Json<ResealLeft>, Problem> {
    let state = state.shared();
    administrator(state, &session).await?;
    let left = state.store.deposits_under(&known(state).await?).await.map_err(|error| error::storage(&error))?;
    let keys = left.into_iter().map(|(key, deposits)| KeyLeft { key_id: Hex(key.0), deposits });
    Ok(Json(ResealLeft { keys: keys.collect() }))
}

/// List what is to be sealed anew
#[utoipa::path(
    post, path = "/v1/reseal/list", operation_id = "list_to_reseal", tag = "keys",
    request_body(content = ListToReseal, content_type = "application/json"),
    responses((status = 200, description = "The next of one key", body = ToReseal), ListToResealProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn list(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(request, _share): Body<ListToReseal, LIST_BODY>,
) -> Result<Json<ToReseal>, Problem> {
    let state = state.shared();
    administrator(state, &session).await?;
    let key = KeyId(request.key_id.0);
    if !known(state).await?.contains(&key) {
        return Err(Problem::new(ProblemType::MalformedMember).at("/key_id"));
    }
    if !(1..=DEPOSITS).contains(&(request.limit as usize)) {
        return Err(Problem::new(ProblemType::BatchTooLarge).at("/limit"));
    }
    let recording = Recording::of(state, &session).await?.ok_or(ProblemType::NoLog)?;
    let entries = recording.verified(&request.log, "/log").await?;
    match entries.iter().map(|entry| entry.entry().action()).collect::<Vec<_>>()[..] {
        [Action::List { limit, .. }] if *limit == request.limit => {}
        _ => return Err(record::refused("/log/entries")),
    }
    let written = recording.recorder.append(&entries, None).await.map_err(|error| record::failed(&error))?;
    let log = recording.in_log(&written, request.log.since).await?;
    let after = request.after.map(|after| DepositId(after.0));
    let rows = state.store.next_under(&key, after.as_ref(), request.limit).await;
    let rows = rows.map_err(|error| error::storage(&error))?;
    Ok(Json(ToReseal { deposits: rows.into_iter().map(|row| index_row(row, Vec::new())).collect(), log }))
}

/// Fetch sealed fields, to seal them anew
#[utoipa::path(
    post, path = "/v1/reseal/open", operation_id = "open_to_reseal", tag = "keys",
    request_body(content = OpenToReseal, content_type = "application/json"),
    responses((status = 200, description = "As asked for, in the same order", body = Opened), OpenToResealProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn open(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(batch, _share): Body<OpenToReseal, OPEN_BODY>,
) -> Result<Json<Opened>, Problem> {
    let state = state.shared();
    administrator(state, &session).await?;
    check_size(batch.deposits.iter().map(|deposit| deposit.open.len()))?;
    let known = known(state).await?;
    let (target, _) = target(state, &known).await?;
    if target.0 != batch.key_id.0 {
        return Err(Problem::new(ProblemType::NotTheActiveKey).at("/key_id"));
    }
    let requests = batch.deposits.iter().enumerate().map(|(place, deposit)| request(place, deposit));
    let requests = requests.collect::<Result<Vec<_>, _>>()?;
    for (place, request) in requests.iter().enumerate() {
        if !is_under(state, &request.deposit_id, &known).await? {
            // Somebody else was first; or it was never to be sealed anew, and is not opened by this way
            return Err(Problem::new(ProblemType::UnknownDeposit).at(format!("/deposits/{place}/deposit_id")));
        }
    }
    let recording = Recording::of(state, &session).await?.ok_or(ProblemType::NoLog)?;
    let entries = recording.verified(&batch.log, "/log").await?;
    check_entries(&requests, &entries, target)?;
    let opened = recording.recorder.open_to_reseal(&requests, &entries, |rows| {
        let each = requests.iter().zip(rows).zip(&entries);
        each.fold(true, |agree, ((request, rows), entry)| agree && names(entry, handed_out(request, rows).as_deref()))
    });
    let (answers, written) = opened.await.map_err(not_opened)?;
    let log = Some(recording.in_log(&written, batch.log.since).await?);
    tracing::info!(admin = session.admin, deposits = requests.len(), "handed out to be sealed anew");
    Ok(Json(Opened { deposits: requests.iter().zip(answers).map(answer).collect(), log }))
}

/// Put deposits that were sealed anew in the place of what they were
#[utoipa::path(
    post, path = "/v1/reseal", operation_id = "reseal", tag = "keys",
    request_body(content = Reseal, content_type = "application/json"),
    responses((status = 200, description = "Each deposit whole, or a conflict", body = Resealed), ResealProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn reseal(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(batch, _share): Body<Reseal, BODY>,
) -> Result<Json<Resealed>, Problem> {
    let state = state.shared();
    administrator(state, &session).await?;
    check_size(batch.deposits.iter().map(|deposit| deposit.fields.len()))?;
    let known = known(state).await?;
    let (key, manifest) = target(state, &known).await?;
    if (key.0, manifest.0) != (batch.key_id.0, batch.manifest.0) {
        return Err(ProblemType::NotTheActiveKey.into());
    }
    let resealed = batch.deposits.into_iter().enumerate().map(|(place, one)| resealed(place, one, key, manifest));
    let mut conflicts = Vec::new();
    for one in resealed.collect::<Result<Vec<_>, _>>()? {
        let done = is_under(state, &one.deposit_id, &known).await?
            && state.store.reseal(&one).await.map_err(|error| error::storage(&error))?;
        if !done {
            conflicts.push(Hex(one.deposit_id.0));
        }
    }
    tracing::info!(admin = session.admin, conflicts = conflicts.len(), "sealed anew");
    Ok(Json(Resealed { conflicts }))
}

/// The keys that somebody who has left was granted.
async fn known(state: &state::Shared) -> Result<Vec<KeyId>, Problem> {
    known_to_leavers(&state.roster, &state.store).await.map_err(|unknown| error::roster(&unknown))
}

/// What is sealed to now. Refused when somebody who has left was granted that, too.
async fn target(state: &state::Shared, known: &[KeyId]) -> Result<(KeyId, ManifestHash), Problem> {
    let manifest = newest_manifest(&state.store).await.map_err(|error| error::storage(&error))?;
    let target =
        |manifest: KeyManifest| Some((manifest.active_key(state.now())?.key_id(), manifest::hash(&manifest.encode())));
    manifest.and_then(target).filter(|(key, _)| !known.contains(key)).ok_or_else(|| ProblemType::NotTheActiveKey.into())
}

/// Whether a deposit is sealed to one of these keys.
async fn is_under(state: &state::Shared, deposit: &DepositId, keys: &[KeyId]) -> Result<bool, Problem> {
    let row = state.store.deposit(deposit).await.map_err(|error| error::storage(&error))?;
    Ok(row.is_some_and(|row| keys.contains(&row.key_id)))
}

fn check_size(fields: impl ExactSizeIterator<Item = usize>) -> Result<(), Problem> {
    let (deposits, mut all) = (fields.len(), 0_usize);
    for fields in fields {
        if !(1..=MAX_FIELDS).contains(&fields) {
            return Err(Problem::new(ProblemType::MalformedMember).at("/deposits"));
        }
        all = all.saturating_add(fields);
    }
    if deposits > DEPOSITS || all > FIELDS { Err(ProblemType::BatchTooLarge.into()) } else { Ok(()) }
}

fn request(place: usize, deposit: &DepositToReseal) -> Result<OpeningRequest, Problem> {
    let open = deposit.open.iter().enumerate().map(|(field, open)| {
        let kind = KindName::parse(&open.kind).map_err(|_| {
            Problem::new(ProblemType::MalformedMember).at(format!("/deposits/{place}/open/{field}/kind"))
        })?;
        let (kind, tag) = (kind.as_str().to_owned(), Tag(open.tag.0));
        Ok(FieldOpening { kind, index: open.index, tag, purpose: String::new() })
    });
    let open = open.collect::<Result<_, Problem>>()?;
    Ok(OpeningRequest { deposit_id: DepositId(deposit.deposit_id.0), open, check: Vec::new() })
}

/// One entry for each deposit, in their order, with the key.
fn check_entries(requests: &[OpeningRequest], entries: &[Verified], target: KeyId) -> Result<(), Problem> {
    if requests.len() != entries.len() {
        return Err(record::refused("/log/entries"));
    }
    let is_for = |request: &OpeningRequest, entry: &Verified| match entry.entry().action() {
        Action::Reseal { deposit, data_key, .. } => *deposit == request.deposit_id && *data_key == target,
        _ => false,
    };
    match requests.iter().zip(entries).position(|(request, entry)| !is_for(request, entry)) {
        Some(place) => Err(record::refused(&format!("/log/entries/{place}"))),
        None => Ok(()),
    }
}

/// Whether an entry names exactly what is handed out.
fn names(entry: &Verified, handed_out: Option<&[nightsafe_core::audit::OpenedField]>) -> bool {
    match entry.entry().action() {
        Action::Reseal { fields, .. } => handed_out == Some(fields.as_slice()),
        _ => false,
    }
}

fn resealed(
    place: usize,
    deposit: ResealedDeposit,
    key_id: KeyId,
    manifest: ManifestHash,
) -> Result<vault::Resealed, Problem> {
    let at = |member: &str| format!("/deposits/{place}/{member}");
    let locator = envelope(deposit.locator, key_id, &at("locator"))?.as_bytes().to_vec();
    let fields = deposit.fields.into_iter().enumerate().map(|(number, field)| {
        let envelope = envelope(field.envelope, key_id, &at(&format!("fields/{number}/envelope")))?;
        Ok(vault::ResealedField {
            tag: Tag(field.tag.0),
            before: EnvelopeHash(field.before.0),
            hash: envelope.hash(),
            envelope: envelope.as_bytes().to_vec(),
        })
    });
    Ok(vault::Resealed {
        deposit_id: DepositId(deposit.deposit_id.0),
        before: EnvelopeHash(deposit.before.0),
        manifest,
        key_id,
        locator,
        fields: fields.collect::<Result<_, Problem>>()?,
    })
}

fn envelope(bytes: B64u, key: KeyId, at: &str) -> Result<Envelope, Problem> {
    let refused = |problem: ProblemType| Problem::new(problem).at(at.to_owned());
    let envelope = Envelope::parse(bytes.0).map_err(|error| {
        refused(match error {
            EnvelopeError::Point => ProblemType::LowOrderPoint,
            _ => ProblemType::MalformedEnvelope,
        })
    })?;
    if envelope.key_id() == key { Ok(envelope) } else { Err(refused(ProblemType::WrongEnvelopeKey)) }
}
