use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::relay::MAX_REQUEST;
use nightsafe_serve::body::{BodyLimits, read_json};
use nightsafe_serve::http_signature::Refusal;
use nightsafe_serve::problem::Problem;

use super::Relay;

const BODY_LIMITS: BodyLimits = BodyLimits { bytes: MAX_REQUEST, time: Duration::from_secs(10) };

/// Lets signed requests through. No byte of a body is read before its head's signature has been verified.
pub(super) async fn admit(State(relay): State<Relay>, request: Request<Body>, next: Next) -> Response {
    match relay.admitted(request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

impl Relay {
    async fn admitted(&self, request: Request<Body>) -> Result<Request<Body>, Problem> {
        let (head, body) = request.into_parts();
        let signed = self.0.verifier.verify(&head, self.0.clock.now()).map_err(refuse)?;
        if head.method != Method::POST {
            return Err(ProblemType::MethodNotAllowed.into());
        }
        let body = read_json(Request::from_parts(head.clone(), body), BODY_LIMITS).await?;
        signed.check_body(&body).map_err(refuse)?;
        Ok(Request::from_parts(head, Body::from(body)))
    }
}

/// The same answer for everything but a full memory. Only somebody who holds a key gets that far.
fn refuse(refusal: Refusal) -> Problem {
    match refusal {
        // Passers-by; the request's own line in the log is enough
        Refusal::NotSigned | Refusal::Malformed | Refusal::UnknownKey => {
            tracing::debug!(reason = %refusal, "a request to the relay was refused");
        }
        _ => tracing::warn!(reason = %refusal, "a request to the relay was refused"),
    }
    match refusal {
        Refusal::Full => ProblemType::Busy.into(),
        _ => ProblemType::NotSigned.into(),
    }
}
