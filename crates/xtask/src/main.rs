//! Set-up, assets, demo, tests, lint and benches: cargo xtask.

fn main() {}
