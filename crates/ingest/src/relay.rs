//! The relay: hands the outbox's deposits to the vault, and to nobody else. `docs/spec/relay.md` is normative.
//!
//! It has a listener of its own, apart from what shoppers reach, and answers only requests that the vault's relay key
//! has signed. All others get the same 401, whatever they ask for. The shop's side so holds public keys and no
//! credential of the vault's, and the vault opens no port to it.

mod admit;
pub mod config;
mod exchange;
pub mod openapi;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{ALLOW, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::any;
use nightsafe_core::anchor::Origin;
use nightsafe_core::note::Vkey;
use nightsafe_proto::relay::{ACKNOWLEDGE_PATH, BATCH_PATH};
use nightsafe_serve::api;
use nightsafe_serve::clock::Clock;
use nightsafe_serve::http_signature::{self, Verifier};
use nightsafe_store::outbox::OutboxReader;
use tokio::sync::Mutex;

/// How long a request may take, its body included.
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// Bytes that batches take up: rows of one batch as they are read, and two answers as they are written.
const MEMORY: u64 = 32 << 20;

/// What a relay is made of.
#[derive(Debug)]
pub struct RelayParts {
    /// The outbox that it empties.
    pub outbox: OutboxReader,
    /// The address that the vault knows it by. Signatures are for this one; what `Host` says does not matter.
    pub origin: Origin,
    /// The vault's relay key, or two while one takes the other's place.
    pub vault_keys: Vec<Vkey>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// What the relay's handlers share. Cheap to clone.
#[derive(Clone)]
pub struct Relay(Arc<Shared>);

struct Shared {
    outbox: OutboxReader,
    verifier: Verifier,
    clock: Arc<dyn Clock>,
    /// One batch is read at a time: a vault asks for no more, and memory has a ceiling.
    reading: Mutex<()>,
}

impl Relay {
    /// A relay. Requests that were signed before now are refused: the process before this one may have seen them.
    pub fn new(parts: RelayParts) -> Self {
        let authority = http_signature::authority(&parts.origin).to_owned();
        let verifier = Verifier::new(parts.vault_keys, authority, parts.clock.now());
        Self(Arc::new(Shared { outbox: parts.outbox, verifier, clock: parts.clock, reading: Mutex::new(()) }))
    }

    /// Closes the outbox; requests from then on get a 503.
    pub async fn close(&self) {
        self.0.outbox.clone().close().await;
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("verifier", &self.0.verifier).finish_non_exhaustive()
    }
}

/// The two addresses of the relay.
pub fn relay_router(relay: Relay) -> Router {
    // Not `post`: the router tells every asker which methods a route has, whatever the layers say
    let routes = Router::new()
        .route(BATCH_PATH, any(exchange::batch))
        .route(ACKNOWLEDGE_PATH, any(exchange::acknowledge))
        .with_state(relay.clone());
    let routes = api::with_fallbacks(routes).layer(from_fn_with_state(relay, admit::admit));
    api::wrap_whole(routes, REQUEST_TIME).layer(map_response(name_ways))
}

/// A 401 says how to authenticate, a 405 which method there is (RFC 9110, 15.5.2 and 15.5.6).
async fn name_ways(mut response: Response<Body>) -> Response<Body> {
    let (name, value) = match response.status() {
        StatusCode::UNAUTHORIZED => (WWW_AUTHENTICATE, "Signature"),
        StatusCode::METHOD_NOT_ALLOWED => (ALLOW, "POST"),
        _ => return response,
    };
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}
