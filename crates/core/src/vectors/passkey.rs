//! `passkey-v1.json`: what PRFs are asked for, and ids of passkeys. What a PRF's output unlocks is in `identity-v1.json`.

use super::bytes;
use crate::encoding::hex;
use crate::passkey::{MAX_CREDENTIAL, PasskeyId, prf_input};
use crate::scalar::Site;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(super) fn make() -> Value {
    let sites = ["shop.example", "demo.nightsafe.example"].map(|name| Site::parse(name).unwrap());
    let inputs = sites.map(|site| {
        let input = prf_input(&site);
        json!({ "site": site.as_str(), "input": hex(&input), "salt": hex(&salt(&input)) })
    });
    let credentials = [vec![0x01], vec![0x5a; 32], vec![0xff; MAX_CREDENTIAL]];
    let ids = credentials.map(
        |credential| json!({ "credential": hex(&credential), "id": PasskeyId::of(&credential).unwrap().to_hex() }),
    );
    json!({ "prf_inputs": inputs.to_vec(), "ids": ids.to_vec() })
}

/// What the browser makes of an input (WebAuthn level 3, section 10.1.4).
fn salt(input: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(b"WebAuthn PRF\0").chain_update(input).finalize().into()
}

#[test]
fn they_are_hashes_of_what_the_specification_says() {
    let vectors = super::read("passkey-v1.json");
    for vector in vectors["ids"].as_array().unwrap() {
        let hash = Sha256::new().chain_update(b"nightsafe/v1/passkey-id\0").chain_update(bytes(vector, "credential"));
        assert_eq!(bytes(vector, "id"), hash.finalize()[..16]);
    }
    for vector in vectors["prf_inputs"].as_array().unwrap() {
        assert_eq!(bytes(vector, "salt"), salt(&bytes(vector, "input")));
    }
}
