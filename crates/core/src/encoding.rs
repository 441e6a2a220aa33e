//! Text forms of bytes: lower-case hex, base64 (RFC 4648 section 4), base64url without padding (section 5).
//!
//! All decoders are strict: one text for one byte string.

use base64ct::{Base64UrlUnpadded, Encoding};

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        text.push(hex_digit(byte >> 4));
        text.push(hex_digit(byte & 15));
    }
    text
}

/// Lower-case hex into exactly the bytes of `out`; false when length or a digit is wrong.
pub fn hex_into(text: &str, out: &mut [u8]) -> bool {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != out.len() || !rest.is_empty() {
        return false;
    }
    for ([high, low], byte) in pairs.iter().zip(out) {
        let (Some(high), Some(low)) = (hex_value(*high), hex_value(*low)) else {
            return false;
        };
        *byte = high << 4 | low;
    }
    true
}

/// Lower-case hex of exactly `N` bytes.
pub fn hex_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    hex_into(text, &mut out).then_some(out)
}

/// Bytes as base64url without padding.
pub fn b64u(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Base64url without padding; `None` when any other character or non-zero trailing bits occur.
pub fn b64u_decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// Bytes as base64 with padding.
///
/// By way of base64url: a second alphabet of the library would cost the checkout WASM two kilobytes.
pub fn b64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    text.extend(b64u(bytes).chars().map(|c| match c {
        '-' => '+',
        '_' => '/',
        c => c,
    }));
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Base64 with padding; `None` when any other character, wrong padding or non-zero trailing bits occur.
pub fn b64_decode(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let digits = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    let mut url = String::with_capacity(digits.len());
    for c in digits.chars() {
        url.push(match c {
            '+' => '-',
            '/' => '_',
            '-' | '_' => return None,
            c => c,
        });
    }
    b64u_decode(&url)
}

/// `value` in decimal with leading zeros up to `width` digits, appended to `text`.
pub fn push_decimal(text: &mut String, value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut rest = value;
    let mut used = 0_usize;
    for digit in digits.iter_mut().rev() {
        if rest == 0 && used >= width {
            break;
        }
        *digit = b'0' | (rest % 10) as u8;
        rest /= 10;
        used = used.saturating_add(1);
    }
    for digit in digits.iter().skip(digits.len().saturating_sub(used)) {
        text.push(char::from(*digit));
    }
}

/// Decimal digits only, at least one, at most 10.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 10 {
        return None;
    }
    let mut value = 0_u64;
    for byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(byte & 15));
    }
    Some(value)
}

fn hex_digit(nibble: u8) -> char {
    char::from(match nibble {
        0..=9 => b'0' | nibble,
        _ => nibble.wrapping_add(b'a' - 10),
    })
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit & 15),
        b'a'..=b'f' => Some(digit.wrapping_sub(b'a' - 10)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hex_is_lower_case_and_strict() {
        assert_eq!(hex(&[0, 0x9a, 0xff]), "009aff");
        assert_eq!(hex_array::<3>("009aff"), Some([0, 0x9a, 0xff]));
        for text in ["009aF", "009aFf", "009aff0", "", "009ag0", "+09aff"] {
            assert_eq!(hex_array::<3>(text), None);
        }
    }

    #[test]
    fn base64_takes_one_text_for_one_value() {
        assert_eq!(b64u(&[0xff, 0xfe]), "__4");
        assert_eq!(b64u_decode("__4"), Some(vec![0xff, 0xfe]));
        for text in ["__5", "__4=", "//4", "__4 ", "_"] {
            assert_eq!(b64u_decode(text), None);
        }
        assert_eq!(b64(&[0xff, 0xfe]), "//4=");
        assert_eq!(b64_decode("//4="), Some(vec![0xff, 0xfe]));
        for text in ["//4", "//5=", "__4=", "//4==", "//4=\n", "=", "====", "A===", "AA=A", "AAAA=", "AAAA====", "é4=="]
        {
            assert_eq!(b64_decode(text), None, "{text}");
        }
        assert_eq!((b64(&[]), b64_decode("")), (String::new(), Some(vec![])));
    }

    proptest! {
        #[test]
        fn base64_is_that_of_rfc_4648(bytes in prop::collection::vec(any::<u8>(), 0..40), text in "[A-Za-z0-9+/=_-]{0,12}") {
            use base64ct::Base64;
            prop_assert_eq!(b64(&bytes), Base64::encode_string(&bytes));
            prop_assert_eq!(b64_decode(&b64(&bytes)), Some(bytes));
            prop_assert_eq!(b64_decode(&text), Base64::decode_vec(&text).ok());
        }
    }

    #[test]
    fn decimals() {
        for (value, width, text) in
            [(0, 0, ""), (0, 1, "0"), (7, 2, "07"), (2026, 4, "2026"), (u64::MAX, 1, "18446744073709551615")]
        {
            let mut out = String::new();
            push_decimal(&mut out, value, width);
            assert_eq!(out, text);
        }
        assert_eq!(decimal(b"0012"), Some(12));
        assert_eq!(decimal(b""), None);
        assert_eq!(decimal(b"1x"), None);
        assert_eq!(decimal(b"11111111111"), None);
    }
}
