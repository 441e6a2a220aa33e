//! The vault's JSON API: what an admin's browser, or `nightsafe`, sends and receives.
//!
//! Every request carries the tab's proof in the header [`TAB_HEADER`] (docs/spec/session.md), and every one but those of
//! login, of joining and of recovery the session's cookie.

pub mod custody;
pub mod identity;
pub mod invitation;
pub mod log;
pub mod login;
pub mod openings;
pub mod passkey;
pub mod passphrase;
pub mod recovery;
pub mod reseal;
pub mod roster;
pub mod search;
pub mod session;

/// The header with the tab's proof, as base64url.
pub const TAB_HEADER: &str = "nightsafe-tab";
