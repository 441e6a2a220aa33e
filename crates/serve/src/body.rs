//! Reading a request's body within limits of size and time.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use nightsafe_proto::problem::ProblemType;
use tokio::time::timeout;

use crate::problem::Problem;

/// How much of a body that is too large is read and dropped, so that its sender gets to see the
/// answer instead of a broken connection.
const DRAIN: usize = 4 << 20;

/// Limits of a body.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// Bytes.
    pub bytes: usize,
    /// Until the last byte is there.
    pub time: Duration,
}

/// Reads a body that is declared as JSON.
///
/// # Errors
/// [`ProblemType::UnsupportedMediaType`], [`ProblemType::BodyTooLarge`],
/// [`ProblemType::RequestTimeout`]; [`ProblemType::MalformedJson`] when the sender hung up.
pub async fn read_json(request: Request<Body>, limits: BodyLimits) -> Result<Vec<u8>, Problem> {
    // Also what makes a browser ask first (CORS) before it sends from a foreign page
    if !is_json(request.headers()) {
        return Err(ProblemType::UnsupportedMediaType.into());
    }
    let declared = declared_length(request.headers());
    timeout(limits.time, collect(request.into_body(), declared, limits.bytes))
        .await
        .unwrap_or(Err(ProblemType::RequestTimeout.into()))
}

async fn collect(mut body: Body, declared: usize, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::with_capacity(declared.min(limit));
    let mut total = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ProblemType::MalformedJson)?;
        let Some(chunk) = frame.data_ref() else { continue };
        total = total.saturating_add(chunk.len());
        if total <= limit {
            bytes.extend_from_slice(chunk);
        } else if total > limit.saturating_add(DRAIN) {
            break;
        }
    }
    if total > limit {
        return Err(ProblemType::BodyTooLarge.into());
    }
    Ok(bytes)
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn declared_length(headers: &HeaderMap) -> usize {
    let value = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}
