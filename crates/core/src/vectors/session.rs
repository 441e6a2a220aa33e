//! `session-v1.json`: halves of tabs and what follows from them.

use super::bytes;
use crate::encoding::hex;
use crate::scalar::Site;
use crate::session::{TabHalf, info};
use crate::testing::TestRng;
use serde_json::{Value, json};

pub(super) fn make() -> Value {
    let sites = ["shop.example", "demo.nightsafe.example"].map(|name| Site::parse(name).unwrap());
    let mut rng = TestRng::new("nightsafe session-v1");
    let tabs = sites.map(|site| {
        let half = TabHalf::generate(&mut rng);
        let proof = half.proof(&site);
        json!({
            "site": site.as_str(),
            "half": hex(half.as_bytes()),
            "kept": *half.to_text(),
            "info": hex(&info(&site)),
            "header": *proof.to_text(),
            "hash": hex(&proof.hash()),
            "cookie": proof.cookie(),
        })
    });
    json!({ "tabs": tabs.to_vec() })
}

#[test]
fn each_proof_is_that_of_rfc_5869() {
    for tab in super::read("session-v1.json")["tabs"].as_array().unwrap() {
        let (half, info) = (bytes(tab, "half"), bytes(tab, "info"));
        let mut proof = [0; 32];
        hkdf::Hkdf::<sha2::Sha256>::new(None, &half).expand(&info, &mut proof).unwrap();
        assert_eq!(crate::encoding::b64u(&proof), tab["header"].as_str().unwrap());
    }
}
