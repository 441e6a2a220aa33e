//! Asking another server: one HTTP/1.1 connection, TLS when the origin says so, answers of a bounded size. What has to be
//! said in which time is the caller's.

mod pinned;
mod proxy;
mod tls;

use std::io;
use std::net::SocketAddr;

use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use nightsafe_core::anchor::Origin;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;

pub use proxy::{Proxy, ProxyError};
pub use tls::{AuthoritiesError, ClientTls};

/// Where a server is, and how it proves who it is.
#[derive(Debug, Clone)]
pub struct Endpoint {
    host: String,
    port: u16,
    /// Connects here instead of where the name leads.
    at: Option<SocketAddr>,
    /// Connects there, and has the rest of the way made from there.
    proxy: Option<Proxy>,
    /// `None` on localhost without TLS.
    tls: Option<ClientTls>,
}

/// Why there is no answer. Holds nothing of what the server said.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No connection.
    #[error("no connection: {0}")]
    Unreachable(io::Error),
    /// It is not the server that is meant.
    #[error("the server proved itself by another key than the one that is pinned")]
    OtherKey,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(hyper::Error),
    /// The answer is too large.
    #[error("the answer is larger than it may be")]
    TooLarge,
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    requests: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body as it was sent, encodings and all.
    pub body: Vec<u8>,
}

impl Endpoint {
    /// Nothing is asked yet.
    pub fn new(origin: &Origin, tls: ClientTls) -> Self {
        let (scheme, authority) = origin.as_str().split_once("://").unwrap_or_default();
        let is_https = scheme == "https";
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()),
            None => (authority, None),
        };
        let port = port.unwrap_or(if is_https { 443 } else { 80 });
        Self { host: host.to_owned(), port, at: None, proxy: None, tls: is_https.then_some(tls) }
    }

    /// Connects to this address, whatever the name leads to. The certificate must be the name's all the same.
    #[must_use]
    pub fn at(self, address: SocketAddr) -> Self {
        Self { at: Some(address), ..self }
    }

    /// Goes by way of a proxy, which finds the name's address itself.
    #[must_use]
    pub fn through(self, proxy: Proxy) -> Self {
        Self { proxy: Some(proxy), ..self }
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn connect(&self) -> Result<Connection, ClientError> {
        let stream = match (self.at, &self.proxy) {
            (_, Some(proxy)) => proxy.connect(&self.host, self.port).await,
            (Some(address), None) => TcpStream::connect(address).await,
            (None, None) => TcpStream::connect((self.host.as_str(), self.port)).await,
        };
        let stream = stream.map_err(ClientError::Unreachable)?;
        // Requests are small: waiting for more to send only delays them
        stream.set_nodelay(true).map_err(ClientError::Unreachable)?;
        match &self.tls {
            None => Connection::over(stream).await,
            Some(tls) => {
                let name = ServerName::try_from(self.host.clone())
                    .map_err(|_| ClientError::Unreachable(io::ErrorKind::InvalidInput.into()))?;
                let connector = TlsConnector::from(tls.client_config());
                Connection::over(connector.connect(name, stream).await.map_err(not_shaken)?).await
            }
        }
    }
}

/// A handshake that failed.
fn not_shaken(error: io::Error) -> ClientError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(found) if *found == pinned::OTHER_KEY => ClientError::OtherKey,
        _ => ClientError::Unreachable(error),
    }
}

impl Connection {
    async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Self, ClientError> {
        let (requests, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(ClientError::Broken)?;
        let driver = tokio::spawn(async move {
            // What breaks it is told to the request that is under way
            let _: Result<(), hyper::Error> = connection.await;
        });
        Ok(Self { requests, driver })
    }

    /// Whether it takes a request; the other side may have closed it meanwhile.
    pub async fn is_open(&self) -> bool {
        // Lets the driver see what has arrived since
        tokio::task::yield_now().await;
        self.requests.is_ready() && !self.requests.is_closed()
    }

    /// Sends a request; an answer with a body of more than `limit` bytes is given up.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn send(&mut self, request: Request<Full<Bytes>>, limit: usize) -> Result<Answer, ClientError> {
        self.requests.ready().await.map_err(ClientError::Broken)?;
        let answer = self.requests.send_request(request).await.map_err(ClientError::Broken)?;
        let (head, body) = answer.into_parts();
        Ok(Answer { status: head.status, headers: head.headers, body: read(body, limit).await? })
    }
}

/// Nothing is read for a connection that nobody holds.
impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

async fn read(body: Incoming, limit: usize) -> Result<Vec<u8>, ClientError> {
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) => Err(match error.downcast::<hyper::Error>() {
            Ok(error) => ClientError::Broken(*error),
            Err(_) => ClientError::TooLarge,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_what_its_origin_says() {
        let read = |text: &str| {
            let endpoint = Endpoint::new(&Origin::parse(text).unwrap(), ClientTls::trusting(&[]).unwrap());
            (endpoint.host, endpoint.port, endpoint.tls.is_some())
        };
        assert_eq!(read("https://relay.example"), ("relay.example".into(), 443, true));
        assert_eq!(read("https://10.0.0.5:4806"), ("10.0.0.5".into(), 4806, true));
        assert_eq!(read("http://localhost:4806"), ("localhost".into(), 4806, false));
    }
}
