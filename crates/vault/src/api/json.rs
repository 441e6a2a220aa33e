//! Bodies of requests.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::wire::read_object;
use nightsafe_serve::body::{BodyLimits, read_json_within};
use nightsafe_serve::limits::Share;
use nightsafe_serve::problem::Problem;
use serde::de::DeserializeOwned;

use crate::State;

/// Until a body is there.
const TIME: Duration = Duration::from_secs(10);

/// A JSON body of at most `BYTES`, and its share of the memory, which is to be kept as long as it.
pub(super) struct Body<T, const BYTES: usize>(pub(super) T, pub(super) Share);

impl<T: DeserializeOwned, const BYTES: usize> FromRequest<State> for Body<T, BYTES> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        let limits = BodyLimits { bytes: BYTES, time: TIME };
        let (bytes, share) = read_json_within(request, limits, &state.shared().memory).await?;
        read_object(&bytes).map(|value| Self(value, share)).ok_or_else(|| ProblemType::MalformedJson.into())
    }
}
