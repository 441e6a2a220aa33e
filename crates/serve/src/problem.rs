//! Problem documents as responses.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use nightsafe_proto::problem::{MEDIA_TYPE, ProblemDetails, ProblemType};

/// An error answer. Handlers return `Result<_, Problem>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    problem: ProblemType,
    pointer: Option<String>,
}

impl Problem {
    /// An answer of this type.
    pub fn new(problem: ProblemType) -> Self {
        Self { problem, pointer: None }
    }

    /// Says which member of the request is meant, as a JSON Pointer (RFC 6901). Made of our own
    /// member names and indexes only, never of names that the request brought.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
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
        if let Some(seconds) = retry_after(status) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        response.extensions_mut().insert(Slug(self.problem.slug()));
        response
    }
}

/// The slug of the problem that a response holds; for the request log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slug(pub(crate) &'static str);

fn retry_after(status: StatusCode) -> Option<&'static str> {
    match status {
        StatusCode::SERVICE_UNAVAILABLE => Some("2"),
        StatusCode::TOO_MANY_REQUESTS => Some("10"),
        _ => None,
    }
}
