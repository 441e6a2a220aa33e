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
    /// Whether it parses HTTP requests: their bodies, header fields, messages. The long run gives these a time of their own.
    pub of_requests: bool,
    /// Panics when something does not hold.
    pub run: fn(&[u8]),
    /// Bytes of its form to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All there are.
pub const TARGETS: &[Target] = &[
    Target { name: "deposit_json", of_requests: true, run: deposits::json, seeds: seeds::deposit_json },
    Target { name: "deposit_body", of_requests: false, run: deposits::body, seeds: seeds::deposit_body },
    Target { name: "envelope", of_requests: true, run: deposits::envelope, seeds: seeds::envelopes },
    Target { name: "note", of_requests: false, run: notes::note, seeds: seeds::notes },
    Target { name: "manifest", of_requests: false, run: notes::manifest, seeds: seeds::manifests },
    Target { name: "receipt", of_requests: false, run: notes::receipt, seeds: seeds::receipts },
    Target { name: "site_release", of_requests: false, run: releases::release, seeds: seeds::releases },
    Target { name: "roster_entry", of_requests: false, run: admins::roster_entry, seeds: seeds::roster_entries },
    Target { name: "recovery_code", of_requests: false, run: admins::recovery_code, seeds: seeds::recovery_codes },
    Target { name: "identity", of_requests: false, run: admins::identity, seeds: seeds::identities },
    Target { name: "relay_json", of_requests: true, run: requests::relay, seeds: seeds::relay_json },
    Target { name: "vault_json", of_requests: true, run: requests::vault, seeds: seeds::vault_json },
    Target { name: "login_message", of_requests: true, run: requests::login, seeds: seeds::login_messages },
    Target { name: "passkey", of_requests: true, run: requests::passkey, seeds: seeds::passkeys },
    Target { name: "signed_request", of_requests: true, run: headers::signed, seeds: seeds::signed_requests },
    Target { name: "forwarded", of_requests: true, run: headers::forwarded, seeds: seeds::forwarded },
    Target { name: "log_text", of_requests: false, run: logs::text, seeds: seeds::log_texts },
    Target { name: "log_proof", of_requests: false, run: logs::proof, seeds: seeds::log_proofs },
    Target { name: "log_tile", of_requests: false, run: logs::tile, seeds: seeds::log_tiles },
    Target { name: "audit_entry", of_requests: false, run: logs::audit_entry, seeds: seeds::audit_entries },
    Target { name: "release_log", of_requests: false, run: logs::release_log, seeds: seeds::release_logs },
    Target { name: "shop_page", of_requests: false, run: pages::page, seeds: pages::seeds },
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
