//! The OpenAPI document of the API, generated from the handlers and the types. `docs/openapi/vault.json` is its
//! snapshot.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use nightsafe_proto::openapi::{Responses, responses};
use nightsafe_proto::problem::{ProblemDetails, ProblemType as P};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};

use super::{custody, identity, log, login, openings, passphrase, record, search};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Nightsafe vault",
        description = "For signed-in admins: sign-in by OPAQUE, search over what stays readable, sealed fields for a purpose, the audit log.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        login::start,
        login::finish,
        login::logout,
        passphrase::start,
        passphrase::finish,
        identity::get,
        identity::take,
        identity::roster,
        identity::grant,
        custody::custody,
        custody::manifests,
        search::search,
        openings::open,
        log::checkpoint,
        log::tile,
        log::entries,
        record::record,
        super::alive,
        super::ready,
        get
    ),
    components(schemas(ProblemDetails)),
    modifiers(&Bearer)
)]
struct Document;

/// The token that sign-in gives.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

/// The document, as JSON.
pub fn document() -> String {
    // Maps with text names always have a JSON form
    Document::openapi().to_pretty_json().unwrap_or_default()
}

/// This document
#[utoipa::path(
    get, path = "/v1/openapi.json", operation_id = "openapi", tag = "service",
    responses((status = 200, description = "OpenAPI 3.1", body = Object), Always)
)]
pub(super) async fn get() -> Response {
    ([(CONTENT_TYPE, "application/json")], document()).into_response()
}

/// What the two health checks may answer, which have no rates.
const HEALTH: [P; 3] = [P::InternalError, P::Busy, P::StorageUnavailable];
/// What every other address may answer.
const ALWAYS: [P; 4] = [P::RateLimited, P::InternalError, P::Busy, P::StorageUnavailable];
/// And those that leave an entry in the audit log.
const RECORDED: [P; 7] = [
    P::LogEntryRefused,
    P::LogEntryRepeated,
    P::ClockDiffers,
    P::NotInRoster,
    P::SignInNotRecorded,
    P::LogShorter,
    P::LogUnavailable,
];
/// And every address that takes a body.
const BODY: [P; 4] = [P::MalformedJson, P::RequestTimeout, P::BodyTooLarge, P::UnsupportedMediaType];

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = [$($list:expr),+];)+) => {
        $(
            $(#[$doc])*
            pub(super) struct $name;

            impl IntoResponses for $name {
                fn responses() -> Responses {
                    responses(&[$($list.as_slice()),+].concat())
                }
            }
        )+
    };
}

problems! {
    /// Problems of the two health checks.
    HealthProblems = [HEALTH];
    /// Problems of an address that needs nothing.
    Always = [ALWAYS];
    /// Problems of an address that asks for a token.
    SignedInProblems = [ALWAYS, [P::SignInRequired]];
    /// Problems of the audit log's checkpoint and tiles.
    LogProblems = [ALWAYS, [P::SignInRequired, P::NotFound, P::LogUnavailable]];
    /// Problems of `POST /v1/log/entries`.
    LogEntriesProblems = [
        ALWAYS,
        BODY,
        [P::SignInRequired, P::NotFound, P::BatchTooLarge, P::MalformedMember, P::LogShorter, P::LogUnavailable]
    ];
    /// Problems of `POST /v1/log/record`.
    RecordProblems = [ALWAYS, BODY, RECORDED, [P::SignInRequired, P::BatchTooLarge]];
    /// Problems of `POST /v1/login/start`.
    LoginStartProblems = [ALWAYS, BODY, [P::MalformedMember, P::LogUnavailable]];
    /// Problems of `POST /v1/login/finish`.
    LoginFinishProblems = [ALWAYS, BODY, [P::SignInFailed, P::LogUnavailable]];
    /// Problems of `POST /v1/passphrase/start`.
    PassphraseStartProblems = [ALWAYS, BODY, [P::SignInRequired, P::MalformedMember]];
    /// Problems of `POST /v1/passphrase/finish`.
    PassphraseFinishProblems = [ALWAYS, BODY, [P::SignInRequired, P::SignInFailed, P::MalformedMember, P::LogUnavailable]];
    /// Problems of `POST /v1/identity`.
    NewIdentityProblems = [ALWAYS, BODY, [P::SignInRequired, P::MalformedMember, P::IdentityExists]];
    /// Problems of `POST /v1/grants`.
    GrantProblems = [ALWAYS, BODY, [P::SignInRequired, P::MalformedMember]];
    /// Problems of `POST /v1/deposits/search`.
    SearchProblems = [
        ALWAYS,
        BODY,
        RECORDED,
        [P::SignInRequired, P::MalformedSearch, P::BatchTooLarge, P::LogEntryRequired]
    ];
    /// Problems of `POST /v1/openings`.
    OpeningProblems = [
        ALWAYS,
        BODY,
        RECORDED,
        [P::SignInRequired, P::OpeningNotAllowed, P::UnknownDeposit, P::BatchTooLarge, P::MalformedMember],
        [P::LogEntryRequired, P::LogEntryDiffers]
    ];
}
