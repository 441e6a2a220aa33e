//! Reading a request's body within limits of size and time.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use nightsafe_proto::problem::ProblemType;
use tokio::time::timeout;

use crate::limits::{Memory, Share};
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

/// How much room a body gets at first; then twice as much each time, so that a declared length takes up nothing.
const FIRST_ROOM: usize = 16 << 10;

/// Reads a body that is declared as JSON.
///
/// # Errors
/// [`ProblemType::UnsupportedMediaType`], [`ProblemType::BodyTooLarge`],
/// [`ProblemType::RequestTimeout`]; [`ProblemType::MalformedJson`] when the sender hung up.
pub async fn read_json(request: Request<Body>, limits: BodyLimits) -> Result<Vec<u8>, Problem> {
    let room = Memory::new(limits.bytes.saturating_add(FIRST_ROOM));
    read_json_within(request, limits, &room).await.map(|(bytes, _)| bytes)
}

/// Reads a body that is declared as JSON into memory that all requests share: as much as has arrived, not as much as
/// was declared. Keep the [`Share`] as long as anything that was made of the bytes.
///
/// # Errors
/// As [`read_json`], and [`ProblemType::Busy`] when the memory is used up.
pub async fn read_json_within(
    request: Request<Body>,
    limits: BodyLimits,
    memory: &Memory,
) -> Result<(Vec<u8>, Share), Problem> {
    read_within(request, "application/json", limits, memory).await
}

/// The same of a body that is declared as another media type, which is JSON.
///
/// # Errors
/// As [`read_json_within`].
pub async fn read_within(
    request: Request<Body>,
    media_type: &str,
    limits: BodyLimits,
    memory: &Memory,
) -> Result<(Vec<u8>, Share), Problem> {
    // Also what makes a browser ask first (CORS) before it sends from a foreign page
    if !is_declared(request.headers(), media_type) {
        return Err(ProblemType::UnsupportedMediaType.into());
    }
    let mut buffer = Buffer { bytes: Vec::new(), limit: limits.bytes, share: memory.share() };
    timeout(limits.time, buffer.fill(request.into_body())).await.unwrap_or(Err(ProblemType::RequestTimeout.into()))?;
    Ok((buffer.bytes, buffer.share))
}

struct Buffer {
    bytes: Vec<u8>,
    limit: usize,
    share: Share,
}

impl Buffer {
    async fn fill(&mut self, mut body: Body) -> Result<(), Problem> {
        let mut refused = None;
        let mut total = 0_usize;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| ProblemType::MalformedJson)?;
            let Some(chunk) = frame.data_ref() else { continue };
            total = total.saturating_add(chunk.len());
            if refused.is_none()
                && let Err(problem) = self.push(chunk)
            {
                refused = Some(problem);
                self.bytes = Vec::new();
                self.share.release();
            }
            if total > self.limit.saturating_add(DRAIN) {
                break;
            }
        }
        refused.map_or(Ok(()), |problem| Err(problem.into()))
    }

    fn push(&mut self, chunk: &[u8]) -> Result<(), ProblemType> {
        let needed = self.bytes.len().saturating_add(chunk.len());
        if needed > self.limit {
            return Err(ProblemType::BodyTooLarge);
        }
        let has = self.bytes.capacity();
        if needed > has {
            let wanted = has.saturating_mul(2).max(FIRST_ROOM).max(needed).min(self.limit);
            if !self.share.grow(wanted.saturating_sub(has)) {
                return Err(ProblemType::Busy);
            }
            self.bytes.reserve_exact(wanted.saturating_sub(self.bytes.len()));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }
}

fn is_declared(headers: &HeaderMap, media_type: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(media_type))
}
