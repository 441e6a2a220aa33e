//! Which pages may read the API's answers: those of the admin origin.

use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember the answer to its preflight.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Allows one origin. No cookies are used, so no credentials are allowed.
pub(crate) fn layer(admin_origin: &str) -> CorsLayer {
    let cors = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .max_age(MAX_AGE);
    match HeaderValue::from_str(admin_origin) {
        Ok(origin) => cors.allow_origin(AllowOrigin::list([origin])),
        // An origin that fits no header is nobody's: nothing is allowed
        Err(_) => cors,
    }
}
