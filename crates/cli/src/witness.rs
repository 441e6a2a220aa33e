//! Asking a witness to cosign (`c2sp.org/tlog-witness`): the release log, or the audit log.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use nightsafe_core::log::{AddCheckpoint, Checkpoint, Proof};
use nightsafe_core::note::Note;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::client::{Answer, ClientTls, Endpoint};

use crate::config::WitnessSection;

/// For one exchange.
const TIME: Duration = Duration::from_secs(10);
/// Longest answer that is read.
const MAX_ANSWER: usize = 64 << 10;
/// A witness's clock may be ahead by so much, in seconds.
const CLOCK_TOLERANCE: u64 = 86_400;

/// A log that proves what it has become.
pub(crate) trait Grown {
    /// That it continues, at the size `to`, what it was at `from`.
    async fn proof(&self, from: u64, to: u64) -> Result<Proof>;
}

/// The lines with which the witness cosigns this checkpoint; none when it has already.
pub(crate) async fn ask(
    log: &impl Grown,
    section: &WitnessSection,
    ca_file: Option<&Path>,
    note: &Note,
    now: UnixTime,
) -> Result<String> {
    let witness = section.witness()?;
    if witness.verify(note).is_ok_and(|time| time.is_some()) {
        return Ok(String::new());
    }
    let checkpoint = Checkpoint::parse(note.text())?;
    // It says what it has seen last when that is something else
    let mut old = 0;
    for _ in 0..3 {
        let proof = log.proof(old, checkpoint.size).await?;
        let request = AddCheckpoint { old, proof, checkpoint: note.encode() };
        let answer = send(section, ca_file, request.encode()).await?;
        match answer.status {
            StatusCode::OK => return check(&answer, section, note, now),
            StatusCode::CONFLICT => old = seen(&answer, checkpoint.size)?,
            StatusCode::NOT_FOUND => bail!("it does not know this log: give its operator the log's key"),
            status => bail!("it answers with status {}", status.as_u16()),
        }
    }
    bail!("others ask it about this log at the same moment: run this again")
}

/// The size that the witness cosigned last.
fn seen(answer: &Answer, size: u64) -> Result<u64> {
    let text = std::str::from_utf8(&answer.body).ok().and_then(|text| text.strip_suffix('\n'));
    let seen: u64 = text.and_then(|text| text.parse().ok()).context(
        "it has cosigned another tree with as many leaves: an older copy was put back, or somebody else has the log's key. \
         Restore the log before anything else",
    )?;
    if seen > size {
        bail!(
            "it cosigned this log with {seen} leaves, and here are {size}: an older copy was put back, or somebody else has \
             the log's key. Restore the log before anything else"
        );
    }
    Ok(seen)
}

/// Keeps the lines of this witness, when they verify.
fn check(answer: &Answer, section: &WitnessSection, note: &Note, now: UnixTime) -> Result<String> {
    let lines = std::str::from_utf8(&answer.body).context("it answers with something else than text")?;
    let witness = section.witness()?;
    let mut kept = String::new();
    for line in lines.split_inclusive('\n').filter(|line| line.starts_with(&format!("— {} ", witness.name()))) {
        let mut with = note.clone();
        let is_good = with.add_lines(line).is_ok()
            && witness.verify(&with).is_ok_and(|time| time.is_some_and(|time| time <= now.plus(CLOCK_TOLERANCE)));
        if is_good {
            kept.push_str(line);
        }
    }
    if kept.is_empty() {
        bail!("its answer is no cosignature by its key");
    }
    Ok(kept)
}

async fn send(section: &WitnessSection, ca_file: Option<&Path>, body: String) -> Result<Answer> {
    let (origin, path) = section.place()?;
    let tls = match ca_file {
        // On localhost there is none
        _ if origin.as_str().starts_with("http://") => ClientTls::trusting(&[])?,
        Some(path) => ClientTls::from_file(path).with_context(|| format!("{} is refused", path.display()))?,
        None => ClientTls::system().context("the authorities of this machine cannot be read")?,
    };
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = format!("{path}/add-checkpoint").parse()?;
    let host = origin.as_str().split_once("://").unwrap_or_default().1;
    request.headers_mut().insert(HOST, HeaderValue::from_str(host)?);
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let exchange = async {
        let mut connection = Endpoint::new(&origin, tls).connect().await?;
        connection.send(request, MAX_ANSWER).await
    };
    tokio::time::timeout(TIME, exchange).await.context("it does not answer in time")?.map_err(Into::into)
}
