use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::relay::{
    ACKNOWLEDGE_PATH, Acknowledge, BATCH_PATH, Batch, BatchRequest, MAX_BATCH, MAX_BODY, MAX_DEPOSITS, RelayedDeposit,
};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_serve::problem::Problem;
use nightsafe_store::StoreError;
use nightsafe_store::outbox::OutboxRow;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

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
    let rows = relay.0.outbox.next_batch(limit).await.map_err(storage)?;
    let batch = fit(rows, limit);
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
    let mut ids: Vec<[u8; 32]> = request.deposit_ids.iter().map(|id| id.0).collect();
    ids.extend(relay.damaged_here(&request).await.map_err(storage)?);
    if !ids.is_empty() {
        relay.0.outbox.delete(&ids).await.map_err(storage)?;
        tracing::info!(deposits = ids.len(), "the vault has taken deposits");
    }
    Ok(StatusCode::NO_CONTENT)
}

impl Relay {
    /// Those of the damaged deposits that lie in the outbox as the vault saw them. They are among the oldest, because
    /// they were in a batch and nothing overtakes them.
    async fn damaged_here(&self, request: &Acknowledge) -> Result<Vec<[u8; 32]>, StoreError> {
        if request.damaged.is_empty() {
            return Ok(Vec::new());
        }
        let _turn = self.0.reading.lock().await;
        let rows = self.0.outbox.next_batch(MAX_DEPOSITS).await?;
        let is_meant = |row: &&OutboxRow| {
            let content = content(row);
            request.damaged.iter().any(|one| one.deposit_id.0 == row.deposit_id && one.content.0 == content)
        };
        let ids: Vec<[u8; 32]> = rows.iter().filter(is_meant).map(|row| row.deposit_id).collect();
        tracing::error!(
            named = request.damaged.len(),
            here = ids.len(),
            "the vault got deposits whose id is not their hash: those that lie here like that are dropped, the vault \
             keeps them in quarantine; the others were changed on the way"
        );
        Ok(ids)
    }
}

fn content(row: &OutboxRow) -> [u8; 32] {
    Sha256::new().chain_update(row.nonce).chain_update(&row.body).finalize().into()
}

/// As many of the oldest as go into one answer, one at least.
fn fit(rows: Vec<OutboxRow>, limit: u32) -> Batch {
    let mut more = u32::try_from(rows.len()).is_ok_and(|count| count == limit);
    let (mut deposits, mut total) = (Vec::with_capacity(rows.len()), 0_usize);
    for row in rows {
        if row.body.len() > MAX_BODY {
            tracing::error!(bytes = row.body.len(), "a row of the outbox is larger than any deposit: it stays there");
            continue;
        }
        total = total.saturating_add(row.body.len());
        if total > MAX_BATCH {
            more = true;
            break;
        }
        deposits.push(RelayedDeposit {
            deposit_id: Hex(row.deposit_id),
            day: row.day,
            nonce: B64u(row.nonce.to_vec()),
            body: B64u(row.body),
        });
    }
    Batch { deposits, more }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|_| ProblemType::MalformedJson.into())
}

fn storage(error: StoreError) -> Problem {
    tracing::error!(%error, "the outbox gives nothing");
    ProblemType::StorageUnavailable.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bytes: usize) -> OutboxRow {
        OutboxRow { deposit_id: [1; 32], day: "2026-11-21".into(), nonce: [2; 32], body: vec![0; bytes] }
    }

    #[test]
    fn a_batch_is_bounded_in_bytes_too() {
        let batch = fit(vec![row(MAX_BODY); 6], 64);
        assert_eq!((batch.deposits.len(), batch.more), (MAX_BATCH / MAX_BODY, true));
        let batch = fit(vec![row(10); 6], 64);
        assert_eq!((batch.deposits.len(), batch.more), (6, false));
        let batch = fit(vec![row(10); 6], 6);
        assert_eq!((batch.deposits.len(), batch.more), (6, true));
        let batch = fit(vec![row(MAX_BODY + 1), row(10)], 64);
        assert_eq!((batch.deposits.len(), batch.more), (1, false));
    }
}
