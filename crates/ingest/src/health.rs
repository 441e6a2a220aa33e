//! `/healthz` and `/readyz`.

use std::sync::Arc;

use axum::extract::State;
use nightsafe_proto::problem::ProblemType;
use nightsafe_serve::problem::Problem;

use crate::openapi::HealthProblems;
use crate::state::Ingest;

/// Answers while the process does
#[utoipa::path(
    get, path = "/healthz",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain"), HealthProblems)
)]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Answers when a deposit would be taken
///
/// A valid manifest is loaded and the outbox takes writes.
#[utoipa::path(
    get, path = "/readyz",
    responses((status = 200, description = "It would", body = String, content_type = "text/plain"), HealthProblems)
)]
pub(crate) async fn readyz(State(ingest): State<Arc<Ingest>>) -> Result<&'static str, Problem> {
    ingest.published()?;
    ingest.outbox.probe().await.map_err(|_| ProblemType::StorageUnavailable)?;
    Ok("ready\n")
}
