//! Handing out sealed fields for a purpose, in batches, each recorded.

use axum::Json;
use axum::extract::State as Shared;
use nightsafe_core::audit::{Action, OpenedField};
use nightsafe_core::scalar::{DepositId, KindName, Tag};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::openings::{FieldRow, Open, OpenDeposit, Opened, OpenedDeposit, PresentRow, Purpose};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{self, FieldOpening, OpenError, OpenedFields, OpeningRequest, PresentField};

use super::json::Body;
use super::openapi::OpeningProblems;
use super::record::{self, Recording};
use super::session::SignedIn;
use super::{error, policy, roles};
use crate::log::{RecordedOpenError, Verified};
use crate::{State, state};

const BODY: usize = 512 << 10;

/// Deposits of a batch: a day's shipping labels, with room.
const DEPOSITS: usize = 100;

/// Fields of a batch, handed out or checked.
const FIELDS: usize = 1600;

/// Fetch sealed fields, for a purpose
#[utoipa::path(
    post, path = "/v1/openings", operation_id = "open", tag = "deposits",
    request_body(content = Open, content_type = "application/json"),
    responses((status = 200, description = "As asked for, in the same order", body = Opened), OpeningProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn open(
    Shared(state): Shared<State>,
    session: SignedIn,
    Body(batch, _share): Body<Open, BODY>,
) -> Result<Json<Opened>, Problem> {
    let state = state.shared();
    let fields: usize = batch.deposits.iter().map(|one| one.open.len().saturating_add(one.check.len())).sum();
    if batch.deposits.len() > DEPOSITS || fields > FIELDS {
        return Err(ProblemType::BatchTooLarge.into());
    }
    let requests = requests(&batch)?;
    let recording = Recording::of(state, &session).await?;
    let roles = roles::roles(state, &session).await?;
    policy::check(&state.store, roles.as_ref(), &requests).await?;
    let is_check = requests.iter().all(|request| request.open.is_empty());
    let (answers, log) = match recording {
        Some(recording) if !is_check => {
            let to_log = record::required(batch.log.as_ref())?;
            let entries = recording.verified(to_log, "/log").await?;
            check_entries(&requests, &entries)?;
            let rows = (requests.as_slice(), session.admin.as_str(), state.now());
            let opened = recording.recorder.open(rows, &entries, |rows| agree(&requests, &entries, rows)).await;
            let (answers, written) = opened.map_err(not_opened)?;
            (answers, Some(recording.in_log(&written, to_log.since).await?))
        }
        // A check leaves no entry
        Some(_) if batch.log.is_some() => return Err(record::refused("/log")),
        Some(_) => (unrecorded(state, &requests, &session.admin).await?, None),
        None => {
            record::none_wanted(batch.log.as_ref())?;
            (unrecorded(state, &requests, &session.admin).await?, None)
        }
    };
    let opened: usize = answers.iter().map(|answer| answer.rows.len()).sum();
    let purpose = batch.purpose.map(Purpose::as_str);
    tracing::info!(admin = session.admin, purpose, fields = opened, "fields handed out");
    Ok(Json(Opened { deposits: requests.iter().zip(answers).map(answer).collect(), log }))
}

/// A check, or an opening where no log is kept.
async fn unrecorded(
    state: &state::Shared,
    requests: &[OpeningRequest],
    admin: &str,
) -> Result<Vec<OpenedFields>, Problem> {
    let answers = state.store.open_fields(requests, admin, state.now()).await;
    let answers = answers.map_err(|error| error::storage(&error))?;
    answers.map_err(|_| Problem::new(ProblemType::UnknownDeposit))
}

/// One entry for each deposit of which something is opened, in their order, for the stated purpose.
fn check_entries(requests: &[OpeningRequest], entries: &[Verified]) -> Result<(), Problem> {
    let opened: Vec<_> = requests.iter().filter(|request| !request.open.is_empty()).collect();
    if opened.len() != entries.len() {
        return Err(record::refused("/log/entries"));
    }
    for (place, (request, entry)) in opened.iter().zip(entries).enumerate() {
        let is_same = |purpose: &str| request.open.iter().all(|field| field.purpose == purpose);
        match entry.entry().action() {
            Action::Open { deposit, purpose, .. } if *deposit == request.deposit_id && is_same(purpose.as_str()) => {}
            _ => return Err(record::refused(&format!("/log/entries/{place}"))),
        }
    }
    Ok(())
}

/// Whether the entries name exactly what is handed out: every envelope, and nothing else.
fn agree(requests: &[OpeningRequest], entries: &[Verified], rows: &[OpenedFields]) -> bool {
    let opened = requests.iter().zip(rows).filter(|(request, _)| !request.open.is_empty());
    opened.zip(entries).all(|((request, rows), entry)| match entry.entry().action() {
        Action::Open { fields, .. } => handed_out(request, rows).as_ref() == Some(fields),
        _ => false,
    })
}

/// In the order of an entry.
pub(super) fn handed_out(request: &OpeningRequest, rows: &OpenedFields) -> Option<Vec<OpenedField>> {
    let mut fields = Vec::with_capacity(rows.rows.len());
    for field in &request.open {
        for row in rows.rows.iter().filter(|row| row.tag == field.tag) {
            let kind = KindName::parse(&field.kind).ok()?;
            fields.push(OpenedField { kind, index: field.index, point: row.point()? });
        }
    }
    fields.sort_unstable();
    Some(fields)
}

pub(super) fn not_opened(error: RecordedOpenError) -> Problem {
    match error {
        RecordedOpenError::Open(OpenError::UnknownDeposit(_)) => ProblemType::UnknownDeposit.into(),
        RecordedOpenError::Open(OpenError::Differs) => ProblemType::LogEntryDiffers.into(),
        RecordedOpenError::Open(OpenError::Append(error)) => record::failed(&error.into()),
        RecordedOpenError::Log(error) => record::failed(&error),
    }
}

fn requests(batch: &Open) -> Result<Vec<OpeningRequest>, Problem> {
    let deposits = batch.deposits.iter().enumerate();
    deposits.map(|(position, deposit)| request(position, deposit, batch.purpose)).collect()
}

/// A purpose is needed for what is opened only: a check is not recorded.
fn request(position: usize, deposit: &OpenDeposit, purpose: Option<Purpose>) -> Result<OpeningRequest, Problem> {
    let open = deposit.open.iter().enumerate().map(|(field, open)| {
        let purpose = purpose.ok_or(Problem::new(ProblemType::MalformedJson).at("/purpose"))?;
        let kind = KindName::parse(&open.kind).map_err(|_| {
            Problem::new(ProblemType::MalformedMember).at(format!("/deposits/{position}/open/{field}/kind"))
        })?;
        Ok(FieldOpening {
            kind: kind.as_str().to_owned(),
            index: open.index,
            tag: Tag(open.tag.0),
            purpose: purpose.as_str().to_owned(),
        })
    });
    Ok(OpeningRequest {
        deposit_id: DepositId(deposit.deposit_id.0),
        open: open.collect::<Result<_, Problem>>()?,
        check: deposit.check.iter().map(|tag| Tag(tag.0)).collect(),
    })
}

pub(super) fn answer((request, fields): (&OpeningRequest, OpenedFields)) -> OpenedDeposit {
    OpenedDeposit {
        deposit_id: Hex(request.deposit_id.0),
        rows: fields.rows.into_iter().map(field_row).collect(),
        present: fields.present.into_iter().map(present).collect(),
    }
}

fn present(row: PresentField) -> PresentRow {
    PresentRow { tag: Hex(row.tag.0), envelope_hash: Hex(row.hash.0), point: row.point.map(|point| Hex(point.0)) }
}

fn field_row(row: vault::FieldRow) -> FieldRow {
    FieldRow {
        tag: Hex(row.tag.0),
        kind: row.kind,
        key_id: Hex(row.key_id.0),
        expires: row.expires,
        envelope: B64u(row.envelope),
    }
}
