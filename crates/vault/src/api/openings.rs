//! Handing out sealed fields for a purpose, in batches, each recorded.

use axum::Json;
use axum::extract::State as Shared;
use nightsafe_core::scalar::{DepositId, KindName, Tag};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::openings::{FieldRow, Open, OpenDeposit, Opened, OpenedDeposit, PresentRow, Purpose};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault::{self, FieldOpening, OpenedFields, OpeningRequest};

use super::json::Body;
use super::openapi::OpeningProblems;
use super::session::SignedIn;
use super::{error, policy, roles};
use crate::State;

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
    let roles = roles::roles(state, &session).await?;
    policy::check(&state.store, roles.as_ref(), &requests).await?;
    let answers = state
        .store
        .open_fields(&requests, &session.admin, state.now())
        .await
        .map_err(|error| error::storage(&error))?
        .map_err(|_| Problem::new(ProblemType::UnknownDeposit))?;
    let opened: usize = answers.iter().map(|answer| answer.rows.len()).sum();
    let purpose = batch.purpose.map(Purpose::as_str);
    tracing::info!(admin = session.admin, purpose, fields = opened, "fields handed out");
    Ok(Json(Opened { deposits: requests.iter().zip(answers).map(answer).collect() }))
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

fn answer((request, fields): (&OpeningRequest, OpenedFields)) -> OpenedDeposit {
    OpenedDeposit {
        deposit_id: Hex(request.deposit_id.0),
        rows: fields.rows.into_iter().map(field_row).collect(),
        present: fields
            .present
            .into_iter()
            .map(|(tag, hash)| PresentRow { tag: Hex(tag.0), envelope_hash: Hex(hash.0) })
            .collect(),
    }
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
