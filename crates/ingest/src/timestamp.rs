//! `GET /v1/timestamp`: the note that says which manifest is the current one, and where the roster of admins ends.

use std::sync::{Arc, PoisonError};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use nightsafe_core::scalar::{ManifestHash, RosterHead};
use nightsafe_core::time::UnixTime;
use nightsafe_core::timestamp::{Timestamp, issue};
use nightsafe_proto::problem::ProblemType;
use nightsafe_serve::problem::Problem;

use crate::manifests::Published;
use crate::openapi::TimestampProblems;
use crate::roster::RosterWatch;
use crate::state::Ingest;

/// Where it is.
pub(crate) const PATH: &str = "/v1/timestamp";

/// How long a note is good for, in seconds.
const VALID: u64 = 24 * 3600;
/// How long a note is handed out before the next is signed, in seconds.
const REISSUE: u64 = 300;

/// A note that was signed.
#[derive(Debug)]
pub(crate) struct Issued {
    manifest: ManifestHash,
    roster: Option<RosterHead>,
    at: UnixTime,
    note: String,
}

/// The timestamp note
///
/// Says which key manifest is the current one, and where the roster of admins ends, for 24 hours at most.
#[utoipa::path(
    get, path = PATH, operation_id = "timestamp", tag = "deposits",
    responses(
        (status = 200, description = "A C2SP signed note", body = String, content_type = "text/plain"),
        TimestampProblems
    )
)]
pub(crate) async fn get(State(ingest): State<Arc<Ingest>>) -> Result<Response, Problem> {
    let published = ingest.published()?;
    let note = ingest.timestamp_note(&published)?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

impl Ingest {
    /// Seconds since the note was signed that is handed out now.
    pub(crate) fn timestamp_age(&self) -> Option<u64> {
        self.timestamp_note(self.published().ok()?.as_ref()).ok()?;
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.as_ref().map(|issued| self.clock.now().seconds().saturating_sub(issued.at.seconds()))
    }

    fn timestamp_note(&self, published: &Published) -> Result<String, ProblemType> {
        let now = self.clock.now();
        let (manifest, roster) = (published.current.hash(), self.roster.as_ref().and_then(RosterWatch::head));
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = issued.as_ref().filter(|last| last.is_good(manifest, roster, now)) {
            return Ok(last.note.clone());
        }
        let timestamp = Timestamp {
            site: published.current.manifest().site.clone(),
            manifest,
            roster: roster.map(|head| head.0),
            until: now.plus(VALID),
        };
        let note = issue(&timestamp, &self.timestamp_signer).map_err(|error| {
            tracing::error!(code = error.code(), "the timestamp note cannot be signed");
            ProblemType::InternalError
        })?;
        *issued = Some(Issued { manifest, roster, at: now, note: note.clone() });
        Ok(note)
    }
}

impl Issued {
    fn is_good(&self, manifest: ManifestHash, roster: Option<RosterHead>, now: UnixTime) -> bool {
        // A clock that was set back makes a note from the future: sign a new one
        (self.manifest, self.roster) == (manifest, roster) && now >= self.at && now < self.at.plus(REISSUE)
    }
}
