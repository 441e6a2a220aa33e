//! The JSON of a deposit, written by hand: the checkout WASM has no room for more.

use super::DepositParts;
use crate::encoding::b64u;
use crate::scalar::DepositId;

pub(super) fn write(id: &DepositId, parts: &DepositParts) -> String {
    let mut json = String::from("{");
    member(&mut json, "id", &id.to_hex());
    member(&mut json, "nonce", &b64u(parts.nonce.as_bytes()));
    member(&mut json, "site", parts.site.as_str());
    member(&mut json, "reference", parts.reference.as_str());
    member(&mut json, "manifest", &parts.manifest.to_hex());
    member(&mut json, "key_id", &parts.key_id.to_hex());
    name(&mut json, "facets");
    json.push('{');
    for (facet, value) in parts.facets.iter() {
        member(&mut json, facet, value);
    }
    json.push('}');
    member(&mut json, "locator", &b64u(parts.locator.as_bytes()));
    name(&mut json, "fields");
    json.push('[');
    for field in &parts.fields {
        comma(&mut json);
        json.push('{');
        member(&mut json, "tag", &field.tag.to_hex());
        member(&mut json, "kind", field.kind.as_str());
        member(&mut json, "expires", &field.expires.to_text());
        member(&mut json, "envelope", &b64u(field.envelope.as_bytes()));
        json.push('}');
    }
    json.push_str("]}");
    json
}

fn member(json: &mut String, key: &str, value: &str) {
    name(json, key);
    string(json, value);
}

fn name(json: &mut String, key: &str) {
    comma(json);
    string(json, key);
    json.push(':');
}

fn comma(json: &mut String) {
    if !json.ends_with(['{', '[']) {
        json.push(',');
    }
}

/// RFC 8259 section 7.
fn string(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                json.push('\\');
                json.push(c);
            }
            '\0'..='\x1f' => {
                json.push_str("\\u00");
                json.push_str(&crate::encoding::hex(&[c as u8]));
            }
            _ => json.push(c),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_json_parser_reads_the_text_back(text in "[\\x00-\\x7f\"\\\\é😀]{0,20}") {
            let mut json = String::new();
            string(&mut json, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
