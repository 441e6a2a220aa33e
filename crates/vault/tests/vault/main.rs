//! The vault as a whole: deposits sealed natively, an outbox and a vault on disk, the API through its router.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests fail the test")]

mod api;
mod audit;
mod audited;
mod fixture;
mod full_path;
mod gauges;
mod identity;
mod key_news;
mod limits;
mod log;
mod organisation;
mod passkeys;
mod passphrase;
mod people;
mod publish;
mod pull;
mod purging;
mod recorded;
mod recovery;
mod relay;
mod relay_tls;
mod reseal;
mod roster;
mod schedule;
mod sessions;
mod sign_in;
mod tampering;
mod team;
