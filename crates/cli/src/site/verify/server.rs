//! A running server, asked as a browser asks it: plain and compressed, and for what is not there.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HOST, USER_AGENT};
use axum::http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Bytes;
use nightsafe_core::anchor::Origin;
use nightsafe_core::note::MAX_NOTE;
use nightsafe_core::release::{ALL_PATHS, DOCUMENT_PATH, MAX_DOCUMENT, NOTE_PATH, Place, SiteRelease};
use nightsafe_serve::client::{Answer, ClientError, ClientTls, Connection, Endpoint};

use super::{Finding, UNAVAILABLE, UNREACHABLE, unpack};
use crate::site::offered;

/// From the first byte of a connection to the last of an answer.
const EXCHANGE_TIME: Duration = Duration::from_secs(30);
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
    pub(crate) async fn check(&mut self, release: &SiteRelease, document: &str, place: &Place) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (path, file) in &place.files {
            let limit = usize::try_from(file.bytes).unwrap_or(usize::MAX);
            for brotli in [false, true] {
                let found = self.check_file(place, path.as_str(), limit, brotli).await;
                // Once is enough to know
                let seen = findings.len();
                findings.extend(found);
                if findings.len() > seen {
                    break;
                }
            }
        }
        for (path, text) in offered::descriptions(release, document) {
            match self.text(&path, text.len()).await {
                Ok(there) if there == text => {}
                Ok(_) => {
                    findings.push(self.finding("no_manifest_match", &path, "is not what the release says of itself"))
                }
                Err(finding) => findings.push(finding),
            }
        }
        match self.get(NOTHING, MAX_DOCUMENT, false).await {
            Ok(answer) if answer.status == StatusCode::OK => {
                findings.push(self.finding("missing_from_manifest", NOTHING, "is not in the release, and answered"));
            }
            Ok(answer) => findings.extend(self.check_headers(place, ALL_PATHS, NOTHING, &answer)),
            Err(failed) => findings.push(self.failed(NOTHING, failed)),
        }
        findings
    }

    async fn check_file(&mut self, place: &Place, path: &str, limit: usize, brotli: bool) -> Vec<Finding> {
        // What is compressed may be a little longer than what is not
        let answer = match self.get(path, limit.saturating_add(1024), brotli).await {
            Ok(answer) => answer,
            Err(Failed::TooLarge) => return vec![self.finding("no_manifest_match", path, "is longer than the file")],
            Err(failed) => return vec![self.failed(path, failed)],
        };
        if answer.status != StatusCode::OK {
            return vec![self.finding("file_missing", path, format!("answers with status {}", answer.status.as_u16()))];
        }
        let mut findings = self.check_headers(place, path, path, &answer);
        let encoding = answer.headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
        let plain = match encoding {
            None | Some(b"identity") => Ok(answer.body),
            Some(b"br") => unpack(&answer.body, u64::try_from(limit).unwrap_or(u64::MAX)),
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

    fn check_headers(&self, place: &Place, path: &str, asked: &str, answer: &Answer) -> Vec<Finding> {
        let headers: Vec<_> = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let what = format!("{}{asked}", self.origin);
        place.check_headers(path, &headers).iter().map(|one| Finding::header(&what, one)).collect()
    }

    async fn text(&mut self, path: &str, limit: usize) -> Result<String, Finding> {
        match self.get(path, limit.saturating_add(1024), false).await {
            Ok(answer) if answer.status == StatusCode::OK => {
                String::from_utf8(answer.body).map_err(|_| self.finding("invalid_manifest", path, "is not text"))
            }
            Ok(answer) => {
                Err(self.finding(UNAVAILABLE, path, format!("answers with status {}", answer.status.as_u16())))
            }
            Err(failed) => Err(self.failed(path, failed)),
        }
    }

    /// Asks over the open connection, else over a new one: the other side may have closed it in this moment.
    async fn get(&mut self, path: &str, limit: usize, brotli: bool) -> Result<Answer, Failed> {
        if let Some(mut connection) = self.connection.take()
            && connection.is_open().await
        {
            match in_time(connection.send(self.request(path, brotli)?, limit)).await {
                Err(Failed::Unreachable(_)) => {}
                answer => {
                    self.connection = answer.is_ok().then_some(connection);
                    return answer;
                }
            }
        }
        let mut connection = in_time(self.endpoint.connect()).await?;
        let answer = in_time(connection.send(self.request(path, brotli)?, limit)).await?;
        self.connection = Some(connection);
        Ok(answer)
    }

    fn request(&self, path: &str, brotli: bool) -> Result<Request<Full<Bytes>>, Failed> {
        let bad = |_| Failed::Unreachable("it cannot be asked for".to_owned());
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = path.parse::<Uri>().map_err(|_| bad(()))?;
        let host = self.origin.as_str().split_once("://").unwrap_or_default().1;
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_str(host).map_err(|_| bad(()))?);
        headers.insert(USER_AGENT, HeaderValue::from_static("Mozilla/5.0 nightsafe-site-verify"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(if brotli { "br" } else { "identity" }));
        Ok(request)
    }

    fn finding(&self, code: &'static str, path: &str, said: impl ToString) -> Finding {
        Finding::new(code, format!("{}{path}", self.origin), said)
    }

    fn failed(&self, path: &str, failed: Failed) -> Finding {
        match failed {
            Failed::Unreachable(said) => self.finding(UNREACHABLE, path, said),
            Failed::TooLarge => self.finding("no_manifest_match", path, "is longer than it may be"),
        }
    }
}

async fn in_time<T>(exchange: impl Future<Output = Result<T, ClientError>>) -> Result<T, Failed> {
    match tokio::time::timeout(EXCHANGE_TIME, exchange).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(ClientError::TooLarge)) => Err(Failed::TooLarge),
        Ok(Err(error)) => Err(Failed::Unreachable(error.to_string())),
        Err(_) => Err(Failed::Unreachable(format!("no answer within {} seconds", EXCHANGE_TIME.as_secs()))),
    }
}
