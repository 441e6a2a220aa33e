//! The vectors in `tests/vectors/`, made from named streams of bytes: the committed files are exactly what this
//! makes, and opening gives back what they say.
//!
//! To write them: `NIGHTSAFE_BLESS=1 cargo test -p nightsafe-core --all-features committed_vectors`.

#[cfg(feature = "admin")]
mod audit;
#[cfg(feature = "custody")]
mod custody;
mod deposit;
mod envelope;
#[cfg(feature = "admin")]
mod identity;
#[cfg(feature = "admin")]
mod log;
#[cfg(feature = "admin")]
mod passkey;
#[cfg(feature = "release")]
mod release;
#[cfg(feature = "release")]
mod release_log;
mod reseal;
#[cfg(feature = "admin")]
mod roster;
#[cfg(feature = "admin")]
mod session;

use crate::keys::PrivateItems;
use crate::suite::Suite;
use crate::testing::TestRng;
use rand_core::Rng;
use serde::Serialize;
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(name)
}

fn files() -> Vec<(&'static str, String)> {
    vec![
        ("envelope-v1.json", text(&envelope::make())),
        ("deposit-v1.json", text(&deposit::make())),
        ("reseal-v1.json", text(&reseal::make())),
        #[cfg(feature = "custody")]
        ("custody-v1.json", text(&custody::make())),
        #[cfg(feature = "admin")]
        ("log-v1.json", text(&log::make())),
        #[cfg(feature = "admin")]
        ("audit-v1.json", text(&audit::make())),
        #[cfg(feature = "admin")]
        ("identity-v1.json", text(&identity::make())),
        #[cfg(feature = "admin")]
        ("passkey-v1.json", text(&passkey::make())),
        #[cfg(feature = "admin")]
        ("roster-v1.json", text(&roster::make())),
        #[cfg(feature = "admin")]
        ("session-v1.json", text(&session::make())),
        #[cfg(feature = "release")]
        ("site-release-v1.json", text(&release::make())),
        #[cfg(feature = "release")]
        ("release-log-v1.json", text(&release_log::make())),
    ]
}

fn text(vectors: &impl Serialize) -> String {
    serde_json::to_string_pretty(vectors).unwrap() + "\n"
}

fn read(name: &str) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(path(name)).unwrap()).unwrap()
}

/// A key and what makes it again: the X-Wing seed, or the X25519 private key.
fn key(suite: Suite, rng: &mut TestRng) -> ([u8; 32], PrivateItems) {
    let mut secret = [0; 32];
    rng.fill_bytes(&mut secret);
    (secret, key_of(suite, &secret))
}

fn key_of(suite: Suite, secret: &[u8; 32]) -> PrivateItems {
    match suite {
        Suite::XWing => PrivateItems::from_xwing_seed(secret),
        Suite::X25519 => PrivateItems::from_items(suite, &[(crate::keys::ItemName::X25519, secret)]),
    }
    .unwrap()
}

fn bytes(vector: &serde_json::Value, name: &str) -> Vec<u8> {
    let text = vector[name].as_str().unwrap();
    let mut bytes = vec![0; text.len() / 2];
    assert!(crate::encoding::hex_into(text, &mut bytes), "{name}");
    bytes
}

/// Set to write the vectors before they are compared.
const BLESS: &str = "NIGHTSAFE_BLESS";

/// In one step, because other tests read the file meanwhile.
fn write(path: &Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, path).unwrap();
}

#[test]
fn committed_vectors_are_what_this_makes() {
    for (name, text) in files() {
        if std::env::var_os(BLESS).is_some() {
            write(&path(name), &text);
        }
        let committed = std::fs::read_to_string(path(name)).unwrap();
        assert!(committed == text, "{name}: write the vectors again, and say in the specification what changed");
    }
}
