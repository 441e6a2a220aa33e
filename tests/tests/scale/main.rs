//! More than one machine's worth: several ingest processes behind a proxy, vaults with many deposits, and outboxes that many
//! have passed through.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a failing test may panic, and these print what they measured"
)]

mod behind_nginx;
mod deletion;
mod growth;

/// One at a time: each measures, or kills what is slow to answer when another one measures.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
