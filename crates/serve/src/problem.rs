//! Problem documents as responses.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use nightsafe_proto::problem::{MEDIA_TYPE, ProblemDetails, ProblemType};

/// An error answer. Handlers return `Result<_, Problem>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    problem: ProblemType,
    pointer: Option<String>,
    retry_after: Option<u64>,
}

impl Problem {
    /// An answer of this type.
    pub fn new(problem: ProblemType) -> Self {
        Self { problem, pointer: None, retry_after: default_wait(problem.status()) }
    }

    /// Says which member of the request is meant, as a JSON Pointer (RFC 6901). Made of our own
    /// member names and indexes only, never of names that the request brought.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// Says when to try again, instead of what the status says by itself. Rounded up to whole seconds.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        let started = u64::from(wait.subsec_nanos() > 0);
        self.retry_after = Some(wait.as_secs().saturating_add(started).max(1));
        self
    }

    /// The type.
    pub fn problem_type(&self) -> ProblemType {
        self.problem
    }
}

impl From<ProblemType> for Problem {
    fn from(problem: ProblemType) -> Self {
        Self::new(problem)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = ProblemDetails { pointer: self.pointer, ..ProblemDetails::new(self.problem) };
        let status = StatusCode::from_u16(document.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // A struct of strings and a number always has a JSON form
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Slug(self.problem.slug()));
        response
    }
}

/// The slug of the problem that a response holds; for the request log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slug(pub(crate) &'static str);

/// Seconds after which a busy server is worth another try.
fn default_wait(status: u16) -> Option<u64> {
    match status {
        503 => Some(2),
        429 => Some(10),
        _ => None,
    }
}
