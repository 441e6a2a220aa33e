//! The JSON of a deposit, written by hand: the checkout WASM has no room for more.
//!
//! Nothing is escaped: no site, reference, kind, month or facet can hold a quotation mark, a backslash or a control
//! character.

use super::DepositParts;
use crate::encoding::{b64u, hex};
use crate::scalar::DepositId;

pub(super) fn write(id: &DepositId, parts: &DepositParts) -> String {
    let mut json = String::from("{");
    member(&mut json, "id", &hex(id.as_bytes()));
    member(&mut json, "nonce", &b64u(parts.nonce.as_bytes()));
    member(&mut json, "site", parts.site.as_str());
    member(&mut json, "reference", parts.reference.as_str());
    member(&mut json, "manifest", &hex(parts.manifest.as_bytes()));
    member(&mut json, "key_id", &hex(parts.key_id.as_bytes()));
    json.push_str(",\"facets\":{");
    for (facet, value) in parts.facets.iter() {
        member(&mut json, facet, value);
    }
    json.push('}');
    member(&mut json, "locator", &b64u(parts.locator.as_bytes()));
    json.push_str(",\"fields\":[");
    for (number, field) in parts.fields.iter().enumerate() {
        json.push_str(if number == 0 { "{" } else { ",{" });
        member(&mut json, "tag", &hex(field.tag.as_bytes()));
        member(&mut json, "kind", field.kind.as_str());
        member(&mut json, "expires", &field.expires.to_text());
        member(&mut json, "envelope", &b64u(field.envelope.as_bytes()));
        json.push('}');
    }
    json.push_str("]}");
    json
}

/// A member of the object that the text ends in.
fn member(json: &mut String, key: &str, value: &str) {
    let separator = if json.as_bytes().last() == Some(&b'{') { "\"" } else { ",\"" };
    for text in [separator, key, "\":\"", value, "\""] {
        json.push_str(text);
    }
}
