//! The OpenAPI document of the API, generated from the handlers and the types. `docs/openapi/ingest.json` is its
//! snapshot.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use nightsafe_proto::openapi::{Responses, responses};
use nightsafe_proto::problem::{ProblemDetails, ProblemType as P};
use utoipa::{IntoResponses, OpenApi};

use crate::{deposits, health, reports, timestamp};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Nightsafe ingest",
        description = "Takes sealed deposits and hands out the timestamp note. docs/API.md has the limits.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(deposits::post, timestamp::get, reports::post, health::healthz, health::readyz, get),
    components(schemas(ProblemDetails))
)]
struct Document;

/// The document, as JSON.
pub fn document() -> String {
    // Maps with text names always have a JSON form
    Document::openapi().to_pretty_json().unwrap_or_default()
}

/// This document
#[utoipa::path(
    get, path = "/v1/openapi.json", operation_id = "openapi", tag = "deposits",
    responses((status = 200, description = "OpenAPI 3.1", body = Object), Always)
)]
pub(crate) async fn get() -> Response {
    ([(CONTENT_TYPE, "application/json")], document()).into_response()
}

/// What every address may answer: too many requests, a fault, too much to do.
const ALWAYS: [P; 3] = [P::RateLimited, P::InternalError, P::Busy];

/// Problems of an address that needs nothing.
pub(crate) struct Always;

impl IntoResponses for Always {
    fn responses() -> Responses {
        responses(&ALWAYS)
    }
}

/// Problems of `GET /v1/timestamp`.
pub(crate) struct TimestampProblems;

impl IntoResponses for TimestampProblems {
    fn responses() -> Responses {
        let [limited, fault, busy] = ALWAYS;
        responses(&[limited, fault, busy, P::ManifestUnavailable])
    }
}

/// Problems of `POST /v1/reports`.
pub(crate) struct ReportProblems;

impl IntoResponses for ReportProblems {
    fn responses() -> Responses {
        let [limited, fault, busy] = ALWAYS;
        responses(&[
            P::MalformedJson,
            P::RequestTimeout,
            P::BodyTooLarge,
            P::UnsupportedMediaType,
            limited,
            fault,
            busy,
        ])
    }
}

/// Problems of the two health checks, which have no rates.
pub(crate) struct HealthProblems;

impl IntoResponses for HealthProblems {
    fn responses() -> Responses {
        responses(&[P::InternalError, P::Busy, P::ManifestUnavailable, P::StorageUnavailable])
    }
}

/// Problems of `POST /v1/deposits`.
pub(crate) struct DepositProblems;

impl IntoResponses for DepositProblems {
    fn responses() -> Responses {
        let [limited, fault, busy] = ALWAYS;
        responses(&[
            P::MalformedJson,
            P::MalformedEncoding,
            P::RequestTimeout,
            P::ManifestNotCurrent,
            P::KeyRetired,
            P::BodyTooLarge,
            P::UnsupportedMediaType,
            P::WrongSite,
            P::UnknownKey,
            P::WrongEnvelopeKey,
            P::UnknownKind,
            P::WrongExpiry,
            P::FieldCount,
            P::TagOrder,
            P::EnvelopeTooLarge,
            P::MalformedEnvelope,
            P::LowOrderPoint,
            P::WrongDepositId,
            P::MalformedReference,
            P::MalformedMember,
            P::MalformedFacet,
            P::FacetNotAllowed,
            P::LooksLikePlaintext,
            limited,
            fault,
            busy,
            P::StorageUnavailable,
            P::ManifestUnavailable,
        ])
    }
}
