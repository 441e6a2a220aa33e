//! Which pages may ask the API, and read its answers: those of the admin origin.
//!
//! Browsers send the session's cookie with whatever a page of the same site asks for. So nothing is done for a request that
//! does not say that it comes from the admin site: no other page can say so.

use std::time::Duration;

use axum::extract::{Request, State as Shared};
use axum::http::header::{CONTENT_TYPE, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::TAB_HEADER;
use nightsafe_serve::problem::Problem;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::State;

/// How long a browser may remember the answer to its preflight.
const MAX_AGE: Duration = Duration::from_secs(600);

/// What browsers say of where a request comes from (Fetch Metadata), and no page can.
const FETCH_SITE: &str = "sec-fetch-site";

/// Allows one origin, with its cookies; also for who stands between its pages and the vault.
pub fn cors(admin_origin: &str) -> CorsLayer {
    let cors = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([CONTENT_TYPE, HeaderName::from_static(TAB_HEADER)])
        .allow_credentials(true)
        .max_age(MAX_AGE);
    match HeaderValue::from_str(admin_origin) {
        Ok(origin) => cors.allow_origin(AllowOrigin::list([origin])),
        // An origin that fits no header is nobody's: nothing is allowed
        Err(_) => cors,
    }
}

/// Refuses what does not come from the admin origin.
pub(crate) async fn check(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    if is_admin_site(request.headers(), &state.shared().admin_origin) {
        return next.run(request).await;
    }
    tracing::warn!("a request of another origin was refused");
    Problem::new(ProblemType::ForeignOrigin).into_response()
}

/// A page that asks its own origin sends no `Origin` with a GET: that can only be the admin site on the API's own origin.
fn is_admin_site(headers: &HeaderMap, admin_origin: &str) -> bool {
    let mut origins = headers.get_all(ORIGIN).into_iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) => origin == admin_origin,
        (None, _) => headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMIN: &str = "https://admin.office.example";

    fn passes(pairs: &[(&'static str, &'static str)]) -> bool {
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        is_admin_site(&headers, ADMIN)
    }

    #[test]
    fn only_the_admin_site_passes() {
        assert!(passes(&[("origin", ADMIN)]));
        assert!(passes(&[("origin", ADMIN), (FETCH_SITE, "same-site")]));
        assert!(passes(&[(FETCH_SITE, "same-origin")]));
        for foreign in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "https://admin.office.example:444")],
            &[("origin", "https://admin.office.example.evil.example")],
            &[("origin", "HTTPS://admin.office.example")],
            &[("origin", "null"), (FETCH_SITE, "same-origin")],
            &[("origin", ADMIN), ("origin", "null")],
            &[(FETCH_SITE, "same-site")],
            &[(FETCH_SITE, "none")],
        ] {
            assert!(!passes(foreign), "{foreign:?}");
        }
    }
}
