//! Receipts as shared vectors.

use crate::fixture::{SITE, receipt_key, shared, timestamp_key};
use nightsafe_core::encoding::{b64u, b64u_decode};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::receipt::{Receipt, sign, verify};
use nightsafe_core::scalar::{DepositId, Reference, Site};
use proptest::prelude::*;
use serde_json::{Value, json};

fn receipt(deposit: u8, reference: &str) -> Receipt {
    Receipt {
        deposit: DepositId([deposit; 32]),
        reference: Reference::parse(reference).unwrap(),
        site: Site::parse(SITE).unwrap(),
    }
}

/// Any header and payload, signed by a key.
fn signed(header: &str, payload: &str, signer: &NoteSigner) -> String {
    let input = format!("{}.{}", b64u(header.as_bytes()), b64u(payload.as_bytes()));
    let signature = signer.sign(input.as_bytes());
    format!("{input}.{}", b64u(&signature))
}

fn decoded(part: usize) -> String {
    let good = sign(&receipt_key(), &receipt(0xab, "ORDER-1"));
    String::from_utf8(b64u_decode(good.split('.').nth(part).unwrap()).unwrap()).unwrap()
}

fn cases() -> Vec<Value> {
    let key = receipt_key();
    let good = sign(&key, &receipt(0xab, "ORDER-1"));
    let (header, payload) = (decoded(0), decoded(1));
    let accepted = |case: &str, deposit: u8, reference: &str| {
        json!({"case": case, "receipt": sign(&key, &receipt(deposit, reference)), "site": SITE,
               "deposit": DepositId([deposit; 32]).to_hex(), "reference": reference})
    };
    let refused = |case: &str, receipt: String, error: &str| json!({"case": case, "receipt": receipt, "error": error});
    let header_with = |from: &str, to: &str| signed(&header.replace(from, to), &payload, &key);
    let payload_with = |from: &str, to: &str| signed(&header, &payload.replace(from, to), &key);
    let (front, signature) = good.rsplit_once('.').unwrap();
    let other_payload = b64u(payload.replace("ORDER-1", "ORDER-2").as_bytes());
    vec![
        accepted("an order", 0xab, "ORDER-1"),
        accepted("all characters", 0x00, "aZ09._/#:-"),
        accepted("the longest reference", 0xff, &"x".repeat(64)),
        refused("empty", String::new(), "malformed"),
        refused("two parts", front.into(), "malformed"),
        refused("four parts", format!("{good}.x"), "malformed"),
        refused("padding", format!("{good}=="), "malformed"),
        refused("a line feed at the end", format!("{good}\n"), "malformed"),
        refused("another key's", sign(&timestamp_key(), &receipt(0xab, "ORDER-1")), "wrong_key"),
        refused("alg none", header_with("EdDSA", "none"), "wrong_key"),
        refused("alg HS256", header_with("EdDSA", "HS256"), "wrong_key"),
        refused("another type", header_with("nightsafe-receipt", "JWT"), "wrong_key"),
        refused("a blank in the header", header_with(",", ", "), "wrong_key"),
        refused("a blank in the payload", payload_with(",", ", "), "malformed"),
        refused("an upper-case deposit", payload_with("abab", "ABAB"), "malformed"),
        refused("an escaped reference", payload_with("ORDER-1", "\\u004fRDER-1"), "malformed"),
        refused("a member more", payload_with("{", "{\"a\":1,"), "malformed"),
        refused("members in another order", payload_with("deposit", "site"), "malformed"),
        refused("another reference", good.replace(&b64u(payload.as_bytes()), &other_payload), "bad_signature"),
        refused("a signature of zeros", format!("{front}.{}", b64u(&[0; 64])), "bad_signature"),
        refused("a short signature", format!("{front}.{}", &signature[..84]), "bad_signature"),
    ]
}

#[test]
fn vectors() {
    let key = receipt_key();
    let cases = cases();
    for case in &cases {
        match verify(case["receipt"].as_str().unwrap(), key.vkey()) {
            Ok(receipt) => {
                assert_eq!(json!(receipt.deposit.to_hex()), case["deposit"], "{}", case["case"]);
                assert_eq!(json!(receipt.reference.as_str()), case["reference"]);
                assert_eq!(json!(receipt.site.as_str()), case["site"]);
            }
            Err(error) => assert_eq!(json!(error.code()), case["error"], "{}", case["case"]),
        }
    }
    shared("receipt-v1.json", &json!({"key": key.vkey().to_text(), "cases": cases}));
}

proptest! {
    #[test]
    fn receipts_read_back(deposit: [u8; 32], reference in "[A-Za-z._/#:-]{1,64}") {
        let mut receipt = receipt(0, &reference);
        receipt.deposit = DepositId(deposit);
        let text = sign(&receipt_key(), &receipt);
        prop_assert_eq!(&sign(&receipt_key(), &receipt), &text);
        prop_assert_eq!(verify(&text, receipt_key().vkey()), Ok(receipt));
    }

    #[test]
    fn any_text_is_answered(text in "[A-Za-z0-9._-]{0,200}") {
        prop_assert!(verify(&text, receipt_key().vkey()).is_err());
    }

    #[test]
    fn one_changed_character_is_noticed(place in 0..300usize, to in "[A-Za-z0-9_-]") {
        let good = sign(&receipt_key(), &receipt(1, "ORDER-1"));
        let place = place.min(good.len() - 1);
        let mut bad = good.clone();
        bad.replace_range(place..=place, &to);
        prop_assert!(bad == good || verify(&bad, receipt_key().vkey()).is_err());
    }
}
