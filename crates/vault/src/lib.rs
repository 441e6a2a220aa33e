//! The vault: takes deposits from the outbox, and answers signed-in admins.
//!
//! Two halves that share a [`VaultStore`]:
//!
//! - [`Puller`] moves deposits from a [`Source`], which is the outbox's database or a relay, into the vault's tables. Run it
//!   beside the server.
//! - [`router`] is the JSON API of `nightsafe_proto::vault`: sign-in by OPAQUE, search over what stays
//!   readable, handing out sealed fields for a purpose. It never sees a plaintext or a private key.
//!
//! [`AuditLog`] is the record of it that cannot be rewritten unnoticed: entries that admins sign, and failed sign-ins.
//!
//! [`config`] is the configuration of the program `nightsafe-vault`. What the command needs to set a vault up is in [`setup`]: the sign-in secret ([`ServerSetup`], a file beside the
//! other online keys, not in the database), the first admin, data keys, manifests.
//!
//! Errors: [`StoreError`](nightsafe_store::StoreError) from the database, [`setup::SetupError`] when setting up,
//! problem documents to clients.

#![forbid(unsafe_code)]

mod announce;
mod anonymity;
mod api;
mod challenges;
pub mod config;
mod intake;
mod key_gauges;
mod key_news;
mod leavers;
mod limit;
mod log;
mod mail;
pub mod metrics;
mod origin;
mod pending;
mod publish;
mod pull;
mod purging;
mod roster;
mod settling;
pub mod setup;
mod source;
mod state;
mod tickets;

pub use announce::{AnnounceError, Announcer};
pub use anonymity::AnonymityGauges;
pub use api::{openapi_document, router};
pub use key_gauges::{LeaverGauges, watch_keys};
pub use key_news::{KeyNewsError, record_key_news};
pub use leavers::Leavers;
pub use limit::LoginLimits;
pub use log::{
    AuditLog, AuditLogError, EntryError, LogConfig, LogConfigError, Proofs, RecordedOpenError, Recorder, Verified,
    Written,
};
pub use mail::{MailError, MailSection, MailSectionError, Mailer, Security};
pub use nightsafe_login::{ServerSetup, Stretch, export_key};
pub use nightsafe_store::vault::{SessionLimits, VaultStore};
pub use origin::cors;
pub use publish::{PublishError, publish_roster, write_roster};
pub use pull::{Backoff, Pause, Progress, ProgressNow, PullError, Pulled, Puller, Schedule};
pub use purging::{PurgeError, PurgeGauges, purge_hourly};
pub use settling::{SETTLE_HOUR, settle_daily, settle_if_due};
pub use source::{
    AuthoritiesError, Batch, ClientTls, Direct, Relay, RelayConfig, RelayError, Source, SourceError, Taken,
};
pub use state::{State, VaultConfig};
