//! A running server, asked as browsers ask it: plain and compressed, and for what is not there.

use std::sync::Arc;

use axum::http::StatusCode;
use nightsafe_core::anchor::Origin;
use nightsafe_core::log::MAX_LOGGED;
use nightsafe_core::note::{MAX_NOTE, Vkey};
use nightsafe_core::release::{DOCUMENT_PATH, MAX_DOCUMENT, NOTE_PATH, PROOF_PATH, Place, SiteRelease};

use super::asker::{Asker, Failed, Manner, decoded};
use super::{Finding, INVALID_PROOF, UNAVAILABLE, UNREACHABLE, differing_headers, typed, verify_proof};
use crate::client::{Answer, Endpoint};

/// A path at which no site has a file; its answer must have the headers all the same.
const NOTHING: &str = "/nightsafe-nothing-here";

/// A server of one origin.
#[derive(Debug)]
pub struct Server(Asker);

impl Server {
    /// Nothing is asked yet.
    pub fn new(origin: &Origin, endpoint: Endpoint, manner: Arc<Manner>) -> Self {
        Self(Asker::new(origin, endpoint, manner))
    }

    /// Document and note.
    ///
    /// # Errors
    /// What is wrong, when they are not there.
    pub async fn read_release(&mut self) -> Result<(String, String), Finding> {
        let document = self.text(DOCUMENT_PATH, MAX_DOCUMENT).await?;
        Ok((document, self.text(NOTE_PATH, MAX_NOTE).await?))
    }

    /// All that differs.
    pub async fn check(&mut self, release: &SiteRelease, note: &str, place: &Place) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut descriptions = release.descriptions();
        descriptions.push((NOTE_PATH.to_owned(), note.to_owned()));
        let limit = self.0.manner().check_time;
        let all = self.check_all(release, place, &descriptions, &mut findings);
        if tokio::time::timeout(limit, all).await.is_err() {
            let said = format!("not all could be looked at within {} seconds", limit.as_secs());
            findings.push(self.finding(UNREACHABLE, "", said));
        }
        findings
    }

    /// A text of at most so many bytes.
    ///
    /// # Errors
    /// What is wrong, when it is not there.
    pub async fn text(&mut self, path: &str, limit: usize) -> Result<String, Finding> {
        self.there(path, limit).await.and_then(|answer| self.to_text(path, answer))
    }

    /// The same of a file of the release's log; with it, how its headers differ.
    ///
    /// # Errors
    /// What is wrong, when it is not there.
    pub async fn logged(&mut self, place: &Place, path: &str, limit: usize) -> Result<(String, Vec<Finding>), Finding> {
        let answer = self.there(path, limit).await?;
        let findings = differing_headers(place, path, &answer);
        Ok((self.to_text(path, answer)?, findings))
    }

    async fn there(&mut self, path: &str, limit: usize) -> Result<Answer, Finding> {
        match self.0.ask(path, limit, "identity").await {
            Ok(answer) if answer.status == StatusCode::OK => Ok(answer),
            Ok(answer) => Err(self.missing(path, &answer)),
            Err(failed) => Err(self.failed(path, failed)),
        }
    }

    fn to_text(&self, path: &str, answer: Answer) -> Result<String, Finding> {
        String::from_utf8(answer.body).map_err(|_| self.finding("invalid_manifest", path, "is not text"))
    }

    async fn check_all(
        &mut self,
        release: &SiteRelease,
        place: &Place,
        descriptions: &[(String, String)],
        findings: &mut Vec<Finding>,
    ) {
        let encodings = self.0.manner().encodings.clone();
        for (path, file) in &place.files {
            let limit = usize::try_from(file.bytes).unwrap_or(usize::MAX);
            for encoding in &encodings {
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
        if let Some(log) = &release.log {
            findings.extend(self.check_proof(release, log, &place).await);
        }
        match self.0.ask(NOTHING, MAX_DOCUMENT, "identity").await {
            Ok(answer) if answer.status == StatusCode::OK => {
                findings.push(self.finding("missing_from_manifest", NOTHING, "is not in the release, and answered"));
            }
            Ok(answer) => findings.extend(differing_headers(&place, NOTHING, &answer)),
            Err(failed) => findings.push(self.failed(NOTHING, failed)),
        }
    }

    async fn check_file(&mut self, place: &Place, path: &str, limit: usize, encoding: &'static str) -> Vec<Finding> {
        // What is compressed may be a little longer than what is not
        let answer = match self.0.ask(path, limit.saturating_add(1024), encoding).await {
            Ok(answer) => answer,
            Err(Failed::TooLarge) => return vec![self.finding("no_manifest_match", path, "is longer than the file")],
            Err(failed) => return vec![self.failed(path, failed)],
        };
        if answer.status != StatusCode::OK {
            return vec![self.finding("file_missing", path, format!("answers with status {}", answer.status.as_u16()))];
        }
        let mut findings = differing_headers(place, path, &answer);
        match decoded(answer, u64::try_from(limit).unwrap_or(u64::MAX)) {
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
        let answer = match self.0.ask(path, text.len().saturating_add(1024), "identity").await {
            Ok(answer) if answer.status == StatusCode::OK => answer,
            Ok(answer) => return vec![self.missing(path, &answer)],
            Err(failed) => return vec![self.failed(path, failed)],
        };
        let mut findings = differing_headers(place, path, &answer);
        if answer.body != text.as_bytes() {
            findings.push(self.finding("no_manifest_match", path, "is not what the release says of itself"));
        }
        findings
    }

    /// The proof that the release is in its log.
    async fn check_proof(&mut self, release: &SiteRelease, log: &Vkey, place: &Place) -> Vec<Finding> {
        let answer = match self.0.ask(PROOF_PATH, MAX_LOGGED, "identity").await {
            Ok(answer) if answer.status == StatusCode::OK => answer,
            Ok(answer) => return vec![self.missing(PROOF_PATH, &answer)],
            Err(failed) => return vec![self.failed(PROOF_PATH, failed)],
        };
        let mut findings = differing_headers(place, PROOF_PATH, &answer);
        let verified = verify_proof(&String::from_utf8_lossy(&answer.body), release, log);
        findings.extend(verified.err().map(|said| self.finding(INVALID_PROOF, PROOF_PATH, said)));
        findings
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0.origin())
    }

    fn finding(&self, code: &'static str, path: &str, said: impl ToString) -> Finding {
        Finding::new(code, self.url(path), said)
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
pub(super) fn with_descriptions(place: &Place, descriptions: &[(String, String)]) -> Place {
    let mut place = place.clone();
    for (path, _) in descriptions {
        place.headers.insert(path.clone(), typed(path));
    }
    place.headers.insert(PROOF_PATH.to_owned(), typed(PROOF_PATH));
    place
}
