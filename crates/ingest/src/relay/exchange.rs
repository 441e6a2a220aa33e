use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::relay::{
    ACKNOWLEDGE_PATH, Acknowledge, BATCH_PATH, Batch, BatchRequest, MAX_BATCH, MAX_DEPOSITS, RelayedDeposit,
};
use nightsafe_proto::wire::{B64u, Hex, read_object};
use nightsafe_serve::problem::Problem;
use nightsafe_store::StoreError;
use nightsafe_store::outbox::{OutboxBatch, OutboxRow, Taken};
use serde::de::DeserializeOwned;

use super::Relay;
use super::openapi::{AcknowledgeProblems, BatchProblems, SignedFields};

/// The oldest deposits
#[utoipa::path(
    post, path = BATCH_PATH, operation_id = "batch", tag = "relay",
    params(SignedFields),
    request_body(content = BatchRequest, content_type = "application/json"),
    responses((status = 200, description = "They stay in the outbox until they are acknowledged", body = Batch), BatchProblems)
)]
pub(super) async fn batch(State(relay): State<Relay>, body: Bytes) -> Result<Json<Batch>, Problem> {
    let limit = parse::<BatchRequest>(&body)?.limit.get().min(MAX_DEPOSITS);
    let _turn = relay.0.reading.lock().await;
    let OutboxBatch { rows, more } = relay.0.outbox.next_batch(limit, MAX_BATCH).await.map_err(storage)?;
    let batch = Batch { deposits: rows.into_iter().map(relayed).collect(), more };
    if !batch.deposits.is_empty() {
        tracing::info!(deposits = batch.deposits.len(), more = batch.more, "deposits handed to the vault");
    }
    Ok(Json(batch))
}

/// Delete what the vault has committed
#[utoipa::path(
    post, path = ACKNOWLEDGE_PATH, operation_id = "acknowledge", tag = "relay",
    params(SignedFields),
    request_body(content = Acknowledge, content_type = "application/json"),
    responses((status = 204, description = "None of them is in the outbox any more"), AcknowledgeProblems)
)]
pub(super) async fn acknowledge(State(relay): State<Relay>, body: Bytes) -> Result<StatusCode, Problem> {
    let request: Acknowledge = parse(&body)?;
    let most = usize::try_from(MAX_DEPOSITS).unwrap_or(usize::MAX);
    if request.deposit_ids.len() > most || request.damaged.len() > most {
        return Err(ProblemType::BatchTooLarge.into());
    }
    let whole = request.deposit_ids.iter().map(|id| Taken { deposit_id: id.0, content: id.0 });
    relay.take_out(&whole.collect::<Vec<_>>()).await?;
    let damaged = request.damaged.iter().map(|one| Taken { deposit_id: one.deposit_id.0, content: one.content.0 });
    let damaged: Vec<_> = damaged.collect();
    if !damaged.is_empty() {
        let rows = relay.take_out(&damaged).await?;
        tracing::error!(
            named = damaged.len(),
            rows,
            "the vault got deposits whose id is not their hash: those that lie here like that are dropped, the vault \
             keeps them in quarantine; the others were changed on the way"
        );
    }
    Ok(StatusCode::NO_CONTENT)
}

impl Relay {
    /// Returns how many rows went.
    async fn take_out(&self, taken: &[Taken]) -> Result<u64, Problem> {
        if taken.is_empty() {
            return Ok(0);
        }
        let rows = self.0.outbox.delete(taken).await.map_err(storage)?;
        tracing::info!(deposits = taken.len(), "the vault has taken deposits");
        Ok(rows)
    }
}

fn relayed(row: OutboxRow) -> RelayedDeposit {
    RelayedDeposit {
        deposit_id: Hex(row.deposit_id),
        day: row.day,
        nonce: B64u(row.nonce.to_vec()),
        body: B64u(row.body),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    read_object(body).ok_or_else(|| ProblemType::MalformedJson.into())
}

fn storage(error: StoreError) -> Problem {
    tracing::error!(%error, "the outbox gives nothing");
    ProblemType::StorageUnavailable.into()
}
