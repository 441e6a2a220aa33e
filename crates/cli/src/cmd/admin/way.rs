//! The way to the vault: what the site's pages ask is passed on over TLS to the one server that has the pinned key. The vault
//! is not trusted with this machine: of what it answers only what the pages need goes on, and of the browser's headers and
//! cookies only what is meant for it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, CONTENT_TYPE, COOKIE, HOST, HeaderName, ORIGIN, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::response::Response;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use nightsafe_core::anchor::Origin;
use nightsafe_core::session;
use nightsafe_proto::problem::ProblemType;
use nightsafe_proto::vault::TAB_HEADER;
use nightsafe_serve::api;
use nightsafe_serve::client::{Answer, ClientError, ClientTls, Connection, Endpoint};
use nightsafe_serve::problem::Problem;
use tokio::time::timeout;

use super::local;
use super::settings::Settings;
use crate::term;

/// Until there is a connection: on a network of an office that is a matter of milliseconds.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// For all of an exchange; longer than the pages wait.
const TIME: Duration = Duration::from_secs(30);
/// More than any body that the vault takes.
const MAX_REQUEST: usize = 2 << 20;
/// More than any answer that it gives.
const MAX_ANSWER: usize = 64 << 20;

/// A vault, known by its key.
pub(super) struct Way {
    vault: Origin,
    endpoint: Endpoint,
}

impl Way {
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let tls = ClientTls::pinned(settings.pins.clone()).context("TLS cannot be set up")?;
        Ok(Self { vault: settings.vault.clone(), endpoint: Endpoint::new(&settings.vault, tls) })
    }

    /// Looks whether it is the vault. One that is off may be switched on later; another key is another server.
    pub(super) async fn try_out(&self) -> Result<()> {
        match self.connect().await {
            Ok(_) => Ok(()),
            Err(Fault::OtherKey) => bail!(
                "what answers at {} does not have the vault's key, so nothing was sent to it, and nothing is served.\n\
                 If the vault was given a new key, whoever runs it tells you the new pin (`nightsafe vault pin` prints it \
                 there): put it into `pins`. If not, another machine has taken the vault's place on the network: tell \
                 whoever runs it",
                self.vault
            ),
            Err(Fault::Unreachable(said)) => {
                term::warn(&format!(
                    "the vault at {} does not answer now ({said}): switch it on, or see that this machine is on its network",
                    self.vault
                ));
                Ok(())
            }
        }
    }

    /// Answers the pages of `admin` at `here`.
    pub(super) fn router(self, here: &Origin, admin: &Origin) -> Router {
        let router = Router::new().fallback(pass_on).with_state(Arc::new(self));
        // As the vault itself would: so a page also gets to read why there is no answer from it
        let router = router.layer(nightsafe_vault::cors(admin.as_str()));
        api::wrap_whole(local::for_pages(router, here, admin), TIME)
    }

    /// One for each request: so each proves the key, and none is found to be closed when it is needed.
    async fn connect(&self) -> Result<Connection, Fault> {
        match timeout(CONNECT_TIME, self.endpoint.connect()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(Fault::Unreachable(format!("no connection within {} seconds", CONNECT_TIME.as_secs()))),
        }
    }

    async fn ask(&self, request: hyper::Request<Full<Bytes>>) -> Result<Answer, Fault> {
        let mut connection = self.connect().await?;
        Ok(connection.send(request, MAX_ANSWER).await?)
    }
}

/// Why there is no answer of the vault.
enum Fault {
    OtherKey,
    Unreachable(String),
}

impl From<ClientError> for Fault {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::OtherKey => Self::OtherKey,
            error => Self::Unreachable(error.to_string()),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::OtherKey => {
                tracing::error!("what answers in the vault's place does not have its key; nothing was sent");
                ProblemType::VaultNotRecognised.into()
            }
            Fault::Unreachable(error) => {
                tracing::warn!(error, "the vault does not answer");
                ProblemType::VaultUnreachable.into()
            }
        }
    }
}

async fn pass_on(State(way): State<Arc<Way>>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    if !head.uri.path().starts_with("/v1/") {
        return Err(ProblemType::NotFound.into());
    }
    if !matches!(head.method, Method::GET | Method::POST) {
        return Err(ProblemType::MethodNotAllowed.into());
    }
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let target: Uri = target.parse().map_err(|_| ProblemType::NotFound)?;
    let body = Limited::new(body, MAX_REQUEST).collect().await.map_err(|_| ProblemType::BodyTooLarge)?;
    let mut request = hyper::Request::new(Full::new(body.to_bytes()));
    *request.method_mut() = head.method;
    *request.uri_mut() = target;
    *request.headers_mut() = to_vault(&head.headers, &way.vault);
    Ok(to_page(way.ask(request).await?))
}

/// What the browser says to the vault. Its other cookies are those of whatever else is on this machine's `localhost`.
fn to_vault(from: &HeaderMap, vault: &Origin) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in [ACCEPT, CONTENT_TYPE, ORIGIN, HeaderName::from_static(TAB_HEADER)] {
        if let Some(value) = from.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    let cookies = from.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    let own: Vec<&str> = cookies.map(str::trim).filter(|cookie| cookie.starts_with(session::COOKIE)).collect();
    if let Ok(cookies) = HeaderValue::from_str(&own.join("; "))
        && !own.is_empty()
    {
        headers.insert(COOKIE, cookies);
    }
    let host = vault.as_str().split_once("://").unwrap_or_default().1;
    // An origin has no character that a header may not have
    if let Ok(host) = HeaderValue::from_str(host) {
        headers.insert(HOST, host);
    }
    headers
}

/// What the vault says to a page. Cookies are for all of this machine's `localhost`, so of them only sessions; who may read
/// the answer, and what a browser may make of it, is said here and not there.
fn to_page(answer: Answer) -> Response {
    let mut headers = HeaderMap::new();
    for name in [CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE] {
        if let Some(value) = answer.headers.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    for cookie in answer.headers.get_all(SET_COOKIE) {
        if cookie.as_bytes().starts_with(session::COOKIE.as_bytes()) {
            headers.append(SET_COOKIE, cookie.clone());
        }
    }
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = headers;
    response
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_vault_hears_what_is_meant_for_it() {
        let said = map(&[
            ("cookie", "theme=dark; __Host-nightsafe-00=token; __Host-other=x"),
            ("cookie", "__Host-nightsafe-01=more"),
            ("host", "localhost:4805"),
            ("origin", "http://localhost:4804"),
            ("nightsafe-tab", "proof"),
            ("content-type", "application/json"),
            ("connection", "upgrade"),
            ("x-forwarded-for", "10.0.0.1"),
            ("user-agent", "a browser"),
        ]);
        let heard = to_vault(&said, &Origin::parse("https://10.0.0.7:4805").unwrap());
        let wanted = map(&[
            ("cookie", "__Host-nightsafe-00=token; __Host-nightsafe-01=more"),
            ("host", "10.0.0.7:4805"),
            ("origin", "http://localhost:4804"),
            ("nightsafe-tab", "proof"),
            ("content-type", "application/json"),
        ]);
        assert_eq!(heard, wanted);
        assert!(
            to_vault(&map(&[("cookie", "theme=dark")]), &Origin::parse("https://a.example").unwrap())
                .get(COOKIE)
                .is_none()
        );
    }

    #[test]
    fn pages_hear_what_they_need() {
        let headers = map(&[
            ("content-type", "application/problem+json"),
            ("retry-after", "2"),
            ("set-cookie", "__Host-nightsafe-00=token; Path=/; Secure; HttpOnly; SameSite=Strict"),
            ("set-cookie", "theme=evil; Path=/"),
            ("access-control-allow-origin", "*"),
            ("content-security-policy", "script-src *"),
            ("location", "https://evil.example"),
            ("clear-site-data", "*"),
            ("transfer-encoding", "chunked"),
        ]);
        let answer = Answer { status: StatusCode::SERVICE_UNAVAILABLE, headers, body: b"{}".to_vec() };
        let response = to_page(answer);
        let wanted = map(&[
            ("content-type", "application/problem+json"),
            ("retry-after", "2"),
            ("set-cookie", "__Host-nightsafe-00=token; Path=/; Secure; HttpOnly; SameSite=Strict"),
        ]);
        assert_eq!((response.status(), response.headers()), (StatusCode::SERVICE_UNAVAILABLE, &wanted));
    }
}
