//! A target is a function over bytes that panics when something does not hold: what is taken is written back as it came,
//! what is signed was signed by who holds the key, and nothing panics by itself.
//!
//! One function, run three ways: on seeds and a few thousand mutations of them by an ordinary test
//! (`tests/targets.rs`), and by libFuzzer with coverage (`cargo xtask fuzz`), for as long as one likes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target panics when something does not hold"
)]

mod admins;
mod deposits;
mod headers;
mod logs;
mod notes;
mod pages;
mod releases;
mod requests;
mod seeds;

/// Something that strangers may send bytes to.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Panics when something does not hold.
    pub run: fn(&[u8]),
    /// Bytes of its form to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All there are.
pub const TARGETS: &[Target] = &[
    Target { name: "deposit_json", run: deposits::json, seeds: seeds::deposit_json },
    Target { name: "deposit_body", run: deposits::body, seeds: seeds::deposit_body },
    Target { name: "envelope", run: deposits::envelope, seeds: seeds::envelopes },
    Target { name: "note", run: notes::note, seeds: seeds::notes },
    Target { name: "manifest", run: notes::manifest, seeds: seeds::manifests },
    Target { name: "receipt", run: notes::receipt, seeds: seeds::receipts },
    Target { name: "site_release", run: releases::release, seeds: seeds::releases },
    Target { name: "roster_entry", run: admins::roster_entry, seeds: seeds::roster_entries },
    Target { name: "recovery_code", run: admins::recovery_code, seeds: seeds::recovery_codes },
    Target { name: "identity", run: admins::identity, seeds: seeds::identities },
    Target { name: "relay_json", run: requests::relay, seeds: seeds::relay_json },
    Target { name: "vault_json", run: requests::vault, seeds: seeds::vault_json },
    Target { name: "login_message", run: requests::login, seeds: seeds::login_messages },
    Target { name: "passkey", run: requests::passkey, seeds: seeds::passkeys },
    Target { name: "signed_request", run: headers::signed, seeds: seeds::signed_requests },
    Target { name: "forwarded", run: headers::forwarded, seeds: seeds::forwarded },
    Target { name: "log_text", run: logs::text, seeds: seeds::log_texts },
    Target { name: "log_proof", run: logs::proof, seeds: seeds::log_proofs },
    Target { name: "log_tile", run: logs::tile, seeds: seeds::log_tiles },
    Target { name: "audit_entry", run: logs::audit_entry, seeds: seeds::audit_entries },
    Target { name: "release_log", run: logs::release_log, seeds: seeds::release_logs },
    Target { name: "shop_page", run: pages::page, seeds: pages::seeds },
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
