//! Takes sealed deposits, hands out the timestamp note, and serves the fields folder.
//!
//! Ingest holds no key that opens anything and can do nothing to stored deposits. What it checks
//! is what can be checked of ciphertext: that it is for this site, sealed to a key of a published
//! manifest, of the right form, and that nothing readable in it looks like plaintext.
//!
//! [`Ingest::new`] takes everything in; [`router`] and [`fields_router`] are what is served. [`relay`] is the way out.

#![forbid(unsafe_code)]

mod admit;
pub mod config;
mod deposits;
mod health;
mod manifests;
pub mod metrics;
pub mod openapi;
pub mod relay;
mod reports;
mod roster;
mod state;
mod timestamp;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};
use axum::routing::{get, post};
use nightsafe_core::anchor::Origin;
use nightsafe_proto::report::REPORTS_PATH;
use nightsafe_serve::api;
use nightsafe_serve::limits::{Guard, admit};
use nightsafe_serve::static_files::{self, RulesError, StaticFolder};
use tower_http::cors::{AllowOrigin, CorsLayer};

use state::Shared;

pub use manifests::ManifestFault;
pub use reports::{ReportLimits, samples_router};
pub use roster::RosterFiles;
pub use state::{Ingest, IngestConfig, IngestError};

/// How long a request may take, its body included.
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// How long a browser may remember the answer to a preflight.
const PREFLIGHT_AGE: Duration = Duration::from_secs(7200);

/// The API of `docs/API.md`, without rates but those of reports: for one machine, or behind something that limits them.
pub fn router(ingest: Arc<Ingest>) -> Router {
    guarded_router(ingest, Guard::default(), ReportLimits::default())
}

/// The API of `docs/API.md`, within the limits of `guard`, and reports of browsers within limits of their own.
pub fn guarded_router(ingest: Arc<Ingest>, guard: Guard, limits: ReportLimits) -> Router {
    let cors = cors(&ingest);
    let Guard { admission, memory } = guard;
    let asked = Router::new()
        .route("/v1/deposits", post(deposits::post))
        .route(timestamp::PATH, get(timestamp::get))
        .route("/v1/openapi.json", get(openapi::get));
    let reported = reports::route(admission.trust.clone(), limits);
    let routes = admit(asked, Arc::new(admission))
        .merge(reported)
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .with_state(Shared { ingest, memory });
    api::wrap(routes, REQUEST_TIME).layer(cors)
}

/// The fields origin: frame, loader, WASM and key manifest, as they lie in `folder`, with the
/// headers of the JSON file `headers` on every answer.
///
/// # Errors
/// When the headers file cannot be read.
pub fn fields_router(folder: PathBuf, headers: PathBuf) -> Result<Router, RulesError> {
    static_files::router(StaticFolder {
        root: folder,
        headers,
        // The shop's page loads the element script with `integrity`
        readable_by_all: true,
    })
}

/// Only pages of the fields origin may read answers, and pages of the admin site the timestamp note; both may report.
/// There are no credentials to send.
fn cors(ingest: &Ingest) -> CorsLayer {
    let (fields, admin) = (ingest.fields_origin.clone(), ingest.admin_origin.clone());
    let allowed = move |origin: &HeaderValue, request: &Parts| {
        let is = |allowed: &Origin| origin.as_bytes() == allowed.as_str().as_bytes();
        let for_admins = [timestamp::PATH, REPORTS_PATH].contains(&request.uri.path());
        is(&fields) || (for_admins && admin.as_ref().is_some_and(is))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([CONTENT_TYPE])
        .expose_headers([RETRY_AFTER])
        .max_age(PREFLIGHT_AGE)
}
