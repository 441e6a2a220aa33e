//! Checks against a whole site on real connections, honest and not.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failing test may panic"
)]

mod attacks;
mod cloaking;
mod formats;
mod honest;
mod hostile;
mod local;
mod log;
mod memory;
mod page;
mod program;
mod proxy;
mod rig;
#[path = "../../../serve/tests/samples/mod.rs"]
mod samples;
mod serving;
mod unnoticed;
mod witness;
