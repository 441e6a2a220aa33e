//! The JSON API of `nightsafe_proto::vault`.

mod custody;
mod error;
mod identity;
mod invitations;
mod json;
mod kit;
mod log;
mod login;
mod openapi;
mod openings;
mod organisation;
mod passkey_login;
mod passkeys;
mod passphrase;
mod policy;
mod record;
mod recovery;
mod reseal;
mod roles;
mod roster;
mod search;
mod session;
mod sessions;

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use nightsafe_serve::limits::admit;

use crate::{State, origin};

use self::openapi::HealthProblems;
pub use self::openapi::document as openapi_document;

/// How long a handler may take; the largest batch is a matter of milliseconds.
const TIME: Duration = Duration::from_secs(20);

/// The vault's API, within its limits. Everything but health and the OpenAPI document is for pages of the
/// admin site only, and everything but sign-in, joining and recovery asks for a session.
pub fn router(state: State) -> Router {
    let cors = origin::cors(&state.shared().admin_origin);
    let asked = Router::new()
        .route("/v1/login/start", post(login::start))
        .route("/v1/login/finish", post(login::finish))
        .route("/v1/login/passkey", post(passkey_login::second))
        .route("/v1/login/passkey/start", post(passkey_login::start))
        .route("/v1/login/passkey/finish", post(passkey_login::finish))
        .route("/v1/logout", post(login::logout))
        .route("/v1/passkeys", get(passkeys::list))
        .route("/v1/passkeys/start", post(passkeys::start))
        .route("/v1/passkeys/finish", post(passkeys::finish))
        .route("/v1/passkeys/remove", post(passkeys::remove))
        .route("/v1/passphrase/start", post(passphrase::start))
        .route("/v1/passphrase/finish", post(passphrase::finish))
        .route("/v1/kit", get(kit::get))
        .route("/v1/kit/start", post(kit::start))
        .route("/v1/kit/finish", post(kit::finish))
        .route("/v1/kit/drop", post(kit::drop))
        .route("/v1/recovery/start", post(recovery::start))
        .route("/v1/recovery/finish", post(recovery::finish))
        .route("/v1/recovery/passphrase/start", post(recovery::passphrase_start))
        .route("/v1/recovery/passphrase/finish", post(recovery::passphrase_finish))
        .route("/v1/recovery-grants", get(organisation::get).post(organisation::grant))
        .route("/v1/identity", get(identity::get).post(identity::take))
        .route("/v1/roster", get(identity::roster).post(roster::change))
        .route("/v1/roster/proposals", get(roster::proposals))
        .route("/v1/roster/proposals/drop", post(roster::drop))
        .route("/v1/invitations", get(invitations::list).post(invitations::invite))
        .route("/v1/invitations/withdraw", post(invitations::withdraw))
        .route("/v1/invitations/start", post(invitations::start))
        .route("/v1/invitations/finish", post(invitations::finish))
        .route("/v1/grants", post(identity::grant))
        .route("/v1/custody", get(custody::custody))
        .route("/v1/manifests", get(custody::manifests))
        .route("/v1/deposits/search", post(search::search))
        .route("/v1/openings", post(openings::open))
        .route("/v1/reseal", get(reseal::left).post(reseal::reseal))
        .route("/v1/reseal/list", post(reseal::list))
        .route("/v1/reseal/open", post(reseal::open))
        .route("/v1/log/checkpoint", get(log::checkpoint))
        .route("/v1/log/tile/{*path}", get(log::tile))
        .route("/v1/log/entries", post(log::entries))
        .route("/v1/log/record", post(record::record))
        .route("/v1/session/resume", post(sessions::resume))
        .route("/v1/session/identity", post(sessions::keep))
        .route("/v1/session/use", post(sessions::in_use))
        .route("/v1/sessions", get(sessions::list))
        .route("/v1/sessions/end", post(sessions::end))
        .route("/v1/sessions/end-others", post(sessions::end_others))
        .route("/v1/settings", post(sessions::settings))
        .route_layer(middleware::from_fn_with_state(state.clone(), origin::check))
        .route("/v1/openapi.json", get(openapi::get));
    let routes = admit(asked, Arc::clone(&state.shared().admission))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .with_state(state);
    nightsafe_serve::api::wrap(routes, TIME).layer(middleware::map_response(name_scheme)).layer(cors)
}

/// Answers while the process does
#[utoipa::path(
    get, path = "/healthz", operation_id = "healthz", tag = "service",
    responses((status = 204, description = "It does"), HealthProblems)
)]
async fn alive() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers when the database does
#[utoipa::path(
    get, path = "/readyz", operation_id = "readyz", tag = "service",
    responses((status = 204, description = "It does"), HealthProblems)
)]
async fn ready(axum::extract::State(state): axum::extract::State<State>) -> Response {
    match state.shared().store.probe().await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => error::storage(&error).into_response(),
    }
}

/// A 401 says how to authenticate (RFC 9110, 15.5.2): there is no registered name for a cookie.
async fn name_scheme(mut response: Response) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Cookie"));
    }
    response
}
