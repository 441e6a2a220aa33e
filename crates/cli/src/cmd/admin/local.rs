//! Listeners for the browser of this machine. A page from anywhere can have the browser ask `localhost`, also under a name of
//! its own that leads here (DNS rebinding): so what asks must have written the address itself, or be a page from there.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use nightsafe_core::anchor::Origin;
use nightsafe_proto::problem::ProblemType;
use nightsafe_serve::problem::Problem;
use nightsafe_serve::server::{self, ServerLimits};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::until;

const LOCALHOST: &str = "http://localhost";

/// The port of an origin on this machine, which is `http://localhost` and no name below it.
pub(super) fn port(origin: &Origin) -> Option<u16> {
    match origin.as_str().strip_prefix(LOCALHOST)? {
        "" => Some(80),
        rest => rest.strip_prefix(':')?.parse().ok(),
    }
}

/// An origin on both loopback addresses: browsers try either for its name, so nobody else may have one of them.
pub(super) struct Listener {
    sockets: Vec<TcpListener>,
    router: Router,
}

impl Listener {
    pub(super) fn bind(origin: &Origin, router: Router) -> Result<Self> {
        let port = port(origin).context("an origin that is not on this machine")?;
        let mut sockets = Vec::new();
        for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
            let address = SocketAddr::new(address, port);
            match server::bind(address) {
                Ok(socket) => sockets.push(socket),
                Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
                    return Err(error).with_context(|| {
                        format!("cannot listen at {address}: end what listens there, perhaps this very command in another window")
                    });
                }
                // A machine without this kind of addresses
                Err(error) => tracing::info!(%address, %error, "not listening there"),
            }
        }
        if sockets.is_empty() {
            bail!("this machine has no loopback address to listen at");
        }
        Ok(Self { sockets, router })
    }

    pub(super) fn serve(self, tasks: &mut JoinSet<()>, stopped: &watch::Receiver<bool>) {
        for socket in self.sockets {
            let end = until(stopped.clone());
            tasks.spawn(server::run(socket, self.router.clone(), ServerLimits::default(), end));
        }
    }
}

/// Whom a listener answers.
struct Asked {
    /// What the `Host` must be.
    host: String,
    /// The origin whose pages may ask.
    pages: Origin,
    /// Whether nobody else may: else also who follows a link or types the address, of whom browsers say no origin.
    only_pages: bool,
}

/// The site itself.
pub(super) fn site(router: Router, origin: &Origin) -> Router {
    within(router, Asked { host: host(origin), pages: origin.clone(), only_pages: false })
}

/// What the site's pages ask.
pub(super) fn for_pages(router: Router, origin: &Origin, pages: &Origin) -> Router {
    within(router, Asked { host: host(origin), pages: pages.clone(), only_pages: true })
}

fn within(router: Router, asked: Asked) -> Router {
    router.layer(from_fn_with_state(Arc::new(asked), check))
}

fn host(origin: &Origin) -> String {
    origin.as_str().split_once("://").unwrap_or_default().1.to_owned()
}

async fn check(State(asked): State<Arc<Asked>>, request: Request, next: Next) -> Response {
    match asked.refuses(&request) {
        None => next.run(request).await,
        Some(problem) => {
            tracing::warn!(problem = problem.slug(), "a request was refused");
            Problem::new(problem).into_response()
        }
    }
}

impl Asked {
    fn refuses(&self, request: &Request) -> Option<ProblemType> {
        let named = request.uri().authority().is_none_or(|authority| authority.as_str() == self.host);
        if !named || one(request, HOST) != Ok(Some(self.host.as_bytes())) {
            return Some(ProblemType::ForeignHost);
        }
        match one(request, ORIGIN) {
            Ok(Some(origin)) if origin == self.pages.as_str().as_bytes() => None,
            Ok(None) if !self.only_pages => None,
            _ => Some(ProblemType::ForeignOrigin),
        }
    }
}

/// A header that may be there once; an error when it is there more often.
fn one(request: &Request, name: HeaderName) -> Result<Option<&[u8]>, ()> {
    let mut values = request.headers().get_all(name).into_iter();
    let first = values.next();
    if values.next().is_some() { Err(()) } else { Ok(first.map(|value| value.as_bytes())) }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn refused(only_pages: bool, uri: &str, headers: &[(&str, &str)]) -> Option<&'static str> {
        let (pages, host) = (Origin::parse("http://localhost:4804").unwrap(), "localhost:4805".to_owned());
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Asked { host, pages, only_pages }.refuses(&request.body(Body::empty()).unwrap()).map(ProblemType::slug)
    }

    #[test]
    fn only_who_names_the_address_is_answered() {
        let own = ("host", "localhost:4805");
        assert_eq!(refused(false, "/", &[own]), None);
        assert_eq!(refused(false, "http://localhost:4805/", &[own]), None);
        for host in
            ["localhost", "localhost:4804", "127.0.0.1:4805", "[::1]:4805", "evil.example:4805", "LOCALHOST:4805", ""]
        {
            assert_eq!(refused(false, "/", &[("host", host)]), Some("foreign-host"), "{host}");
        }
        assert_eq!(refused(false, "/", &[]), Some("foreign-host"));
        assert_eq!(refused(false, "/", &[own, own]), Some("foreign-host"));
        assert_eq!(refused(false, "http://evil.example:4805/", &[own]), Some("foreign-host"));
    }

    #[test]
    fn pages_of_other_origins_are_refused_and_where_only_pages_ask_whoever_is_none() {
        let own = ("host", "localhost:4805");
        for only_pages in [true, false] {
            assert_eq!(refused(only_pages, "/", &[own, ("origin", "http://localhost:4804")]), None);
            for origin in
                ["null", "http://localhost:4805", "http://localhost", "https://localhost:4804", "https://evil.example"]
            {
                assert_eq!(refused(only_pages, "/", &[own, ("origin", origin)]), Some("foreign-origin"), "{origin}");
            }
            let twice = ("origin", "http://localhost:4804");
            assert_eq!(refused(only_pages, "/", &[own, twice, twice]), Some("foreign-origin"));
        }
        assert_eq!(refused(true, "/", &[own]), Some("foreign-origin"));
    }

    #[test]
    fn a_port_is_of_localhost_itself() {
        let port = |text: &str| port(&Origin::parse(text).unwrap());
        assert_eq!((port("http://localhost:4804"), port("http://localhost")), (Some(4804), Some(80)));
        for other in ["https://localhost", "http://admin.localhost:1", "https://localhost.example:4804"] {
            assert_eq!(port(other), None, "{other}");
        }
    }
}
