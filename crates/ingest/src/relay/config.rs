//! The section `[relay]` of a configuration.

use std::sync::Arc;

use nightsafe_core::anchor::Origin;
use nightsafe_core::note::{NoteError, Vkey};
use nightsafe_serve::clock::Clock;
use nightsafe_serve::config::{Ceiling, DatabaseSource, DatabaseSourceError, DatabaseUrl, Listen, Log, Secret};
use nightsafe_store::outbox::OutboxReader;
use nightsafe_store::{Database, DatabaseError};
use serde::Deserialize;

use super::{Relay, RelayParts};

/// Keys at once; more than one is needed only while one takes another's place.
const MAX_KEYS: usize = 4;

/// `[relay]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelaySection {
    /// The address that the vault knows this relay by, `https://HOST[:PORT]`.
    pub origin: String,
    /// The vault's public relay keys, as `nightsafe keys relay` prints them.
    pub vault_keys: Vec<String>,
    /// The outbox, `sqlite:PATH` or `postgres://USER@HOST/NAME`.
    pub database: DatabaseUrl,
    /// The password, for PostgreSQL.
    pub password: Option<Secret>,
    /// Where it listens: never where shoppers reach it.
    pub listen: Listen,
}

/// What the section says, read.
#[derive(Debug)]
pub struct RelaySettings {
    origin: Origin,
    vault_keys: Vec<Vkey>,
    database: Database,
}

/// Why the section is not good.
#[derive(Debug, thiserror::Error)]
pub enum RelaySectionError {
    /// The origin.
    #[error(
        "relay.origin: write https:// (or http:// on localhost), the host in lower case and, unless it is the default \
         one, the port; nothing behind it"
    )]
    Origin,
    /// A key.
    #[error("relay.vault_keys: {0}")]
    Key(#[from] NoteError),
    /// None, or too many.
    #[error("relay.vault_keys: name 1 to {MAX_KEYS} keys")]
    KeyCount,
    /// The password.
    #[error("relay: {0}")]
    Source(#[from] DatabaseSourceError),
    /// The database.
    #[error("relay.database: {0}")]
    Database(#[from] DatabaseError),
}

impl RelaySection {
    /// Reads what the section names.
    ///
    /// # Errors
    /// [`RelaySectionError`]
    pub fn read(&self) -> Result<RelaySettings, RelaySectionError> {
        if !(1..=MAX_KEYS).contains(&self.vault_keys.len()) {
            return Err(RelaySectionError::KeyCount);
        }
        let source = DatabaseSource { database: self.database.clone(), password: self.password.clone() };
        Ok(RelaySettings {
            origin: Origin::parse(&self.origin).ok_or(RelaySectionError::Origin)?,
            vault_keys: self.vault_keys.iter().map(|key| Vkey::parse(key)).collect::<Result<_, _>>()?,
            database: source.url()?.parse()?,
        })
    }
}

impl RelaySection {
    /// With what the relay adds to a process.
    pub fn add_to(&self, ceiling: Ceiling) -> Ceiling {
        ceiling.and_listener(&self.listen).and(super::MEMORY)
    }
}

impl RelaySettings {
    /// Opens the outbox.
    ///
    /// # Errors
    /// As [`OutboxReader::open`].
    pub async fn open(self, clock: Arc<dyn Clock>) -> Result<Relay, nightsafe_store::StoreError> {
        let outbox = OutboxReader::open(&self.database).await?;
        Ok(Relay::new(RelayParts { outbox, origin: self.origin, vault_keys: self.vault_keys, clock }))
    }
}

/// The whole configuration of `nightsafe-relay`; `deploy/relay.toml` is the commented sample.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayFile {
    /// The relay.
    pub relay: RelaySection,
    /// Where metrics are served.
    pub metrics: Option<Listen>,
    /// What is logged.
    #[serde(default)]
    pub log: Log,
}

impl RelayFile {
    /// What the process stays below, whatever is sent to it.
    pub fn memory_ceiling(&self) -> Ceiling {
        self.relay.add_to(Ceiling::default())
    }
}
