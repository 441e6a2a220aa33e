//! The nightsafe command: init, site, keys, open, up.

mod argon;
mod config;
mod data_dir;
mod files;
mod labelled;
mod passphrase;
mod site;
mod term;

fn main() {}
