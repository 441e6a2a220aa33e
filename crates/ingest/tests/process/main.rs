//! The program itself: started with a configuration file, sent real requests, asked to end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

mod configuration;
mod flood;
mod life;
mod logs;
mod metrics;
mod program;
mod relay;
mod schemathesis;
#[path = "../api/support.rs"]
#[expect(dead_code, reason = "this binary needs a part of it")]
mod support;
