//! A thief with a full copy of the vault's database, byte by byte, tries to find out which rows belong together.
//!
//! Within the rows that nothing in them tells apart (kind, key id, month of expiry, size) he links field rows to index
//! rows and to each other, by every order that he finds in the copy. In a settled database he must do no better than
//! chance; the same thief must do much better in one that was never settled, or he proves nothing.
#![cfg(all(feature = "outbox", feature = "vault"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a thief who stumbles fails the test"
)]

mod chance;
mod guess;
mod judge;
mod loot;
mod on_postgres;
mod on_sqlite;
#[path = "../conformance/place.rs"]
#[allow(dead_code, reason = "the conformance tests use more of it")]
mod place;
mod postgres;
mod score;
mod shop;
mod sqlite;
