//! Asks a server the way that somebody chose: as which browser, how patiently, how often again.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, HOST, HeaderName, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Request, Uri};
use http_body_util::Full;
use hyper::body::Bytes;
use nightsafe_core::anchor::Origin;

use super::{Packing, unpack};
use crate::client::{Answer, ClientError, Connection, Endpoint};

/// Requests without an answer after which a server is not asked twice any more: a dead one would hold us for long.
const PATIENCE: u32 = 2;

/// How a server is asked.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Header fields of every request, besides `Host` and `Accept-Encoding`.
    pub headers: HeaderMap,
    /// What a browser would say of what it wants with an answer is said, too, where `headers` do not.
    pub as_browser: bool,
    /// A file is asked for with each of these as `Accept-Encoding`.
    pub encodings: Vec<&'static str>,
    /// From the first byte of a connection to the last of an answer.
    pub exchange_time: Duration,
    /// For all of a check: a server that sends a byte now and then does not hold us for days.
    pub check_time: Duration,
    /// How often a request that failed is made again, after so long.
    pub again: (u32, Duration),
    /// Answers that only say that the server is away at the moment.
    pub is_away: fn(&Answer) -> bool,
}

/// Asks one origin.
#[derive(Debug)]
pub struct Asker {
    origin: Origin,
    endpoint: Endpoint,
    manner: Arc<Manner>,
    connection: Option<Connection>,
    failures: u32,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failed {
    /// Nothing came, or nothing that says more than that.
    Unreachable(String),
    /// More came than may.
    TooLarge,
}

/// Once, with what a browser of today accepts, one by one: each is answered with other bytes.
impl Default for Manner {
    fn default() -> Self {
        let name = HeaderValue::from_static("Mozilla/5.0 nightsafe-site-verify");
        Self {
            headers: HeaderMap::from_iter([(USER_AGENT, name)]),
            as_browser: false,
            encodings: vec!["identity", "br", "gzip"],
            exchange_time: Duration::from_secs(30),
            check_time: Duration::from_secs(600),
            again: (0, Duration::ZERO),
            is_away: |_| false,
        }
    }
}

impl Asker {
    /// Nothing is asked yet.
    pub fn new(origin: &Origin, endpoint: Endpoint, manner: Arc<Manner>) -> Self {
        Self { origin: origin.clone(), endpoint, manner, connection: None, failures: 0 }
    }

    /// Who is asked.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How.
    pub fn manner(&self) -> &Manner {
        &self.manner
    }

    /// Asks for a path, with a query where there is one; an answer with a body of more than `limit` bytes is given up.
    ///
    /// # Errors
    /// [`Failed`]
    pub async fn ask(&mut self, target: &str, limit: usize, encoding: &str) -> Result<Answer, Failed> {
        let (mut left, pause) = self.manner.again;
        loop {
            let answer = match self.once(target, limit, encoding).await {
                Ok(answer) if (self.manner.is_away)(&answer) => {
                    Err(Failed::Unreachable(format!("answers with status {}", answer.status.as_u16())))
                }
                answer => answer,
            };
            match answer {
                Err(Failed::Unreachable(_)) if left > 0 && self.failures < PATIENCE => left = left.saturating_sub(1),
                Err(failed) => {
                    self.failures = self.failures.saturating_add(1);
                    return Err(failed);
                }
                answer => return answer,
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Over the open connection, else over a new one: the other side may have closed it in this moment.
    async fn once(&mut self, target: &str, limit: usize, encoding: &str) -> Result<Answer, Failed> {
        if let Some(mut connection) = self.connection.take()
            && connection.is_open().await
        {
            match self.in_time(connection.send(self.request(target, encoding)?, limit)).await {
                Err(Failed::Unreachable(_)) => {}
                answer => {
                    self.connection = answer.is_ok().then_some(connection);
                    return answer;
                }
            }
        }
        let mut connection = self.in_time(self.endpoint.connect()).await?;
        let answer = self.in_time(connection.send(self.request(target, encoding)?, limit)).await?;
        self.connection = Some(connection);
        Ok(answer)
    }

    fn request(&self, target: &str, encoding: &str) -> Result<Request<Full<Bytes>>, Failed> {
        let bad = || Failed::Unreachable("it cannot be asked for".to_owned());
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = target.parse::<Uri>().map_err(|_| bad())?;
        let host = self.origin.as_str().split_once("://").unwrap_or_default().1;
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_str(host).map_err(|_| bad())?);
        headers.extend(self.manner.headers.clone());
        if self.manner.as_browser {
            for (name, value) in wanted(target.split('?').next().unwrap_or_default()) {
                headers.entry(name).or_insert(value);
            }
        }
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_str(encoding).map_err(|_| bad())?);
        Ok(request)
    }

    async fn in_time<T>(&self, exchange: impl Future<Output = Result<T, ClientError>>) -> Result<T, Failed> {
        let limit = self.manner.exchange_time;
        match tokio::time::timeout(limit, exchange).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(ClientError::TooLarge)) => Err(Failed::TooLarge),
            Ok(Err(error)) => Err(Failed::Unreachable(error.to_string())),
            Err(_) => Err(Failed::Unreachable(format!("no answer within {} seconds", limit.as_secs_f32()))),
        }
    }
}

/// What Chromium says of a request for a page, a script and the rest.
fn wanted(path: &str) -> [(HeaderName, HeaderValue); 4] {
    let [accept, dest, mode, site] = match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "js" | "mjs" => ["*/*", "script", "cors", "cross-site"],
        "wasm" | "json" => ["*/*", "empty", "cors", "same-origin"],
        "html" => ["text/html,application/xhtml+xml,*/*;q=0.8", "iframe", "navigate", "cross-site"],
        _ if path.ends_with('/') => ["text/html,application/xhtml+xml,*/*;q=0.8", "document", "navigate", "none"],
        _ => ["*/*", "empty", "cors", "same-origin"],
    };
    let named = |name, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
    [
        (ACCEPT, HeaderValue::from_static(accept)),
        named("sec-fetch-dest", dest),
        named("sec-fetch-mode", mode),
        named("sec-fetch-site", site),
    ]
}

/// The body of an answer, without the encoding that it was sent in, of at most `most` bytes.
///
/// # Errors
/// What the decoder says; `InvalidData` for an encoding that no browser was said to accept, and for more bytes.
pub fn decoded(answer: Answer, most: u64) -> io::Result<Vec<u8>> {
    match answer.headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(answer.body),
        Some(b"br") => unpack(Packing::Brotli, &answer.body, most),
        Some(b"gzip") => unpack(Packing::Gzip, &answer.body, most),
        Some(b"deflate") => unpack(Packing::Deflate, &answer.body, most),
        Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "it was not asked for")),
    }
}
