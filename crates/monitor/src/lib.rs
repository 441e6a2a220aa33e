//! The monitor: holds what shoppers' browsers get of a site, its shop's pages included, against what the site keys signed.
//! It trusts none of the servers that it looks at, and belongs on a machine of somebody else's.
//!
//! [`check::check`] is one look; [`report::Report`] tells of it; what is remembered is in `nightsafe_store::monitor`.

#![forbid(unsafe_code)]

pub mod anchor;
pub mod check;
pub mod compare;
pub mod inventory;
mod keys;
pub mod local;
pub mod log;
pub mod net;
pub mod page;
pub mod report;
mod shop;
mod site;
pub mod verdict;
pub mod visitor;
pub mod witness;
