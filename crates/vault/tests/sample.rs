//! `deploy/vault.toml` is what the code reads.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail the test")]

#[path = "../../serve/tests/samples/mod.rs"]
mod samples;

use nightsafe_vault::config::Config;

#[test]
fn the_sample_has_every_key() {
    let sections = [
        "",
        "site",
        "vault",
        "source",
        "source.relay",
        "source.direct",
        "publish",
        "mail",
        "listen",
        "listen.tls",
        "limits",
        "log",
    ];
    samples::check::<Config>("vault.toml", &sections);
}
