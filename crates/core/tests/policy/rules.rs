//! Rules, formatting, facets and the card number detector as shared vectors, for the tests in the browser too.

use crate::fixture::shared;
use nightsafe_core::facets::Facets;
use nightsafe_core::format::edit;
use nightsafe_core::plaintext::looks_like_card;
use nightsafe_core::rule::{CheckContext, Rule, card};
use nightsafe_core::time::Month;
use serde_json::{Value, json};

/// Rule, input, country, error or normalised form, progress.
type Check = (&'static str, &'static str, &'static str, Result<&'static str, &'static str>, &'static str);

const CHECKS: [Check; 78] = [
    ("card-number", "", "", Err("required"), "empty"),
    ("card-number", "4", "", Err("incomplete"), "partial"),
    ("card-number", "4242 4242 4242 4242", "", Ok("4242424242424242"), "complete"),
    ("card-number", "4242-4242-4242-4242", "", Ok("4242424242424242"), "complete"),
    ("card-number", "４２４２４２４２４２４２４２４２", "", Ok("4242424242424242"), "complete"),
    ("card-number", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "", Ok("4242424242424242"), "complete"),
    ("card-number", "4222222222222", "", Ok("4222222222222"), "complete"),
    ("card-number", "4242 4242 4242 4241", "", Err("invalid_number"), "partial"),
    ("card-number", "5555 5555 5555 4444", "", Ok("5555555555554444"), "complete"),
    ("card-number", "5555 5555 5555 4445", "", Err("invalid_number"), "invalid"),
    ("card-number", "2223003122003222", "", Ok("2223003122003222"), "complete"),
    ("card-number", "378282246310005", "", Ok("378282246310005"), "complete"),
    ("card-number", "37828224631000", "", Err("incomplete"), "partial"),
    ("card-number", "6011111111111117", "", Ok("6011111111111117"), "complete"),
    ("card-number", "30569309025904", "", Ok("30569309025904"), "complete"),
    ("card-number", "3566002020360505", "", Ok("3566002020360505"), "complete"),
    ("card-number", "6200000000000006", "", Ok("6200000000000006"), "complete"),
    ("card-number", "6205500000000000004", "", Ok("6205500000000000004"), "complete"),
    ("card-number", "6759649826438453", "", Ok("6759649826438453"), "complete"),
    ("card-number", "2200000000000004", "", Ok("2200000000000004"), "complete"),
    ("card-number", "0000000000000000", "", Err("unsupported_brand"), "invalid"),
    ("card-number", "4242 4242 4242 424x", "", Err("unsupported_characters"), "invalid"),
    ("card-number", "42424242424242424242", "", Err("too_long"), "invalid"),
    ("card-expiry", "", "", Err("required"), "empty"),
    ("card-expiry", "1", "", Err("incomplete"), "partial"),
    ("card-expiry", "12/27", "", Ok("2027-12"), "complete"),
    ("card-expiry", "12 / 27", "", Ok("2027-12"), "complete"),
    ("card-expiry", "12/2027", "", Ok("2027-12"), "complete"),
    ("card-expiry", "1227", "", Ok("2027-12"), "complete"),
    ("card-expiry", "2027-12", "", Ok("2027-12"), "complete"),
    ("card-expiry", "5/27", "", Ok("2027-05"), "complete"),
    ("card-expiry", "11/26", "", Ok("2026-11"), "complete"),
    ("card-expiry", "10/26", "", Err("expired"), "invalid"),
    ("card-expiry", "12/20", "", Err("expired"), "partial"),
    ("card-expiry", "13/27", "", Err("invalid_expiry"), "invalid"),
    ("card-expiry", "00/27", "", Err("invalid_expiry"), "invalid"),
    ("card-expiry", "11/51", "", Ok("2051-11"), "complete"),
    ("card-expiry", "12/51", "", Err("invalid_expiry"), "invalid"),
    ("holder-name", "  Ada   Lovelace ", "", Ok("Ada Lovelace"), "complete"),
    ("holder-name", "4242424242424242", "", Err("unsupported_characters"), "invalid"),
    ("person-name", "José O’Brien-Łoś", "", Ok("José O’Brien-Łoś"), "complete"),
    ("person-name", "a\u{202e}b", "", Err("unsupported_characters"), "invalid"),
    ("iban", "DE89 3704 0044 0532 0130 00", "", Ok("DE89370400440532013000"), "complete"),
    ("iban", "gb29nwbk60161331926819", "", Ok("GB29NWBK60161331926819"), "complete"),
    ("iban", "DE89 3704", "", Err("incomplete"), "partial"),
    ("iban", "DE88 3704 0044 0532 0130 00", "", Err("invalid_iban"), "invalid"),
    ("iban", "US89", "", Err("invalid_iban"), "invalid"),
    ("account-number", "0001 2345-67", "", Ok("0001234567"), "complete"),
    ("account-number", "123456789012345678", "", Err("invalid_account_number"), "invalid"),
    ("routing-number", "021000021", "", Ok("021000021"), "complete"),
    ("routing-number", "021000022", "", Err("invalid_routing_number"), "invalid"),
    ("phone", "+1 (212) 555-0100", "", Ok("+12125550100"), "complete"),
    ("phone", "030/123456", "", Ok("030123456"), "complete"),
    ("phone", "1234", "", Err("incomplete"), "partial"),
    ("phone", "1234567890123456", "", Err("invalid_phone"), "invalid"),
    ("email", " Ada@Example.COM ", "", Ok("Ada@example.com"), "complete"),
    ("email", "ada@example", "", Err("incomplete"), "partial"),
    ("email", "a b@example.com", "", Err("invalid_email"), "invalid"),
    ("postal-code", "10001", "US", Ok("10001"), "complete"),
    ("postal-code", "100011234", "US", Ok("10001-1234"), "complete"),
    ("postal-code", "1000", "US", Err("incomplete"), "partial"),
    ("postal-code", "sw1a1aa", "GB", Ok("SW1A 1AA"), "complete"),
    ("postal-code", "k1a0b1", "CA", Ok("K1A 0B1"), "complete"),
    ("postal-code", "10117", "DE", Ok("10117"), "complete"),
    ("postal-code", "1012ab", "NL", Ok("1012 AB"), "complete"),
    ("postal-code", "ABC", "DE", Err("invalid_postal_code"), "invalid"),
    ("postal-code", "gx11 1aa", "GI", Ok("GX11 1AA"), "complete"),
    ("postal-code", "12345678901", "", Err("invalid_postal_code"), "invalid"),
    ("country", "us", "", Ok("US"), "complete"),
    ("country", "UK", "", Err("invalid_country"), "invalid"),
    ("street", "12 Main St", "", Ok("12 Main St"), "complete"),
    ("line", " Apt  4 ", "", Ok("Apt 4"), "complete"),
    ("ssn", "536-22-8145", "", Ok("536228145"), "complete"),
    ("ssn", "666-22-8145", "", Err("invalid_ssn"), "invalid"),
    ("text", "a\r\nb", "", Ok("a\nb"), "complete"),
    ("text", "a\u{0}", "", Err("unsupported_characters"), "invalid"),
    ("secret", " keep me ", "", Ok(" keep me "), "complete"),
    ("secret", "", "", Err("required"), "empty"),
];

/// Rule, text with `|` as the caret, what is shown.
const EDITS: [(&str, &str, &str); 20] = [
    ("card-number", "4242|", "4242|"),
    ("card-number", "42424|", "4242 4|"),
    ("card-number", "4242-4242.4242/4242|", "4242 4242 4242 4242|"),
    ("card-number", "378282246310005|", "3782 822463 10005|"),
    ("card-number", "30569309025904|", "3056 930902 5904|"),
    ("card-number", "6205500000000000004|", "6205 5000 0000 0000 004|"),
    ("card-number", "42429| 4242", "4242 9|424 2"),
    ("card-number", "4242|4242", "4242| 4242"),
    ("card-number", "٤٢٤٢٤|", "4242 4|"),
    ("card-expiry", "5|", "05|"),
    ("card-expiry", "13|", "01 / 3|"),
    ("card-expiry", "1/|", "01 / |"),
    ("card-expiry", "12/27|", "12 / 27|"),
    ("card-expiry", "12/2027|", "12 / 2027|"),
    ("card-expiry", "2027-12|", "12 / 2027|"),
    ("card-expiry", "12 /|", "12|"),
    ("card-expiry", "5|27", "05| / 27"),
    ("iban", "de893704|", "DE89 3704|"),
    ("ssn", "536228145|", "536 22 8145|"),
    ("postal-code", "sw1a| 1aa", "SW1A| 1AA"),
];

/// Facet, value, accepted.
const FACETS: [(&str, &str, bool); 16] = [
    ("brand", "visa", true),
    ("brand", "4242424242424242", false),
    ("last4", "4242", true),
    ("last4", "42424", false),
    ("expiry", "2027-12", true),
    ("expiry", "12/27", false),
    ("postal_code", "SW1A 1AA", true),
    ("postal_code", "4242424242424242", false),
    ("country", "US", true),
    ("country", "us", false),
    ("street_number", "12A", true),
    ("street_number", "Main St", false),
    ("area_code", "212", true),
    ("area_code", "212555", false),
    ("email", "ada@example.com", true),
    ("email", "4242424242424242@example.com", false),
];

/// Text, whether it holds a card number.
const READABLE: [(&str, bool); 10] = [
    ("4242424242424242", true),
    ("order 4242-4242-4242-4242", true),
    ("0004242424242424242000", true),
    ("４２４２４２４２４２４２４２４２", true),
    ("378282246310005", true),
    ("4242424242424241", false),
    ("0000000000000000000042", false),
    ("4242a4242b4242c4242", false),
    ("INV-2026-11-21-000123", false),
    ("", false),
];

/// Digits, brand.
const BRANDS: [(&str, &str); 14] = [
    ("4", "visa"),
    ("55", "mastercard"),
    ("2221", "mastercard"),
    ("2720", "mastercard"),
    ("34", "amex"),
    ("6011", "discover"),
    ("644", "discover"),
    ("36", "diners"),
    ("3528", "jcb"),
    ("62", "unionpay"),
    ("6759", "maestro"),
    ("2200", "other"),
    ("508500", "other"),
    ("97", ""),
];

fn rule(name: &str) -> Rule {
    Rule::from_name(name).unwrap()
}

#[test]
fn vectors() {
    let made = json!({
        "month": "2026-11",
        "checks": CHECKS.map(checked).to_vec(),
        "edits": EDITS.map(edited),
        "facets": FACETS.map(|(facet, value, accepted)| {
            assert_eq!(Facets::from_pairs([(facet, value)]).is_ok(), accepted, "{facet} {value}");
            json!({"facet": facet, "value": value, "accepted": accepted})
        }),
        "readable": READABLE.map(|(text, card)| {
            assert_eq!(looks_like_card(text), card, "{text}");
            json!({"text": text, "card": card})
        }),
        "brands": BRANDS.map(|(digits, brand)| {
            assert_eq!(card::brand(digits).map_or("", card::Brand::name), brand, "{digits}");
            json!({"digits": digits, "brand": brand})
        }),
    });
    shared("rules-v1.json", &made);
}

fn checked((name, input, country, outcome, progress): Check) -> Value {
    let context =
        CheckContext { month: Month::parse("2026-11").unwrap(), country: (!country.is_empty()).then_some(country) };
    let got = rule(name).check(input, &context);
    let got = got.as_ref().map(|text| text.as_str()).map_err(|error| error.code());
    assert_eq!(got, outcome, "{name} {input}");
    assert_eq!(rule(name).progress(input, &context).name(), progress, "{name} {input}");
    match outcome {
        Ok(normalised) => {
            json!({"rule": name, "input": input, "country": country, "normalised": normalised, "progress": progress})
        }
        Err(error) => json!({"rule": name, "input": input, "country": country, "error": error, "progress": progress}),
    }
}

fn edited((name, text, shown): (&str, &str, &str)) -> Value {
    let taken = |marked: &str| {
        let caret = marked.find('|').unwrap();
        (marked.replace('|', ""), marked[..caret].encode_utf16().count())
    };
    let ((text, caret), (shown, then)) = (taken(text), taken(shown));
    let (got, at) = edit(rule(name), &text, caret);
    assert_eq!((got.as_str(), at), (shown.as_str(), then), "{name} {text}");
    json!({"rule": name, "text": text, "caret": caret, "shown": shown, "caret_then": then})
}
