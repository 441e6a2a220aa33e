//! A witness (`c2sp.org/tlog-witness`): cosigns the checkpoints of logs that it knows, each only when it continues what was cosigned
//! before. What is cosigned is on the disk before the cosignature leaves.

pub mod config;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use nightsafe_core::encoding::hex;
use nightsafe_core::log::{
    AddCheckpoint, Checkpoint, CheckpointError, Hash, MAX_REQUEST, Witness as Cosigner, cosign, verify_consistency,
};
use nightsafe_core::note::{Note, NoteSigner, Vkey};
use nightsafe_proto::problem::ProblemType;
use nightsafe_serve::api::wrap;
use nightsafe_serve::clock::Clock;
use nightsafe_serve::problem::Problem;
use nightsafe_store::monitor::{Cosigned, MonitorStore};
use sha2::{Digest, Sha256};

/// For one request.
const TIME: Duration = Duration::from_secs(10);

/// A witness.
#[derive(Debug)]
pub struct Witness {
    signer: NoteSigner,
    /// By origin.
    logs: BTreeMap<String, Vkey>,
    store: MonitorStore,
    clock: Arc<dyn Clock>,
}

/// Why a checkpoint is not cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// Not the form of a request, or sizes that cannot be.
    Malformed,
    /// Nobody told this witness of that log.
    Unknown,
    /// The log's key did not sign.
    NotSigned,
    /// Something else was cosigned last: of this size.
    Conflict(u64),
    /// Another tree of this size was cosigned.
    Forked,
    /// It does not continue what was cosigned.
    Inconsistent,
    /// The database failed.
    Failed,
}

impl Witness {
    /// A witness with this key, of the logs with these.
    pub fn new(signer: NoteSigner, logs: &[Vkey], store: MonitorStore, clock: Arc<dyn Clock>) -> Self {
        let logs = logs.iter().map(|key| (key.name().to_owned(), key.clone())).collect();
        Self { signer, logs, store, clock }
    }

    /// Its public key, for those who ask for its cosignatures.
    pub fn cosigner(&self) -> Cosigner {
        Cosigner::new(self.signer.vkey().clone())
    }

    /// Cosigns what is asked for; the lines to answer.
    async fn add(&self, body: &[u8]) -> Result<String, Refused> {
        let text = std::str::from_utf8(body).map_err(|_| Refused::Malformed)?;
        let AddCheckpoint { old, proof, checkpoint: note } =
            AddCheckpoint::parse(text).map_err(|_| Refused::Malformed)?;
        let origin = note.split('\n').next().unwrap_or_default();
        let key = self.logs.get(origin).ok_or(Refused::Unknown)?;
        let Checkpoint { size, root, .. } = Checkpoint::verify(&note, key).map_err(|error| match error {
            CheckpointError::BadSignature | CheckpointError::NotSigned => Refused::NotSigned,
            CheckpointError::Malformed | CheckpointError::WrongOrigin => Refused::Malformed,
        })?;
        if old > size {
            return Err(Refused::Malformed);
        }
        let last = self.store.cosigned(origin).await.map_err(failed)?;
        let (seen, seen_root) = last.map_or((0, Hash::of_empty_tree()), |last| (last.size, Hash(last.root)));
        if old != seen {
            return Err(Refused::Conflict(seen));
        }
        let refused = if size == seen && root != seen_root {
            Some(Refused::Forked)
        } else {
            verify_consistency(seen, &seen_root, size, &root, &proof).err().map(|_| Refused::Inconsistent)
        };
        if let Some(refused) = refused {
            // The log signed it all the same, which is the proof that it cannot be trusted: it belongs on paper
            tracing::warn!(%origin, size, seen, checkpoint = %note, "the log does not continue what was cosigned");
            return Err(refused);
        }
        let mut cosigned = own_lines(&note, origin).ok_or(Refused::Malformed)?;
        let line = cosign(cosigned.text(), &self.signer, self.clock.now());
        cosigned.add_lines(&line).map_err(|_| Refused::Malformed)?;
        let new = Cosigned { size, root: root.0, checkpoint: cosigned.encode() };
        match self.store.keep_cosigned(origin, old, &new).await.map_err(failed)? {
            true => Ok(line),
            // Somebody else was faster
            false => {
                Err(Refused::Conflict(self.store.cosigned(origin).await.map_err(failed)?.map_or(0, |one| one.size)))
            }
        }
    }

    /// The last checkpoint of a log, by the hash of its origin.
    async fn last(&self, hash: &str) -> Result<String, ProblemType> {
        let is_it = |origin: &&String| hex(&Sha256::digest(origin.as_bytes())) == hash;
        let origin = self.logs.keys().find(is_it).ok_or(ProblemType::NotFound)?;
        let last = self.store.cosigned(origin).await.map_err(|error| {
            tracing::error!(%error, "the witness's database failed");
            ProblemType::InternalError
        })?;
        last.map(|last| last.checkpoint).ok_or(ProblemType::NotFound)
    }
}

/// `POST /add-checkpoint` and `GET /<hash of the origin>/checkpoint`.
pub fn router(witness: Arc<Witness>) -> Router {
    let routes = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin}/checkpoint", get(checkpoint))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .with_state(witness);
    wrap(routes, TIME)
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Bytes) -> Response {
    match witness.add(&body).await {
        Ok(lines) => text(StatusCode::OK, "text/plain; charset=utf-8", lines),
        Err(Refused::Conflict(size)) => text(StatusCode::CONFLICT, "text/x.tlog.size", format!("{size}\n")),
        Err(refused) => {
            let (status, said) = refused.told();
            text(status, "text/plain; charset=utf-8", format!("{said}\n"))
        }
    }
}

async fn checkpoint(State(witness): State<Arc<Witness>>, Path(origin): Path<String>) -> Response {
    match witness.last(&origin).await {
        Ok(note) => text(StatusCode::OK, "text/plain; charset=utf-8", note),
        Err(problem) => Problem::new(problem).into_response(),
    }
}

fn text(status: StatusCode, media_type: &'static str, body: String) -> Response {
    (status, [(CONTENT_TYPE, media_type)], body).into_response()
}

impl Refused {
    const fn told(self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed => {
                (StatusCode::BAD_REQUEST, "send old size, proof, an empty line and a checkpoint without extensions")
            }
            Self::Unknown => (StatusCode::NOT_FOUND, "this witness does not know that log"),
            Self::NotSigned => (StatusCode::FORBIDDEN, "the log's key did not sign this checkpoint"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "another size was cosigned last"),
            Self::Forked => (StatusCode::CONFLICT, "another tree of this size was cosigned"),
            Self::Inconsistent => {
                (StatusCode::UNPROCESSABLE_ENTITY, "the checkpoint does not continue what was cosigned")
            }
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "it could not be kept, so it was not cosigned"),
        }
    }
}

/// The note with the log's own signatures alone: others could fill it up.
fn own_lines(note: &str, origin: &str) -> Option<Note> {
    let (text, lines) = note.split_once("\n\n")?;
    let start = format!("— {origin} ");
    let own: String = lines.split_inclusive('\n').filter(|line| line.starts_with(&start)).collect();
    Note::parse(&format!("{text}\n\n{own}")).ok()
}

fn failed(error: nightsafe_store::StoreError) -> Refused {
    tracing::error!(%error, "the witness's database failed");
    Refused::Failed
}
