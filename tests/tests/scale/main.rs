//! More than one machine's worth: several ingest processes behind a proxy, and vaults with many deposits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a failing test may panic, and these print what they measured"
)]

mod behind_nginx;
mod growth;
