//! `POST /v1/deposits`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nightsafe_core::deposit::{Deposit, MAX_BODY};
use nightsafe_core::receipt::{self, Receipt};
use nightsafe_proto::deposit::{DepositReceipt, DepositRequest};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::wire::Hex;
use nightsafe_serve::body::{BodyLimits, read_json_within};
use nightsafe_serve::limits::Memory;
use nightsafe_serve::problem::Problem;
use nightsafe_store::outbox::{InsertError, OutboxRow};

use crate::admit::admit;
use crate::openapi::DepositProblems;
use crate::state::Ingest;

/// A deposit takes a phone on a bad line some seconds; who takes longer holds a slot on purpose.
const BODY_LIMITS: BodyLimits = BodyLimits { bytes: MAX_BODY, time: Duration::from_secs(20) };

/// Store a deposit
///
/// Checks a deposit, stores it, and answers with the receipt once it is on the disk. The same deposit again gets the
/// same answer.
#[utoipa::path(
    post, path = "/v1/deposits", operation_id = "store_deposit", tag = "deposits",
    request_body(content = DepositRequest, content_type = "application/json", description = "At most 262144 bytes"),
    responses((status = 201, description = "It is stored", body = DepositReceipt), DepositProblems)
)]
pub(crate) async fn post(
    State(ingest): State<Arc<Ingest>>,
    State(memory): State<Memory>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    // What is made of the body takes up as much, so its share is kept until the answer
    let (body, _share) = read_json_within(request, BODY_LIMITS, &memory).await?;
    let deposit = read_deposit(&body)?;
    drop(body);
    let now = ingest.clock.now();
    admit(&deposit, ingest.published()?.as_ref(), now)?;
    let row = OutboxRow {
        deposit_id: *deposit.id().as_bytes(),
        day: now.day().to_text(),
        nonce: *deposit.parts().nonce.as_bytes(),
        body: deposit.canonical_body(),
    };
    ingest.outbox.insert(row).await.map_err(insert_problem)?;
    let answer = DepositReceipt { deposit_id: Hex(*deposit.id().as_bytes()), receipt: ingest.receipt(deposit) };
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn read_deposit(body: &[u8]) -> Result<Deposit, Problem> {
    DepositRequest::parse(body).and_then(DepositRequest::into_deposit).map_err(|error| {
        let problem = Problem::new(error.problem);
        if error.pointer.is_empty() { problem } else { problem.at(error.pointer) }
    })
}

fn insert_problem(error: InsertError) -> Problem {
    match error {
        InsertError::Busy => ProblemType::Busy.into(),
        InsertError::NotStored => ProblemType::StorageUnavailable.into(),
    }
}

impl Ingest {
    fn receipt(&self, deposit: Deposit) -> String {
        let id = deposit.id();
        let parts = deposit.into_parts();
        let receipt = Receipt { deposit: id, reference: parts.reference, site: parts.site };
        receipt::sign(&self.receipt_signer, &receipt)
    }
}
