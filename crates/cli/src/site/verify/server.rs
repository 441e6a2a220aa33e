//! A running server, asked as browsers ask it: plain and compressed, and for what is not there.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HOST, USER_AGENT};
use axum::http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Bytes;
use nightsafe_core::anchor::Origin;
use nightsafe_core::note::MAX_NOTE;
use nightsafe_core::release::{DOCUMENT_PATH, MAX_DOCUMENT, NOTE_PATH, Place, SiteRelease};
use nightsafe_serve::client::{Answer, ClientError, ClientTls, Connection, Endpoint};

use super::{Finding, Packing, UNAVAILABLE, UNREACHABLE, unpack};
use crate::site::headers::typed;
use crate::site::offered;

/// From the first byte of a connection to the last of an answer.
const EXCHANGE_TIME: Duration = Duration::from_secs(30);
/// For all of it: a server that sends a byte now and then does not hold us for days.
const CHECK_TIME: Duration = Duration::from_secs(600);
/// What a browser of today accepts, one by one: each is answered with other bytes.
const ENCODINGS: [&str; 3] = ["identity", "br", "gzip"];
/// A path at which no site has a file; its answer must have the headers all the same.
const NOTHING: &str = "/nightsafe-nothing-here";

/// A server of one origin.
pub(crate) struct Server {
    origin: Origin,
    endpoint: Endpoint,
    connection: Option<Connection>,
}

/// Why there is no answer.
enum Failed {
    Unreachable(String),
    TooLarge,
}

impl Server {
    /// `at` connects to that address instead of where the origin's name leads.
    pub(crate) fn new(origin: &Origin, tls: ClientTls, at: Option<SocketAddr>) -> Self {
        let endpoint = Endpoint::new(origin, tls);
        let endpoint = match at {
            Some(address) => endpoint.at(address),
            None => endpoint,
        };
        Self { origin: origin.clone(), endpoint, connection: None }
    }

    /// Document and note.
    pub(crate) async fn read_release(&mut self) -> Result<(String, String), Finding> {
        let document = self.text(DOCUMENT_PATH, MAX_DOCUMENT).await?;
        Ok((document, self.text(NOTE_PATH, MAX_NOTE).await?))
    }

    /// All that differs.
    pub(crate) async fn check(
        &mut self,
        release: &SiteRelease,
        document: &str,
        note: &str,
        place: &Place,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut descriptions = offered::descriptions(release, document);
        descriptions.push((NOTE_PATH.to_owned(), note.to_owned()));
        let all = self.check_all(place, &descriptions, &mut findings);
        if tokio::time::timeout(CHECK_TIME, all).await.is_err() {
            let said = format!("not all could be looked at within {} seconds", CHECK_TIME.as_secs());
            findings.push(self.finding(UNREACHABLE, "", said));
        }
        findings
    }

    async fn check_all(&mut self, place: &Place, descriptions: &[(String, String)], findings: &mut Vec<Finding>) {
        for (path, file) in &place.files {
            let limit = usize::try_from(file.bytes).unwrap_or(usize::MAX);
            for encoding in ENCODINGS {
                let found = self.check_file(place, path.as_str(), limit, encoding).await;
                // Once is enough to know
                let is_known = !found.is_empty();
                findings.extend(found);
                if is_known {
                    break;
                }
            }
        }
        let place = with_descriptions(place, descriptions);
        for (path, text) in descriptions {
            findings.extend(self.check_description(&place, path, text).await);
        }
        match self.get(NOTHING, MAX_DOCUMENT, "identity").await {
            Ok(answer) if answer.status == StatusCode::OK => {
                findings.push(self.finding("missing_from_manifest", NOTHING, "is not in the release, and answered"));
            }
            Ok(answer) => findings.extend(self.check_headers(&place, NOTHING, &answer)),
            Err(failed) => findings.push(self.failed(NOTHING, failed)),
        }
    }

    async fn check_file(&mut self, place: &Place, path: &str, limit: usize, encoding: &'static str) -> Vec<Finding> {
        // What is compressed may be a little longer than what is not
        let answer = match self.get(path, limit.saturating_add(1024), encoding).await {
            Ok(answer) => answer,
            Err(Failed::TooLarge) => return vec![self.finding("no_manifest_match", path, "is longer than the file")],
            Err(failed) => return vec![self.failed(path, failed)],
        };
        if answer.status != StatusCode::OK {
            return vec![self.finding("file_missing", path, format!("answers with status {}", answer.status.as_u16()))];
        }
        let mut findings = self.check_headers(place, path, &answer);
        let most = u64::try_from(limit).unwrap_or(u64::MAX);
        let plain = match answer.headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
            None | Some(b"identity") => Ok(answer.body),
            Some(b"br") => unpack(Packing::Brotli, &answer.body, most),
            Some(b"gzip") => unpack(Packing::Gzip, &answer.body, most),
            Some(_) => Err(anyhow::anyhow!("it was not asked for")),
        };
        match plain {
            Ok(bytes) => {
                let mismatch = place.check_file(path, &bytes).err();
                findings.extend(mismatch.map(|mismatch| self.finding(mismatch.code(), path, mismatch)));
            }
            Err(error) => {
                findings.push(self.finding("no_manifest_match", path, format!("has a wrong encoding: {error}")))
            }
        }
        findings
    }

    /// What describes the release, and the headers that it is sent with.
    async fn check_description(&mut self, place: &Place, path: &str, text: &str) -> Vec<Finding> {
        let answer = match self.get(path, text.len().saturating_add(1024), "identity").await {
            Ok(answer) if answer.status == StatusCode::OK => answer,
            Ok(answer) => return vec![self.missing(path, &answer)],
            Err(failed) => return vec![self.failed(path, failed)],
        };
        let mut findings = self.check_headers(place, path, &answer);
        if answer.body != text.as_bytes() {
            findings.push(self.finding("no_manifest_match", path, "is not what the release says of itself"));
        }
        findings
    }

    fn check_headers(&self, place: &Place, path: &str, answer: &Answer) -> Vec<Finding> {
        let headers: Vec<_> = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let what = format!("{}{path}", self.origin);
        place.check_headers(path, &headers).iter().map(|one| Finding::header(&what, one)).collect()
    }

    async fn text(&mut self, path: &str, limit: usize) -> Result<String, Finding> {
        match self.get(path, limit, "identity").await {
            Ok(answer) if answer.status == StatusCode::OK => {
                String::from_utf8(answer.body).map_err(|_| self.finding("invalid_manifest", path, "is not text"))
            }
            Ok(answer) => Err(self.missing(path, &answer)),
            Err(failed) => Err(self.failed(path, failed)),
        }
    }

    /// Asks over the open connection, else over a new one: the other side may have closed it in this moment.
    async fn get(&mut self, path: &str, limit: usize, encoding: &'static str) -> Result<Answer, Failed> {
        if let Some(mut connection) = self.connection.take()
            && connection.is_open().await
        {
            match in_time(connection.send(self.request(path, encoding)?, limit)).await {
                Err(Failed::Unreachable(_)) => {}
                answer => {
                    self.connection = answer.is_ok().then_some(connection);
                    return answer;
                }
            }
        }
        let mut connection = in_time(self.endpoint.connect()).await?;
        let answer = in_time(connection.send(self.request(path, encoding)?, limit)).await?;
        self.connection = Some(connection);
        Ok(answer)
    }

    fn request(&self, path: &str, encoding: &'static str) -> Result<Request<Full<Bytes>>, Failed> {
        let bad = |_| Failed::Unreachable("it cannot be asked for".to_owned());
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = path.parse::<Uri>().map_err(|_| bad(()))?;
        let host = self.origin.as_str().split_once("://").unwrap_or_default().1;
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_str(host).map_err(|_| bad(()))?);
        headers.insert(USER_AGENT, HeaderValue::from_static("Mozilla/5.0 nightsafe-site-verify"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(encoding));
        Ok(request)
    }

    fn finding(&self, code: &'static str, path: &str, said: impl ToString) -> Finding {
        Finding::new(code, format!("{}{path}", self.origin), said)
    }

    fn missing(&self, path: &str, answer: &Answer) -> Finding {
        self.finding(UNAVAILABLE, path, format!("answers with status {}", answer.status.as_u16()))
    }

    fn failed(&self, path: &str, failed: Failed) -> Finding {
        match failed {
            Failed::Unreachable(said) => self.finding(UNREACHABLE, path, said),
            Failed::TooLarge => self.finding("no_manifest_match", path, "is longer than it may be"),
        }
    }
}

/// What describes the release has no entry in it; it is sent with the headers of every answer, and its own type.
fn with_descriptions(place: &Place, descriptions: &[(String, String)]) -> Place {
    let mut place = place.clone();
    for (path, _) in descriptions {
        place.headers.insert(path.clone(), typed(path));
    }
    place
}

async fn in_time<T>(exchange: impl Future<Output = Result<T, ClientError>>) -> Result<T, Failed> {
    match tokio::time::timeout(EXCHANGE_TIME, exchange).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(ClientError::TooLarge)) => Err(Failed::TooLarge),
        Ok(Err(error)) => Err(Failed::Unreachable(error.to_string())),
        Err(_) => Err(Failed::Unreachable(format!("no answer within {} seconds", EXCHANGE_TIME.as_secs()))),
    }
}
