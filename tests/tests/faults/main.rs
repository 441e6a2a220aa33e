//! What happens to deposits when things break: real processes, really killed; real files, really damaged.
//!
//! Every test holds the same two promises against what it broke: each receipt that a client holds opens afterwards, and
//! no deposit is there twice. `backup` is the exception: what came after the backup that was restored is missing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing test may panic"
)]

mod away;
mod backup;
mod clock;
mod connections;
mod damage;
mod disk;
mod flood;
mod kills;
mod leaves;
mod reseal;
mod rig;
mod single;
