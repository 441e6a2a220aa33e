//! From an outbox into a vault through a relay: real processes and files, and between them a wire that does whatever a
//! test tells it to. Every deposit must end up in the vault once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

mod chance;
mod clocks;
mod logs;
mod outbox;
mod pair;
mod planted;
mod steps;
mod wire;
mod wrong;
