//! The vault's JSON API: what an admin's browser, or `nightsafe`, sends and receives.
//!
//! Every request but the two of login and the two of joining carries `Authorization: Bearer <token>`.

pub mod custody;
pub mod identity;
pub mod invitation;
pub mod log;
pub mod login;
pub mod openings;
pub mod passphrase;
pub mod roster;
pub mod search;
