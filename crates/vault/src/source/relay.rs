//! The relay on the shop's side, asked over HTTPS with signed requests. `docs/spec/relay.md` is normative.
//!
//! Nothing that comes from it is trusted: the size of an answer is bounded, its form is strict, and whether a row's id
//! is the hash of its nonce and body is looked at before it goes anywhere.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use nightsafe_core::anchor::Origin;
use nightsafe_core::note::NoteSigner;
use nightsafe_proto::relay::{
    ACKNOWLEDGE_PATH, Acknowledge, BATCH_PATH, Batch as WireBatch, BatchRequest, Damaged, MAX_ANSWER, MAX_DEPOSITS,
    RelayedDeposit,
};
use nightsafe_proto::wire::Hex;
use nightsafe_serve::client::{Answer, ClientError, Connection, Endpoint};
use nightsafe_serve::clock::Clock;
use nightsafe_serve::http_signature::{self, Target, sign};
use nightsafe_store::outbox::OutboxRow;
use serde::Serialize;
use tokio::sync::Mutex;

use super::{Batch, Source, SourceError, Taken};

pub use nightsafe_serve::client::{AuthoritiesError, ClientTls};

/// From the first byte of a connection to the last of the answer.
const EXCHANGE_TIME: Duration = Duration::from_secs(30);
/// How far the relay's clock may be off before it is worth a word, in seconds.
const NOTABLE_SKEW: u64 = 5;

/// What a relay is reached with.
#[derive(Debug)]
pub struct RelayConfig {
    /// Where it is: `https://`, or `http://` on localhost.
    pub origin: Origin,
    /// Whom to believe that it is there.
    pub tls: ClientTls,
    /// Signs the requests.
    pub key: NoteSigner,
    /// Tells the time that is signed.
    pub clock: Arc<dyn Clock>,
}

/// A relay.
#[derive(Debug)]
pub struct Relay {
    endpoint: Endpoint,
    authority: String,
    key: NoteSigner,
    clock: Arc<dyn Clock>,
    /// Kept open between requests; one at a time.
    connection: Mutex<Option<Connection>>,
}

/// Why a relay gave or took nothing. Holds nothing of what it said.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// No connection.
    #[error("the relay cannot be reached: {0}")]
    Unreachable(std::io::Error),
    /// The connection broke.
    #[error("the connection to the relay broke: {0}")]
    Broken(hyper::Error),
    /// No answer in time.
    #[error("the relay did not answer within {} seconds", EXCHANGE_TIME.as_secs())]
    TimedOut,
    /// A 401, with how far its clock is ahead of this one, in seconds.
    #[error("the relay does not take this vault's signature: {}", refused(*.skew))]
    Refused {
        /// Seconds; `None` when the answer had no date.
        skew: Option<i64>,
    },
    /// Another status.
    #[error("the relay answered with status {0}")]
    Status(u16),
    /// The answer is too large.
    #[error("the relay's answer is larger than any batch")]
    TooLarge,
    /// The answer is not of the form that it must have.
    #[error("the relay's answer is not of the form that it must have")]
    Malformed,
    /// No random bytes.
    #[error("the system gives no random bytes")]
    Randomness,
}

impl From<ClientError> for RelayError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Unreachable(error) => Self::Unreachable(error),
            ClientError::Broken(error) => Self::Broken(error),
            ClientError::TooLarge => Self::TooLarge,
            // A relay is known by its certificate's authority, not by a pin
            error @ ClientError::OtherKey => Self::Unreachable(std::io::Error::other(error)),
        }
    }
}

fn refused(skew: Option<i64>) -> String {
    match skew {
        Some(skew) if skew.unsigned_abs() >= NOTABLE_SKEW => {
            let direction = if skew > 0 { "ahead of" } else { "behind" };
            format!("its clock is {} seconds {direction} this one; set both", skew.unsigned_abs())
        }
        _ => {
            "its relay.vault_keys must hold this vault's key, and its relay.origin be the one that is asked here".into()
        }
    }
}

impl Relay {
    /// Nothing is sent yet.
    pub fn new(config: RelayConfig) -> Self {
        Self {
            authority: http_signature::authority(&config.origin).to_owned(),
            endpoint: Endpoint::new(&config.origin, config.tls),
            key: config.key,
            clock: config.clock,
            connection: Mutex::new(None),
        }
    }

    async fn post(&self, path: &'static str, message: &impl Serialize) -> Result<Answer, RelayError> {
        // Our own types always have a JSON form
        let body = serde_json::to_vec(message).map_err(|_| RelayError::Malformed)?;
        let answer = tokio::time::timeout(EXCHANGE_TIME, self.exchange(path, body)).await;
        let answer = answer.map_err(|_| RelayError::TimedOut)??;
        match answer.status {
            StatusCode::OK | StatusCode::NO_CONTENT => Ok(answer),
            StatusCode::UNAUTHORIZED => {
                let now = i64::try_from(self.clock.now().seconds()).unwrap_or(i64::MAX);
                Err(RelayError::Refused { skew: date(&answer).map(|date| date.saturating_sub(now)) })
            }
            status => Err(RelayError::Status(status.as_u16())),
        }
    }

    /// Sends over the open connection, or over a new one.
    async fn exchange(&self, path: &'static str, body: Vec<u8>) -> Result<Answer, RelayError> {
        let mut slot = self.connection.lock().await;
        // Taken out, so that an exchange that is given up half way takes its connection with it
        if let Some(mut connection) = slot.take()
            && connection.is_open().await
        {
            match connection.send(self.request(path, body.clone())?, MAX_ANSWER).await {
                // The other side may have closed it in this moment. Both requests may come twice, and the second has
                // a signature of its own
                Err(ClientError::Broken(_)) => {}
                answer => {
                    *slot = answer.is_ok().then_some(connection);
                    return Ok(answer?);
                }
            }
        }
        let mut connection = self.endpoint.connect().await?;
        let answer = connection.send(self.request(path, body)?, MAX_ANSWER).await?;
        *slot = Some(connection);
        Ok(answer)
    }

    fn request(&self, path: &'static str, body: Vec<u8>) -> Result<Request<Full<Bytes>>, RelayError> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|_| RelayError::Randomness)?;
        let target = Target { method: &Method::POST, authority: &self.authority, path };
        let fields = sign(&self.key, target, &body, self.clock.now(), nonce);
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = axum::http::Uri::from_static(path);
        let headers = request.headers_mut();
        // The characters of an origin are those of a field value
        if let Ok(host) = HeaderValue::from_str(&self.authority) {
            headers.insert(header::HOST, host);
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        fields.insert_into(headers);
        Ok(request)
    }
}

impl Source for Relay {
    async fn next_batch(&self, limit: u32) -> Result<Batch, SourceError> {
        let limit = std::num::NonZeroU32::new(limit.min(MAX_DEPOSITS)).unwrap_or(std::num::NonZeroU32::MIN);
        let answer = self.post(BATCH_PATH, &BatchRequest { limit }).await?;
        let batch: WireBatch = serde_json::from_slice(&answer.body).map_err(|_| RelayError::Malformed)?;
        if u32::try_from(batch.deposits.len()).map_or(true, |count| count > limit.get()) {
            return Err(RelayError::Malformed.into());
        }
        let rows: Option<Vec<OutboxRow>> = batch.deposits.into_iter().map(row).collect();
        Ok(Batch { rows: rows.ok_or(RelayError::Malformed)?, more: batch.more })
    }

    async fn acknowledge(&self, taken: &[Taken]) -> Result<(), SourceError> {
        // More than one message only where a batch did not come from here
        for taken in taken.chunks(usize::try_from(MAX_DEPOSITS).unwrap_or(usize::MAX)) {
            let mut message = Acknowledge::default();
            for one in taken {
                if one.content == one.deposit_id {
                    message.deposit_ids.push(Hex(one.deposit_id));
                } else {
                    message.damaged.push(Damaged { deposit_id: Hex(one.deposit_id), content: Hex(one.content) });
                }
            }
            self.post(ACKNOWLEDGE_PATH, &message).await?;
        }
        Ok(())
    }

    async fn close(self) {}
}

fn row(deposit: RelayedDeposit) -> Option<OutboxRow> {
    Some(OutboxRow {
        deposit_id: deposit.deposit_id.0,
        day: deposit.day,
        nonce: deposit.nonce.0.try_into().ok()?,
        body: deposit.body.0,
    })
}

/// Unix seconds of the `Date` field.
fn date(answer: &Answer) -> Option<i64> {
    answer.headers.get(header::DATE).and_then(|date| date.to_str().ok()).and_then(parse_date)
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
    fn dates_are_those_of_http() {
        assert_eq!(parse_date("Sat, 21 Nov 2026 00:00:00 GMT"), Some(1_795_219_200));
        assert_eq!(parse_date("2026-11-21T00:00:00Z"), None);
    }

    #[test]
    fn a_refusal_says_what_to_do_about_it() {
        let text = |skew| RelayError::Refused { skew }.to_string();
        assert!(text(Some(3600)).ends_with("its clock is 3600 seconds ahead of this one; set both"));
        assert!(text(Some(-61)).ends_with("its clock is 61 seconds behind this one; set both"));
        assert!(text(Some(1)).contains("relay.vault_keys") && text(None).contains("relay.origin"));
    }
}
