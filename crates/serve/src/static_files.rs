//! Serving a folder of published files.
//!
//! Every request reads the disk, so what is served is what lies there now: monitors compare it
//! with what was signed. Headers come from a JSON file (`{"*": {name: value}, "/path": {...}}`)
//! and are on every answer, errors included: a policy that is missing on a 404 page is a way
//! around the policy.

mod encodings;
mod file;
mod recent;
mod rules;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::IntoResponse;
use nightsafe_proto::problem::ProblemType;

use crate::problem::Problem;
use encodings::Accepted;
use file::{Loaded, Name};
use recent::Recent;
use rules::RulesFile;

pub use file::media_type;
pub use rules::RulesError;

/// Headers that say something of a file's very bytes: signatures, and the digest that is signed.
pub const OF_BYTES: [&str; 3] = ["signature", "signature-input", "unencoded-digest"];

/// A folder to serve.
#[derive(Debug, Clone)]
pub struct StaticFolder {
    /// The folder. Only plain names of `[A-Za-z0-9._-]` are served, none that starts with a dot but `.well-known`.
    pub root: PathBuf,
    /// The JSON file with the headers. It wins over the headers that the server would set itself.
    pub headers: PathBuf,
    /// Whether pages of other origins may read the files. A script with `integrity` that is used
    /// by another origin needs that.
    pub readable_by_all: bool,
}

/// A router that answers everything from the folder. `/` is `index.html`.
///
/// # Errors
/// When the headers file cannot be read. Later, a file that became unreadable is logged and the
/// last good one is used.
pub fn router(folder: StaticFolder) -> Result<Router, RulesError> {
    let rules = Arc::new(RulesFile::open(folder.headers.clone())?);
    let served = Served { folder, recent: Recent::default() };
    let router = Router::new().fallback(answer).with_state(Arc::new(served));
    Ok(crate::api::wrap_logged(router).layer(from_fn_with_state(rules, apply_rules)))
}

struct Served {
    folder: StaticFolder,
    recent: Recent,
}

async fn answer(State(served): State<Arc<Served>>, request: Request) -> Response<Body> {
    let (head, _body) = request.into_parts();
    let folder = &served.folder;
    let mut response = match find(folder, &head).await {
        Ok(loaded) => respond(loaded, &head, &served.recent),
        Err(problem) => {
            let mut response = problem.into_response();
            set(response.headers_mut(), CACHE_CONTROL, "no-store");
            response
        }
    };
    if folder.readable_by_all {
        set(response.headers_mut(), ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
    response
}

async fn find(folder: &StaticFolder, head: &Parts) -> Result<Loaded, Problem> {
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return Err(ProblemType::MethodNotAllowed.into());
    }
    let name = Name::from_path(head.uri.path()).ok_or(ProblemType::NotFound)?;
    let root = folder.root.clone();
    let accepted = Accepted::read(&head.headers);
    // One visit to the thread pool for all that this needs from the disk
    tokio::task::spawn_blocking(move || Loaded::read(&root, name, accepted))
        .await
        .map_err(|_| ProblemType::InternalError)?
        .ok_or_else(|| ProblemType::NotFound.into())
}

fn respond(loaded: Loaded, head: &Parts, recent: &Recent) -> Response<Body> {
    let mut headers = HeaderMap::new();
    set(&mut headers, CONTENT_TYPE, loaded.name.media_type());
    set(&mut headers, CACHE_CONTROL, loaded.name.caching());
    if let Ok(tag) = HeaderValue::from_str(&loaded.entity_tag) {
        headers.insert(ETAG, tag);
    }
    if loaded.is_packed {
        set(&mut headers, VARY, "Accept-Encoding");
    }
    if let Some(encoding) = loaded.encoding {
        set(&mut headers, CONTENT_ENCODING, encoding.name());
    }
    if none_matches(&head.headers, &loaded.entity_tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if head.method == Method::HEAD {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(loaded.bytes.len()));
        return (headers, Body::empty()).into_response();
    }
    let body = Body::from(recent.share(loaded.entity_tag, loaded.bytes));
    (headers, body).into_response()
}

async fn apply_rules(State(rules): State<Arc<RulesFile>>, request: Request, next: Next) -> Response<Body> {
    let current = rules.current();
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let headers = response.headers_mut();
    let own_type = headers.get(CONTENT_TYPE).cloned();
    set(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, REFERRER_POLICY, "no-referrer");
    current.apply(&path, headers);
    // A path's own caching and type are for its file: an error in its place is another document, and must not outlive the
    // moment
    if is_error {
        set(headers, CACHE_CONTROL, "no-store, no-transform");
        if let Some(own_type) = own_type {
            headers.insert(CONTENT_TYPE, own_type);
        }
        // They are of the file's bytes: browsers would take the error for a file that was changed, and not say which it is
        for name in OF_BYTES {
            headers.remove(name);
        }
    }
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

fn none_matches(headers: &HeaderMap, entity_tag: &str) -> bool {
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim().trim_start_matches("W/") == entity_tag)
}

#[cfg(test)]
mod tests;
