//! The API of ingest, on real manifests, real deposits and a real database.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

mod arbitrary;
mod cors;
mod deposits;
mod durability;
mod fields;
mod manifests;
mod problems;
mod reports;
mod roster;
mod support;
