use std::io;

use axum::http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use nightsafe_core::anchor::Origin;
use nightsafe_proto::relay::MAX_ANSWER;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::RelayError;
use super::tls::RelayTls;

/// Where a relay is, and how it proves who it is.
#[derive(Debug)]
pub(super) struct Endpoint {
    host: String,
    port: u16,
    /// `None` on localhost without TLS.
    tls: Option<RelayTls>,
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Connection {
    requests: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Unix seconds of the `Date` field.
    pub(super) date: Option<i64>,
    pub(super) body: Vec<u8>,
}

impl Endpoint {
    pub(super) fn new(origin: &Origin, tls: RelayTls) -> Self {
        let (scheme, authority) = origin.as_str().split_once("://").unwrap_or_default();
        let is_https = scheme == "https";
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()),
            None => (authority, None),
        };
        let port = port.unwrap_or(if is_https { 443 } else { 80 });
        Self { host: host.to_owned(), port, tls: is_https.then_some(tls) }
    }

    pub(super) async fn connect(&self) -> Result<Connection, RelayError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(RelayError::Unreachable)?;
        // Requests are small: waiting for more to send only delays them
        stream.set_nodelay(true).map_err(RelayError::Unreachable)?;
        match &self.tls {
            None => Connection::over(stream).await,
            Some(tls) => {
                let name = ServerName::try_from(self.host.clone())
                    .map_err(|_| RelayError::Unreachable(io::ErrorKind::InvalidInput.into()))?;
                let connector = TlsConnector::from(tls.client_config());
                Connection::over(connector.connect(name, stream).await.map_err(RelayError::Unreachable)?).await
            }
        }
    }
}

impl Connection {
    async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Self, RelayError> {
        let (requests, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(RelayError::Broken)?;
        let driver = tokio::spawn(async move {
            // What breaks it is told to the request that is under way
            let _: Result<(), hyper::Error> = connection.await;
        });
        Ok(Self { requests, driver })
    }

    /// Whether it takes a request; the other side may have closed it meanwhile.
    pub(super) async fn is_open(&self) -> bool {
        // Lets the driver see what has arrived since
        tokio::task::yield_now().await;
        self.requests.is_ready() && !self.requests.is_closed()
    }

    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, RelayError> {
        self.requests.ready().await.map_err(RelayError::Broken)?;
        let answer = self.requests.send_request(request).await.map_err(RelayError::Broken)?;
        let (head, body) = answer.into_parts();
        let date = head.headers.get(header::DATE).and_then(|date| date.to_str().ok()).and_then(parse_date);
        Ok(Answer { status: head.status, date, body: read(body).await? })
    }
}

/// Nothing is read for a connection that nobody holds.
impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

async fn read(body: Incoming) -> Result<Vec<u8>, RelayError> {
    match Limited::new(body, MAX_ANSWER).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) => Err(match error.downcast::<hyper::Error>() {
            Ok(error) => RelayError::Broken(*error),
            Err(_) => RelayError::TooLarge,
        }),
    }
}

fn parse_date(text: &str) -> Option<i64> {
    let date = httpdate::parse_http_date(text).ok()?;
    let seconds = date.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?.as_secs();
    i64::try_from(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_what_its_origin_says() {
        let read = |text: &str| {
            let endpoint = Endpoint::new(&Origin::parse(text).unwrap(), RelayTls::trusting(&[]).unwrap());
            (endpoint.host, endpoint.port, endpoint.tls.is_some())
        };
        assert_eq!(read("https://relay.example"), ("relay.example".into(), 443, true));
        assert_eq!(read("https://10.0.0.5:4806"), ("10.0.0.5".into(), 4806, true));
        assert_eq!(read("http://localhost:4806"), ("localhost".into(), 4806, false));
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(parse_date("Sat, 21 Nov 2026 00:00:00 GMT"), Some(1_795_219_200));
        assert_eq!(parse_date("2026-11-21T00:00:00Z"), None);
    }
}
