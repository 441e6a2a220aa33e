//! The only SQL of Nightsafe: one module and type per database.
//!
//! Each database is behind a feature of its name, so that a server cannot link the statements of
//! a database that is not its own. [`sqlite`], [`postgres`] and [`schema`] are what they share.
//! Two engines are behind each: a statement is written once and runs on both.
//!
//! Errors: [`StoreError`] everywhere; a module with an outcome of its own (a full queue) adds a
//! type beside it.

pub mod backup;
mod database;
mod error;
#[cfg(feature = "monitor")]
pub mod monitor;
#[cfg(feature = "outbox")]
pub mod outbox;
pub mod postgres;
pub mod schema;
mod sql;
pub mod sqlite;
#[cfg(feature = "vault")]
pub mod vault;

pub use database::{Database, DatabaseError};
pub use error::StoreError;
