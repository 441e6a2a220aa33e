//! HTTP request, response and problem types, shared by the servers and by those who call them.
//!
//! Types here hold what is on the wire and nothing more. Binary members are [`wire::Hex`] or
//! [`wire::B64u`]; unknown members are refused everywhere. Meaning (is this a known key, a
//! permitted facet?) is checked by whoever receives the value.

pub mod deposit;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod problem;
pub mod relay;
pub mod report;
mod unique_map;
pub mod vault;
pub mod wire;
