//! What the handlers share.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::extract::FromRef;
use nightsafe_core::anchor::{Origin, TrustAnchor};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::scalar::ManifestHash;
use nightsafe_proto::problem::ProblemType;
use nightsafe_serve::clock::Clock;
use nightsafe_serve::limits::Memory;
use nightsafe_store::outbox::OutboxWriter;

use crate::manifests::{ManifestFault, ManifestFiles, Manifests, OnlineKeys, Published};
use crate::reports::Reports;
use crate::roster::{RosterFiles, RosterWatch};
use crate::timestamp::Issued;

/// What ingest is made of.
#[derive(Debug)]
pub struct IngestConfig {
    /// What the site's manifests are verified against.
    pub anchor: TrustAnchor,
    /// Origin of the frame: the only one that may read answers.
    pub fields_origin: Origin,
    /// Origin of the admin site, whose pages may read the timestamp note.
    pub admin_origin: Option<Origin>,
    /// The published folder; the current manifest is its file `key-manifest`.
    pub fields_folder: PathBuf,
    /// Folder with every manifest ever signed, `*.note`.
    pub manifest_history: PathBuf,
    /// The roster of admins, whose head the timestamp note then names.
    pub roster: Option<RosterFiles>,
    /// Signs receipts; the manifest names its public key.
    pub receipt_signer: NoteSigner,
    /// Signs timestamp notes; the manifest names its public key.
    pub timestamp_signer: NoteSigner,
    /// Where deposits go.
    pub outbox: OutboxWriter,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Why ingest cannot start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// One key for two purposes.
    #[error("the receipt key and the timestamp key are the same: make one of them anew")]
    SameKey,
}

/// The state of ingest, shared by all requests.
#[derive(Debug)]
pub struct Ingest {
    pub(crate) fields_origin: Origin,
    pub(crate) admin_origin: Option<Origin>,
    pub(crate) outbox: OutboxWriter,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) receipt_signer: NoteSigner,
    pub(crate) timestamp_signer: NoteSigner,
    pub(crate) issued: Mutex<Option<Issued>>,
    pub(crate) roster: Option<RosterWatch>,
    pub(crate) reports: Reports,
    manifests: Manifests,
}

/// What the handlers are given.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) ingest: Arc<Ingest>,
    pub(crate) memory: Memory,
}

impl Ingest {
    /// Takes everything in. Files are read when the first request needs them, so that a manifest
    /// that is published later is found without a restart.
    ///
    /// # Errors
    /// [`IngestError`]
    pub fn new(config: IngestConfig) -> Result<Arc<Self>, IngestError> {
        let keys = OnlineKeys {
            receipt: config.receipt_signer.vkey().clone(),
            timestamp: config.timestamp_signer.vkey().clone(),
        };
        if keys.receipt.public_key() == keys.timestamp.public_key() {
            return Err(IngestError::SameKey);
        }
        let files =
            ManifestFiles { current: config.fields_folder.join("key-manifest"), history: config.manifest_history };
        Ok(Arc::new(Self {
            reports: Reports::new(config.fields_origin.clone(), config.admin_origin.clone()),
            fields_origin: config.fields_origin,
            admin_origin: config.admin_origin,
            outbox: config.outbox,
            clock: config.clock,
            receipt_signer: config.receipt_signer,
            timestamp_signer: config.timestamp_signer,
            issued: Mutex::new(None),
            roster: config.roster.map(|files| RosterWatch::new(files, config.anchor.clone())),
            manifests: Manifests::new(files, config.anchor, keys),
        }))
    }

    /// The hash of the manifest in use, or why there is none: for a message at start.
    ///
    /// # Errors
    /// [`ManifestFault`]
    pub fn manifest(&self) -> Result<ManifestHash, ManifestFault> {
        let published = self.manifests.published(self.clock.now())?;
        Ok(published.current.hash())
    }

    /// The manifests that deposits may be sealed under now.
    pub(crate) fn published(&self) -> Result<Arc<Published>, ProblemType> {
        self.manifests.published(self.clock.now()).map_err(|_| ProblemType::ManifestUnavailable)
    }
}

impl FromRef<Shared> for Arc<Ingest> {
    fn from_ref(shared: &Shared) -> Self {
        Self::clone(&shared.ingest)
    }
}

impl FromRef<Shared> for Memory {
    fn from_ref(shared: &Shared) -> Self {
        shared.memory.clone()
    }
}
