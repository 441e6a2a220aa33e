//! The configuration of `nightsafe-ingest`; `deploy/ingest.toml` is the commented sample.

use std::path::PathBuf;
use std::sync::Arc;

use nightsafe_core::anchor::{Origin, TrustAnchor, TrustError};
use nightsafe_core::note::NoteSigner;
use nightsafe_serve::clock::Clock;
use nightsafe_serve::config::{
    AbsolutePath, Ceiling, DatabaseSource, DatabaseSourceError, DatabaseUrl, Limits, Listen, Log, Secret, SecretError,
};
use nightsafe_serve::limits::Guard;
use nightsafe_serve::online_key;
use nightsafe_store::outbox::{OutboxWriter, WriterLimits};
use nightsafe_store::{Database, DatabaseError};
use serde::Deserialize;

use crate::relay::config::RelaySection;
use crate::{IngestConfig, ReportLimits, RosterFiles};

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whose deposits these are.
    pub site: Site,
    /// Where they go.
    pub outbox: Outbox,
    /// Where the API listens.
    pub listen: Listen,
    /// How much may be asked for.
    #[serde(default)]
    pub limits: Limits,
    /// How much browsers may report.
    #[serde(default)]
    pub reports: ReportLimits,
    /// The fields origin, when this process serves it.
    pub fields: Option<Fields>,
    /// The way to the vault, when this process offers it.
    pub relay: Option<RelaySection>,
    /// Where Prometheus may ask.
    pub metrics: Option<Listen>,
    /// What is logged.
    #[serde(default)]
    pub log: Log,
}

/// `[site]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// File of the trust anchor.
    pub anchor: AbsolutePath,
    /// Origin of the frame: the only one that may read answers.
    pub fields_origin: String,
    /// Origin of the admin site, whose pages may read the timestamp note.
    pub admin_origin: Option<String>,
    /// The published folder; the current manifest is its file `key-manifest`.
    pub fields_folder: AbsolutePath,
    /// Folder with every manifest ever signed, `*.note`.
    pub manifests: AbsolutePath,
    /// File of the roster of admins, whose head the timestamp note then names.
    pub roster: Option<AbsolutePath>,
    /// File in which this process keeps which roster it has seen.
    pub roster_seen: Option<AbsolutePath>,
    /// Signs receipts.
    pub receipt_key: Secret,
    /// Signs timestamp notes.
    pub timestamp_key: Secret,
}

/// `[outbox]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbox {
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`.
    pub database: DatabaseUrl,
    /// The password, for PostgreSQL.
    pub password: Option<Secret>,
    /// Deposits that may wait for a commit.
    #[serde(default = "queue_deposits")]
    pub queue_deposits: usize,
    /// Bytes of deposits that may wait for a commit.
    #[serde(default = "queue_bytes")]
    pub queue_bytes: usize,
    /// Deposits in one transaction.
    #[serde(default = "batch_deposits")]
    pub batch_deposits: usize,
    /// Transactions at the same time, on PostgreSQL.
    #[serde(default = "connections")]
    pub connections: usize,
}

/// `[fields]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// The JSON file with the headers.
    pub headers: AbsolutePath,
    /// Where the folder is served.
    pub listen: Listen,
}

fn queue_deposits() -> usize {
    WriterLimits::default().queue
}

fn queue_bytes() -> usize {
    WriterLimits::default().queue_bytes
}

fn connections() -> usize {
    WriterLimits::default().connections
}

fn batch_deposits() -> usize {
    WriterLimits::default().batch
}

/// What a [`Site`] names, read.
#[derive(Debug)]
pub struct SiteFiles {
    anchor: TrustAnchor,
    fields_origin: Origin,
    admin_origin: Option<Origin>,
    roster: Option<RosterFiles>,
    receipt_signer: NoteSigner,
    timestamp_signer: NoteSigner,
}

/// Why something that the configuration names is not good.
#[derive(Debug, thiserror::Error)]
pub enum ConfiguredError {
    /// The anchor's file.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The anchor's text.
    #[error("{} is no trust anchor: {}", .path.display(), .fault.code())]
    Anchor {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: TrustError,
    },
    /// An origin.
    #[error(
        "site.{0}: an origin is https:// (or http:// on localhost), a lowercase host and, unless it is the default one, a port; nothing behind it"
    )]
    Origin(&'static str),
    /// One of two paths that belong together.
    #[error("site.roster and site.roster_seen belong together: name both, or none")]
    Roster,
    /// The file of an online key.
    #[error("site.{key}: {source}")]
    Secret {
        /// Which one.
        key: &'static str,
        /// What is wrong.
        source: SecretError,
    },
    /// The text of an online key.
    #[error("site.{0}: the file is not one line of PRIVATE+KEY+name+id+base64: restore it from a copy")]
    Key(&'static str),
    /// The outbox's database.
    #[error("outbox: {0}")]
    Source(#[from] DatabaseSourceError),
    /// The outbox's database.
    #[error("outbox.database: {0}")]
    Database(#[from] DatabaseError),
}

impl Config {
    /// The limits of the API.
    pub fn guard(&self) -> Guard {
        self.limits.guard(&self.listen)
    }

    /// What the process stays below, whatever is sent to it. A waiting deposit is there three times (waiting, as a
    /// statement's argument, on its way to the database).
    pub fn memory_ceiling(&self) -> Ceiling {
        let ceiling = Ceiling::default().and_listener(&self.listen).and_limits(&self.limits);
        let ceiling = ceiling.and_times(self.outbox.queue_bytes, 3);
        let ceiling = self.fields.iter().fold(ceiling, |ceiling, fields| ceiling.and_listener(&fields.listen));
        self.relay.iter().fold(ceiling, |ceiling, relay| relay.add_to(ceiling))
    }
}

impl Site {
    /// Reads the anchor and the keys.
    ///
    /// # Errors
    /// [`ConfiguredError`]
    pub fn read(&self) -> Result<SiteFiles, ConfiguredError> {
        let path = self.anchor.to_path_buf();
        let text = std::fs::read_to_string(&path)
            .map_err(|source| ConfiguredError::Unreadable { path: path.clone(), source })?;
        Ok(SiteFiles {
            anchor: TrustAnchor::parse(&text).map_err(|fault| ConfiguredError::Anchor { path, fault })?,
            fields_origin: origin("fields_origin", &self.fields_origin)?,
            admin_origin: self.admin_origin.as_deref().map(|text| origin("admin_origin", text)).transpose()?,
            roster: self.roster()?,
            receipt_signer: signer("receipt_key", &self.receipt_key)?,
            timestamp_signer: signer("timestamp_key", &self.timestamp_key)?,
        })
    }

    fn roster(&self) -> Result<Option<RosterFiles>, ConfiguredError> {
        match (&self.roster, &self.roster_seen) {
            (Some(roster), Some(seen)) => {
                Ok(Some(RosterFiles { roster: roster.to_path_buf(), seen: seen.to_path_buf() }))
            }
            (None, None) => Ok(None),
            _ => Err(ConfiguredError::Roster),
        }
    }

    /// Everything that ingest is made of.
    pub fn ingest(&self, files: SiteFiles, outbox: OutboxWriter, clock: Arc<dyn Clock>) -> IngestConfig {
        IngestConfig {
            anchor: files.anchor,
            fields_origin: files.fields_origin,
            admin_origin: files.admin_origin,
            roster: files.roster,
            fields_folder: self.fields_folder.to_path_buf(),
            manifest_history: self.manifests.to_path_buf(),
            receipt_signer: files.receipt_signer,
            timestamp_signer: files.timestamp_signer,
            outbox,
            clock,
        }
    }
}

fn origin(key: &'static str, text: &str) -> Result<Origin, ConfiguredError> {
    Origin::parse(text).ok_or(ConfiguredError::Origin(key))
}

fn signer(key: &'static str, secret: &Secret) -> Result<NoteSigner, ConfiguredError> {
    let text = secret.read_text().map_err(|source| ConfiguredError::Secret { key, source })?;
    online_key::parse(&text).ok_or(ConfiguredError::Key(key))
}

impl Outbox {
    /// The database to open.
    ///
    /// # Errors
    /// [`ConfiguredError`]
    pub fn database(&self) -> Result<Database, ConfiguredError> {
        let source = DatabaseSource { database: self.database.clone(), password: self.password.clone() };
        Ok(source.url()?.parse()?)
    }

    /// How much may wait.
    pub fn limits(&self) -> WriterLimits {
        WriterLimits {
            queue: self.queue_deposits,
            queue_bytes: self.queue_bytes,
            batch: self.batch_deposits,
            connections: self.connections,
        }
    }
}
