//! What benches and tests across crates share: a real site, sealed deposits, a client, real processes to start and kill.
//!
//! The tests themselves are in `tests/across`, `tests/faults` and `tests/scale`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up may panic"
)]

pub mod authenticator;
pub mod binaries;
pub mod browser;
pub mod bulk;
pub mod cluster;
pub mod database;
pub mod deposits;
pub mod http;
pub mod moved_clock;
pub mod opening;
pub mod process;
pub mod seeded;
pub mod server;
pub mod shoppers;
pub mod site;
