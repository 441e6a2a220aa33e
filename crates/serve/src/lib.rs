//! What the servers of Nightsafe share.
//!
//! An API is a router inside [`api::wrap`]; a folder is [`static_files::router`]; both run under
//! [`server::run`]. Errors to clients are [`problem::Problem`]s and nothing else.

#![forbid(unsafe_code)]

pub mod api;
pub mod body;
#[cfg(feature = "client")]
pub mod client;
pub mod clock;
pub mod config;
pub mod files;
pub mod forwarded;
pub mod http_signature;
pub mod limits;
pub mod logging;
pub mod metrics;
pub mod notify;
pub mod online_key;
pub mod pin;
pub mod problem;
#[cfg(feature = "release")]
pub mod release;
pub mod server;
pub mod service;
pub mod stamp;
pub mod static_files;
pub mod tls;
