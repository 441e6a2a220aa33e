//! Keys, an anchor and a manifest that all tests here share. Test keys: private keys are one byte, repeated.

use nightsafe_core::anchor::{Origin, TrustAnchor, WasmFile};
use nightsafe_core::keys::{DataPublicKey, ItemName, PrivateItems};
use nightsafe_core::manifest::{DataKey, KeyManifest};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::policy::builtin;
use nightsafe_core::scalar::Site;
use nightsafe_core::suite::Suite;
use nightsafe_core::time::UnixTime;
use serde_json::Value;

pub(crate) const SITE: &str = "demo.nightsafe.example";

/// Compares what a test made with the shared file, or writes the file.
pub(crate) fn shared(name: &str, made: &Value) {
    let path = format!("{}/../../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("NIGHTSAFE_WRITE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(made).unwrap() + "\n";
        std::fs::write(&path, text).unwrap();
    }
    let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!(&file == made, "{name} is not what this test makes");
}

pub(crate) fn time(text: &str) -> UnixTime {
    UnixTime::parse(text).unwrap()
}

/// Site key 1, 2 or 3.
pub(crate) fn site_key(number: u8) -> NoteSigner {
    NoteSigner::from_seed(&format!("{SITE}/site-{number}"), &[number; 32]).unwrap()
}

pub(crate) fn timestamp_key() -> NoteSigner {
    NoteSigner::from_seed(&format!("{SITE}/timestamp"), &[0x11; 32]).unwrap()
}

pub(crate) fn receipt_key() -> NoteSigner {
    NoteSigner::from_seed(&format!("{SITE}/receipt"), &[0x12; 32]).unwrap()
}

pub(crate) fn anchor() -> TrustAnchor {
    TrustAnchor {
        site: Site::parse(SITE).unwrap(),
        site_keys: (1..=3).map(|number| site_key(number).vkey().clone()).collect(),
        threshold: 2,
        sequence_floor: 7,
        ingest: Origin::parse("http://localhost:4803").unwrap(),
        wasm: wasm("checkout-0123456789abcdef.wasm"),
        wasm_portable: wasm("checkout-portable-0123456789abcdef.wasm"),
    }
}

fn wasm(name: &str) -> WasmFile {
    WasmFile { name: name.into(), integrity: format!("sha384-{}", "A".repeat(64)) }
}

pub(crate) fn x25519_key(byte: u8) -> DataPublicKey {
    let items = PrivateItems::from_items(Suite::X25519, &[(ItemName::X25519, &[byte; 32])]);
    items.unwrap().public_key().clone()
}

pub(crate) fn xwing_key(byte: u8) -> DataPublicKey {
    PrivateItems::from_xwing_seed(&[byte; 32]).unwrap().public_key().clone()
}

/// Valid from 2026-11-21 to 2027-12-20; the second data key starts on 2027-02-19.
pub(crate) fn manifest() -> KeyManifest {
    KeyManifest {
        site: Site::parse(SITE).unwrap(),
        sequence: 7,
        not_before: time("2026-11-21T00:00:00Z"),
        not_after: time("2027-12-20T00:00:00Z"),
        ingest: Origin::parse("http://localhost:4803").unwrap(),
        parents: vec![Origin::parse("http://localhost:4801").unwrap(), Origin::parse("https://shop.example").unwrap()],
        timestamp_key: timestamp_key().vkey().clone(),
        receipt_key: receipt_key().vkey().clone(),
        data_keys: vec![
            DataKey::new(time("2026-11-21T00:00:00Z"), &x25519_key(0x21)),
            DataKey::new(time("2027-02-19T00:00:00Z"), &x25519_key(0x22)),
        ],
        kinds: builtin(),
    }
}

/// Any text, signed by the site keys of these numbers.
pub(crate) fn signed_text(text: &str, numbers: &[u8]) -> String {
    let signers: Vec<NoteSigner> = numbers.iter().map(|number| site_key(*number)).collect();
    let signers: Vec<&NoteSigner> = signers.iter().collect();
    nightsafe_core::note::sign(text, &signers).unwrap()
}
