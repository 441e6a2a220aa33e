//! The nightsafe command: init, site, keys, open, up.

fn main() {}
