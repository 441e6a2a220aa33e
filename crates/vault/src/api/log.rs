//! Reading the audit log: checkpoint and tiles as in `docs/spec/log.md`, and the entries, which are sealed to auditors.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use nightsafe_core::log::{MAX_SIZE, Tile};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::log::{Entries, EntryRange, LogEntry};
use nightsafe_proto::wire::{B64u, Hex};
use nightsafe_serve::problem::Problem;
use nightsafe_store::vault;

use super::json::Body;
use super::openapi::{LogEntriesProblems, LogProblems};
use super::session::SignedIn;
use super::{error, record};
use crate::State;
use crate::log::AuditLog;

const BODY: usize = 1024;

/// Entries of an answer: as many as a bundle has.
const ENTRIES: u32 = 256;

/// The audit log's checkpoint
#[utoipa::path(
    get, path = "/v1/log/checkpoint", operation_id = "log_checkpoint", tag = "log",
    responses((status = 200, description = "A C2SP tlog-checkpoint", body = String, content_type = "text/plain"), LogProblems),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn checkpoint(Shared(state): Shared<State>, _session: SignedIn) -> Result<Response, Problem> {
    let note = log(&state)?.checkpoint().await.map_err(|error| record::failed(&error))?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

/// A tile of the audit log's hashes, or a bundle of its leaves
///
/// Below this address the paths are those of C2SP tlog-tiles: `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`. An
/// entry of a bundle is a leaf: the 32 bytes of a commitment.
#[utoipa::path(
    get, path = "/v1/log/tile/{path}", operation_id = "log_tile", tag = "log",
    params(("path" = String, Path, description = "The rest of the tile's path, slashes and all")),
    responses(
        (status = 200, description = "As it is for ever", body = String, content_type = "application/octet-stream"),
        LogProblems
    ),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn tile(Shared(state): Shared<State>, _session: SignedIn, uri: Uri) -> Result<Response, Problem> {
    log(&state)?;
    // As it was sent: a path with an escape in it is not one that a log writes
    let path = uri.path().strip_prefix("/v1/log/").unwrap_or_default();
    let tile = Tile::parse_path(path).map_err(|_| ProblemType::NotFound)?;
    let bytes = state.shared().store.log_tile(tile).await.map_err(|error| error::storage(&error))?;
    let bytes = bytes.ok_or(ProblemType::NotFound)?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

/// Sealed entries of the audit log
#[utoipa::path(
    post, path = "/v1/log/entries", operation_id = "log_entries", tag = "log",
    request_body(content = EntryRange, content_type = "application/json"),
    responses(
        (status = 200, description = "In their order; those that were erased are missing", body = Entries),
        LogEntriesProblems
    ),
    security(("cookie" = [], "tab" = []))
)]
pub(super) async fn entries(
    Shared(state): Shared<State>,
    _session: SignedIn,
    Body(range, _share): Body<EntryRange, BODY>,
) -> Result<Json<Entries>, Problem> {
    let log = log(&state)?;
    if range.first > MAX_SIZE {
        return Err(Problem::new(ProblemType::MalformedMember).at("/first"));
    }
    if range.count > ENTRIES {
        return Err(Problem::new(ProblemType::BatchTooLarge).at("/count"));
    }
    let found = state.shared().store.log_entries(range.first, range.count).await;
    let found = found.map_err(|error| error::storage(&error))?;
    let log = match range.since {
        Some(since) => {
            // After the entries: so it is over all of them
            let checkpoint = log.checkpoint().await.map_err(|error| record::failed(&error))?;
            let proofs = log.proofs(checkpoint, since, found.iter().map(|entry| entry.number)).await;
            let proofs = proofs.map_err(|error| record::failed(&error))?;
            Some(record::in_log(proofs.ok_or_else(|| Problem::new(ProblemType::LogShorter).at("/since"))?))
        }
        None => None,
    };
    Ok(Json(Entries { entries: found.into_iter().map(entry).collect(), log }))
}

fn entry(found: vault::LogEntry) -> LogEntry {
    LogEntry {
        number: found.number,
        commitment: Hex(found.commitment.0),
        key_id: Hex(found.entry.key_id.0),
        sealed: B64u(found.entry.sealed),
    }
}

/// A vault without a log key has no log.
fn log(state: &State) -> Result<&AuditLog, Problem> {
    state.shared().log.as_ref().ok_or_else(|| ProblemType::NotFound.into())
}
