//! What every API router is wrapped in: request ids and log, time limit, security headers, and
//! problem documents for whatever goes wrong outside of a handler.

use std::any::Any;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method, Response};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use nightsafe_proto::problem::ProblemType;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use crate::metrics::ListenerMetrics;
use crate::problem::{Problem, Slug};

/// Name of the header that carries the id under which a request is logged.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps an API. A handler that takes longer than `time` is given up: its client gets
/// [`ProblemType::Busy`] and may send the same request again.
pub fn wrap(router: Router, time: Duration) -> Router {
    wrap_whole(with_fallbacks(router), time)
}

/// Answers what no route does. [`wrap`] does this; it is apart for routers with a layer that every request must pass,
/// whatever it asks for.
pub fn with_fallbacks(router: Router) -> Router {
    router
        .fallback(|| async { Problem::new(ProblemType::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::new(ProblemType::MethodNotAllowed) })
}

/// [`wrap`] for a router that has fallbacks.
pub fn wrap_whole(router: Router, time: Duration) -> Router {
    wrap_logged(router.layer(from_fn_with_state(time, limit_time))).layer(from_fn(add_security_headers))
}

/// Request log and panics, for routers that set their own headers.
pub(crate) fn wrap_logged(router: Router) -> Router {
    router.layer(CatchPanicLayer::custom(answer_panic)).layer(from_fn(log_request))
}

async fn limit_time(State(time): State<Duration>, request: Request, next: Next) -> Response<Body> {
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(ProblemType::Busy).into_response(),
    }
}

fn answer_panic(_message: Box<dyn Any + Send + 'static>) -> Response<Body> {
    Problem::new(ProblemType::InternalError).into_response()
}

async fn log_request(request: Request, next: Next) -> Response<Body> {
    let started = Instant::now();
    let id = request_id();
    let method = request.method().clone();
    // Only the pattern of a route of ours: a path or a query may hold anything
    let route = request.extensions().get::<MatchedPath>().cloned();
    let metrics = request.extensions().get::<ListenerMetrics>().cloned();
    let span = tracing::info_span!("request", id = %id);
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let route = route.as_ref().map_or("(other)", MatchedPath::as_str);
    let status = response.status().as_u16();
    let problem = response.extensions().get::<Slug>().map(|slug| slug.0);
    if let Some(metrics) = metrics {
        metrics.answered(&method, route, status, problem, started.elapsed());
    }
    let _entered = span.enter();
    tracing::info!(
        method = known_method(&method),
        route,
        status,
        problem,
        milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    response
}

/// A method may be any word of the sender's.
pub(crate) fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "(other)",
    }
}

fn request_id() -> String {
    let mut bytes = [0; 8];
    // Without randomness the id says so; the request is served all the same
    if getrandom::fill(&mut bytes).is_err() {
        return "none".to_owned();
    }
    nightsafe_core::encoding::hex(&bytes)
}

/// An API answers programs: nothing of it may be framed, sniffed, cached or run.
async fn add_security_headers(request: Request, next: Next) -> Response<Body> {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
