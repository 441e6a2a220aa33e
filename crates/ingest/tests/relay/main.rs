//! The relay's two addresses, through its router, with an outbox on disk.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests fail the test")]

mod exchange;
mod refusals;
mod support;
