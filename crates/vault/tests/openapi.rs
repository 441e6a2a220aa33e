//! `docs/openapi/vault.json` is what the code says.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::path::Path;

/// Set to write the snapshot instead of comparing it.
const BLESS: &str = "NIGHTSAFE_BLESS";

#[test]
fn the_snapshot_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi/vault.json");
    let document = format!("{}\n", nightsafe_vault::openapi_document());
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    let snapshot = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(snapshot == document, "run with {BLESS}=1 and look at the difference");
}
