//! The OpenAPI document of the relay, generated from the handlers and the types. `docs/openapi/relay.json` is its
//! snapshot. It is not served: whoever does not sign is told nothing.

use nightsafe_proto::openapi::{Responses, responses};
use nightsafe_proto::problem::{ProblemDetails, ProblemType as P};
use utoipa::{IntoParams, IntoResponses, OpenApi};

use super::exchange;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Nightsafe relay",
        description = "Hands the outbox's deposits to the vault. Every request is signed: docs/spec/relay.md is normative.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(exchange::batch, exchange::acknowledge),
    components(schemas(ProblemDetails))
)]
struct Document;

/// The document, as JSON.
pub fn document() -> String {
    // Maps with text names always have a JSON form
    Document::openapi().to_pretty_json().unwrap_or_default()
}

/// The fields that sign a request: RFC 9421 and RFC 9530, in the one spelling that the specification gives.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes header fields that the layer before the handlers reads")]
pub(super) struct SignedFields {
    /// `sha-256` of the body
    #[param(rename = "Content-Digest", pattern = "^sha-256=:[A-Za-z0-9+/]{43}=:$")]
    content_digest: String,
    /// What is signed, when and by which key
    #[param(rename = "Signature-Input", pattern = "^nightsafe=\\(")]
    signature_input: String,
    /// Ed25519
    #[param(rename = "Signature", pattern = "^nightsafe=:[A-Za-z0-9+/]{86}==:$")]
    signature: String,
}

/// What both addresses may answer. The 401 is the same for whatever is not signed, on every address.
const ALWAYS: [P; 8] = [
    P::NotSigned,
    P::MalformedJson,
    P::RequestTimeout,
    P::BodyTooLarge,
    P::UnsupportedMediaType,
    P::InternalError,
    P::Busy,
    P::StorageUnavailable,
];

/// Problems of `POST /v1/relay/batch`.
pub(super) struct BatchProblems;

impl IntoResponses for BatchProblems {
    fn responses() -> Responses {
        responses(&ALWAYS)
    }
}

/// Problems of `POST /v1/relay/acknowledge`.
pub(super) struct AcknowledgeProblems;

impl IntoResponses for AcknowledgeProblems {
    fn responses() -> Responses {
        responses(&[ALWAYS.as_slice(), &[P::BatchTooLarge]].concat())
    }
}
