//! Bodies of requests.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use nightsafe_proto::problem::ProblemType;
use nightsafe_serve::body::{BodyLimits, read_json};
use nightsafe_serve::problem::Problem;
use serde::de::DeserializeOwned;

/// Until a body is there.
const TIME: Duration = Duration::from_secs(10);

/// A JSON body of at most `BYTES`.
pub(super) struct Body<T, const BYTES: usize>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync, const BYTES: usize> FromRequest<S> for Body<T, BYTES> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let bytes = read_json(request, BodyLimits { bytes: BYTES, time: TIME }).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|_| ProblemType::MalformedJson.into())
    }
}
