//! The configuration of `nightsafe-vault`; `deploy/vault.toml` is the commented sample.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nightsafe_core::anchor::{Origin, TrustAnchor, TrustError};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::scalar;
use nightsafe_login::ServerSetup;
use nightsafe_serve::clock::Clock;
use nightsafe_serve::config::{
    AbsolutePath, Ceiling, DatabaseSource, DatabaseSourceError, DatabaseUrl, Limits, Listen, Log, Secret, SecretError,
};
use nightsafe_serve::online_key;
use nightsafe_store::outbox::OutboxReader;
use nightsafe_store::{Database, DatabaseError, StoreError};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::source::{AuthoritiesError, ClientTls, Direct, Relay, RelayConfig};
use crate::{
    Announcer, Backoff, LogConfig, LogConfigError, MailSection, MailSectionError, SETTLE_HOUR, SessionLimits,
    VaultConfig,
};

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whose deposits these are, and who may ask for them.
    pub site: Site,
    /// Where they are kept.
    pub vault: Vault,
    /// Where they come from.
    pub source: Source,
    /// What is written for others on this machine.
    #[serde(default)]
    pub publish: Publish,
    /// Where the API listens.
    pub listen: Listen,
    /// How long admins stay signed in.
    #[serde(default)]
    pub sessions: Sessions,
    /// How much may be asked for.
    #[serde(default)]
    pub limits: Limits,
    /// Where what is due is announced.
    pub mail: Option<MailSection>,
    /// Where metrics are served.
    pub metrics: Option<Listen>,
    /// What is logged.
    #[serde(default)]
    pub log: Log,
}

/// `[site]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Name of the site, as in its manifests.
    pub name: String,
    /// Origin of the admin site: the only one whose pages may call the API.
    pub admin_origin: String,
    /// The sign-in secret that `nightsafe init` made, `keys/login.key`.
    pub login_key: Secret,
    /// The trust anchor that `nightsafe init` made, `anchor.txt`: the vault verifies the roster by it. Without it the roster is
    /// not changed here, and nothing that admins do is recorded in the audit log.
    pub anchor: Option<AbsolutePath>,
    /// The key of the audit log that `nightsafe init` made, `keys/log.key`; without it there is no log.
    pub log_key: Option<Secret>,
}

/// `[sessions]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// Seconds without a request after which a session ends. No page locks later.
    #[serde(deserialize_with = "session_seconds")]
    pub idle_seconds: u32,
    /// Seconds after which it ends in any case.
    #[serde(deserialize_with = "session_seconds")]
    pub absolute_seconds: u32,
}

impl Default for Sessions {
    fn default() -> Self {
        let seconds = |time: u64| u32::try_from(time).unwrap_or(u32::MAX);
        let SessionLimits { idle, absolute } = SessionLimits::default();
        Self { idle_seconds: seconds(idle), absolute_seconds: seconds(absolute) }
    }
}

impl Sessions {
    /// As the vault takes them.
    pub fn limits(self) -> SessionLimits {
        SessionLimits { idle: self.idle_seconds.into(), absolute: self.absolute_seconds.into() }
    }
}

/// A minute is what pages may lock after; a week is longer than anybody works.
fn session_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let seconds = u32::deserialize(deserializer)?;
    if (60..=604_800).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(de::Error::custom("sessions last 60 to 604800 seconds: a minute to a week"))
    }
}

/// `[vault]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vault {
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`.
    pub database: DatabaseUrl,
    /// The password, for PostgreSQL.
    pub password: Option<Secret>,
    /// Hour of the day, UTC, at which the field rows are settled.
    #[serde(default = "settle_hour", deserialize_with = "hour")]
    pub settle_hour: u8,
}

fn settle_hour() -> u8 {
    SETTLE_HOUR
}

fn hour<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let hour = u8::deserialize(deserializer)?;
    if hour < 24 { Ok(hour) } else { Err(de::Error::custom("settle_hour is an hour of the day, UTC: 0 to 23")) }
}

/// `[publish]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// File that the roster of admins is written to, for `nightsafe-ingest`.
    pub roster: Option<AbsolutePath>,
}

/// `[source]`, with one of its two ways.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// How long a deposit waits at the longest while all is well.
    #[serde(default = "every_milliseconds")]
    pub every_milliseconds: u32,
    /// How long it waits after a failure; twice as long after each further one, less a random part of up to a half.
    #[serde(default = "retry_milliseconds")]
    pub retry_milliseconds: u32,
    /// How long it waits at the longest.
    #[serde(default = "longest_retry_milliseconds")]
    pub longest_retry_milliseconds: u32,
    /// The outbox's own database.
    pub direct: Option<DirectSource>,
    /// A relay on the shop's side.
    pub relay: Option<RelaySource>,
}

/// `[source.direct]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectSource {
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`.
    pub database: DatabaseUrl,
    /// The password, for PostgreSQL.
    pub password: Option<Secret>,
}

/// `[source.relay]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelaySource {
    /// Where the relay is; the same text as in the relay's own configuration.
    pub origin: String,
    /// The vault's relay key, made by `nightsafe keys relay`.
    pub key: Secret,
    /// Certification authorities in PEM; without it, those of this machine.
    pub ca: Option<AbsolutePath>,
}

fn every_milliseconds() -> u32 {
    500
}

fn retry_milliseconds() -> u32 {
    milliseconds(Backoff::default().first)
}

fn longest_retry_milliseconds() -> u32 {
    milliseconds(Backoff::default().longest)
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

/// What a [`Config`] names, read.
#[derive(Debug)]
pub struct Settings {
    /// Whose deposits these are.
    pub site: scalar::Site,
    /// What the API is set up with.
    pub api: VaultConfig,
    /// Where deposits are kept.
    pub vault: Database,
    /// Where they come from.
    pub source: SourceSettings,
    /// How long a deposit waits at the longest.
    pub every: Duration,
    /// How long after failures.
    pub backoff: Backoff,
    /// Announces what is due.
    pub announcer: Option<Announcer>,
}

/// A way to the outbox.
#[derive(Debug)]
pub enum SourceSettings {
    /// Its database.
    Direct(Database),
    /// A relay.
    Relay(Box<RelaySettings>),
}

/// A relay's address, and what both sides prove themselves with.
#[derive(Debug)]
pub struct RelaySettings {
    origin: Origin,
    tls: ClientTls,
    key: NoteSigner,
}

/// Why something that the configuration names is not good.
#[derive(Debug, thiserror::Error)]
pub enum ConfiguredError {
    /// The site's name.
    #[error("site.name: write it as in the manifests: lower-case letters, digits, dots and hyphens")]
    Site,
    /// An origin.
    #[error(
        "{0}: an origin is https:// (or http:// on localhost), a host in lower case and, unless it is the default one, \
         a port; nothing behind it"
    )]
    Origin(&'static str),
    /// A file with a secret.
    #[error("{key}: {source}")]
    Secret {
        /// Which one.
        key: &'static str,
        /// What is wrong.
        source: SecretError,
    },
    /// The file of the login key.
    #[error("site.login_key: the file is no sign-in secret: restore it from a copy, or make the admins anew")]
    Login,
    /// The file of the trust anchor.
    #[error("site.anchor: cannot read the file: {0}")]
    AnchorUnreadable(std::io::Error),
    /// What is in it.
    #[error("site.anchor: the file is no trust anchor: {}", .0.code())]
    Anchor(TrustError),
    /// The trust anchor is not this site's.
    #[error("site.anchor: the file is the trust anchor of another site")]
    OtherAnchor,
    /// The file of the log key.
    #[error("site.log_key: the file is not one line of PRIVATE+KEY+name+id+base64: restore it from a copy")]
    LogKey,
    /// The log key is not this site's.
    #[error("site.log_key: {0}")]
    Log(#[from] LogConfigError),
    /// The file of the relay key.
    #[error("source.relay.key: the file is not one line of PRIVATE+KEY+name+id+base64: make a new one")]
    Key,
    /// The certification authorities.
    #[error("source.relay.ca: {0}")]
    Tls(#[from] AuthoritiesError),
    /// Mail.
    #[error(transparent)]
    Mail(#[from] MailSectionError),
    /// No source, or two.
    #[error("source: name one of [source.direct] and [source.relay]")]
    Source,
    /// A database's password.
    #[error("{section}: {source}")]
    Password {
        /// Section of the database.
        section: &'static str,
        /// What is wrong.
        source: DatabaseSourceError,
    },
    /// A database.
    #[error("{section}.database: {source}")]
    Database {
        /// Section of the database.
        section: &'static str,
        /// What is wrong.
        source: DatabaseError,
    },
}

/// Bytes of the largest answer: as many fields as one request may ask for, each as long as it can be, as it was read,
/// in base64, and in the JSON around it.
const ANSWER: u64 = 48 << 20;
/// Bytes of a batch from the outbox's own database: 256 deposits of the greatest length, as rows, as what was read in
/// them, and as arguments of statements.
const DIRECT_BATCH: u64 = 144 << 20;
/// The same of a batch from a relay, whose answers are bounded more tightly; and the answer itself.
const RELAY_BATCH: u64 = 24 << 20;

impl Config {
    /// What the process stays below, whatever is sent to it by anybody who is not signed in, and while one admin at a
    /// time has the largest answer that there is.
    pub fn memory_ceiling(&self) -> Ceiling {
        let batch = if self.source.direct.is_some() { DIRECT_BATCH } else { RELAY_BATCH };
        Ceiling::default().and_listener(&self.listen).and_limits(&self.limits).and(ANSWER).and(batch)
    }

    /// Reads what the configuration names.
    ///
    /// # Errors
    /// [`ConfiguredError`]
    pub fn settings(&self) -> Result<Settings, ConfiguredError> {
        let site = scalar::Site::parse(&self.site.name).map_err(|_| ConfiguredError::Site)?;
        let admin_origin =
            Origin::parse(&self.site.admin_origin).ok_or(ConfiguredError::Origin("site.admin_origin"))?;
        let secret = self.site.login_key.read();
        let secret = secret.map_err(|source| ConfiguredError::Secret { key: "site.login_key", source })?;
        let login = ServerSetup::from_bytes(&secret).map_err(|_| ConfiguredError::Login)?;
        let api = VaultConfig::new(site.clone(), admin_origin.as_str().to_owned(), login);
        let anchor = self.site.anchor.as_ref().map(|path| anchor(&site, path)).transpose()?;
        let log = self.site.log_key.as_ref().map(|key| log(&site, key)).transpose()?;
        let announcer = self.mail.as_ref().map(|mail| announcer(&site, mail)).transpose()?;
        Ok(Settings {
            announcer,
            api: VaultConfig {
                guard: self.limits.guard(&self.listen),
                anchor,
                log,
                sessions: self.sessions.limits(),
                ..api
            },
            site,
            vault: database("vault", &self.vault.database, self.vault.password.as_ref())?,
            source: self.source.settings()?,
            every: Duration::from_millis(self.source.every_milliseconds.into()),
            backoff: Backoff {
                first: Duration::from_millis(self.source.retry_milliseconds.into()),
                longest: Duration::from_millis(self.source.longest_retry_milliseconds.into()),
            },
        })
    }
}

impl Source {
    fn settings(&self) -> Result<SourceSettings, ConfiguredError> {
        match (&self.direct, &self.relay) {
            (Some(direct), None) => {
                let database = database("source.direct", &direct.database, direct.password.as_ref())?;
                Ok(SourceSettings::Direct(database))
            }
            (None, Some(relay)) => Ok(SourceSettings::Relay(Box::new(relay.settings()?))),
            _ => Err(ConfiguredError::Source),
        }
    }
}

impl RelaySource {
    fn settings(&self) -> Result<RelaySettings, ConfiguredError> {
        let text = self.key.read_text();
        let text = text.map_err(|source| ConfiguredError::Secret { key: "source.relay.key", source })?;
        Ok(RelaySettings {
            origin: Origin::parse(&self.origin).ok_or(ConfiguredError::Origin("source.relay.origin"))?,
            tls: match &self.ca {
                Some(path) => ClientTls::from_file(path)?,
                None => ClientTls::system()?,
            },
            key: online_key::parse(&text).ok_or(ConfiguredError::Key)?,
        })
    }
}

impl RelaySettings {
    /// The relay's client; nothing is sent yet.
    pub fn open(self, clock: Arc<dyn Clock>) -> Relay {
        Relay::new(RelayConfig { origin: self.origin, tls: self.tls, key: self.key, clock })
    }
}

/// Opens an outbox.
///
/// # Errors
/// As [`OutboxReader::open`].
pub async fn open_direct(database: &Database) -> Result<Direct, StoreError> {
    Ok(Direct::new(OutboxReader::open(database).await?))
}

fn anchor(site: &scalar::Site, path: &Path) -> Result<TrustAnchor, ConfiguredError> {
    let text = std::fs::read_to_string(path).map_err(ConfiguredError::AnchorUnreadable)?;
    let anchor = TrustAnchor::parse(&text).map_err(ConfiguredError::Anchor)?;
    if anchor.site == *site { Ok(anchor) } else { Err(ConfiguredError::OtherAnchor) }
}

/// The key that entries are sealed to is named by the roster.
fn log(site: &scalar::Site, key: &Secret) -> Result<LogConfig, ConfiguredError> {
    let text = key.read_text().map_err(|source| ConfiguredError::Secret { key: "site.log_key", source })?;
    let signer = online_key::parse(&text).ok_or(ConfiguredError::LogKey)?;
    Ok(LogConfig::new(site, signer)?)
}

fn announcer(site: &scalar::Site, mail: &MailSection) -> Result<Announcer, MailSectionError> {
    let state = mail.state.as_ref().ok_or(MailSectionError::State)?;
    Ok(Announcer::new(site.clone(), mail.mailer()?, state.to_path_buf()))
}

fn database(section: &'static str, url: &DatabaseUrl, password: Option<&Secret>) -> Result<Database, ConfiguredError> {
    let source = DatabaseSource { database: url.clone(), password: password.cloned() };
    let url = source.url().map_err(|source| ConfiguredError::Password { section, source })?;
    url.parse().map_err(|source| ConfiguredError::Database { section, source })
}
