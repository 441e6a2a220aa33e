//! Envelopes, deposits, signed notes and policy of Nightsafe: no I/O, no clock.
//!
//! Randomness and the time are parameters. The formats are specified in `docs/spec/`; names there and here are the same.

// Sizes come from outside: every sum is checked, saturating, or wrapping for a stated reason
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
#![forbid(unsafe_code)]

pub mod anchor;
#[cfg(feature = "admin")]
pub mod audit;
pub mod cbor;
#[cfg(feature = "custody")]
pub mod custody;
pub mod deposit;
pub mod encoding;
pub mod envelope;
#[cfg(feature = "admin")]
pub mod epoch;
pub mod facets;
pub mod format;
#[cfg(feature = "custody")]
pub mod grant;
#[cfg(feature = "admin")]
pub mod identity;
#[cfg(feature = "admin")]
pub mod invitation;
pub mod kem;
pub mod keys;
pub mod label;
pub mod locator;
#[cfg(any(feature = "admin", feature = "release"))]
pub mod log;
pub mod manifest;
pub mod note;
pub mod opening;
pub mod padding;
#[cfg(feature = "admin")]
pub mod passkey;
pub mod plaintext;
pub mod policy;
mod primitives;
pub mod receipt;
#[cfg(feature = "custody")]
pub mod recovery;
#[cfg(feature = "release")]
pub mod release;
#[cfg(feature = "release")]
pub mod release_log;
#[cfg(feature = "admin")]
pub mod roster;
pub mod rule;
pub mod scalar;
#[cfg(feature = "admin")]
pub mod session;
mod sorted;
pub mod suite;
pub mod tag;
pub mod time;
pub mod timestamp;
pub mod value;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod vectors;
