//! Several crates at work together, and other people's implementations beside ours.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

mod admin;
mod clock;
mod javascript;
mod logs;
mod operator;
mod place;
mod retry;
mod site;
mod thief;
mod whole_path;
