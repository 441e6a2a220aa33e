//! Text forms of bytes: lower-case hex, base64 (RFC 4648 section 4), base64url without padding (section 5).
//!
//! All decoders are strict: one text for one byte string.

/// The two digits of an alphabet that are neither letter nor figure: section 4.
const STANDARD: [u8; 2] = *b"+/";
/// Section 5.
const URL: [u8; 2] = *b"-_";

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
    encode(bytes, URL)
}

/// Base64url without padding; `None` when any other character or non-zero trailing bits occur.
pub fn b64u_decode(text: &str) -> Option<Vec<u8>> {
    decode(text, URL)
}

/// Bytes as base64 with padding.
pub fn b64(bytes: &[u8]) -> String {
    let mut text = encode(bytes, STANDARD);
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
    let digits = text.strip_suffix('=').unwrap_or(text);
    decode(digits.strip_suffix('=').unwrap_or(digits), STANDARD)
}

// By hand, for both alphabets at once: a library's would be three kilobytes of the checkout WASM. Some of the bytes are
// secret (passwords' messages, private keys), so no branch and no table lookup depends on one.

fn encode(bytes: &[u8], marks: [u8; 2]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        held = held.wrapping_add(8);
        while held >= 6 {
            held = held.wrapping_sub(6);
            text.push(b64_digit(bits >> held, marks));
        }
    }
    if held > 0 {
        text.push(b64_digit(bits << (6_u32.wrapping_sub(held)), marks));
    }
    text
}

fn decode(text: &str, marks: [u8; 2]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut held, mut all) = (0_i32, 0_u32, 0_i32);
    for digit in text.bytes() {
        let value = b64_value(digit, marks);
        all |= value;
        bits = bits << 6 | value & 63;
        held = held.wrapping_add(6);
        if held >= 8 {
            held = held.wrapping_sub(8);
            bytes.push((bits >> held) as u8);
        }
    }
    // Six bits left over are a digit that no byte needs
    let rest = bits & (1_i32 << held).wrapping_sub(1);
    (all >= 0 && held < 6 && rest == 0).then_some(bytes)
}

/// The digit of the low six bits.
fn b64_digit(bits: u32, [first, last]: [u8; 2]) -> char {
    let value = (bits & 63) as i32;
    let (first, last) = (i32::from(first), i32::from(last));
    // Each correction counts from its value on: a difference below zero, shifted, is a mask
    let above = |most: i32, correction: i32| (most.wrapping_sub(value) >> 8) & correction;
    let digit = value
        .wrapping_add(65)
        .wrapping_add(above(25, 6))
        .wrapping_add(above(51, -75))
        .wrapping_add(above(61, first.wrapping_sub(58)))
        .wrapping_add(above(62, last.wrapping_sub(first).wrapping_sub(1)));
    char::from(digit as u8)
}

/// The six bits of a digit; below zero for any other character.
fn b64_value(digit: u8, [first, last]: [u8; 2]) -> i32 {
    let digit = i32::from(digit);
    let mut value = -1_i32;
    for (from, to, bits) in [(b'A', b'Z', 0), (b'a', b'z', 26), (b'0', b'9', 52), (first, first, 62), (last, last, 63)]
    {
        let (from, to) = (i32::from(from), i32::from(to));
        let inside = (from.wrapping_sub(1).wrapping_sub(digit) & digit.wrapping_sub(to).wrapping_sub(1)) >> 8;
        value = value.wrapping_add(inside & digit.wrapping_sub(from).wrapping_add(bits).wrapping_add(1));
    }
    value
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
            use base64ct::{Base64, Base64UrlUnpadded, Encoding};
            prop_assert_eq!(b64(&bytes), Base64::encode_string(&bytes));
            prop_assert_eq!(b64u(&bytes), Base64UrlUnpadded::encode_string(&bytes));
            prop_assert_eq!(b64_decode(&b64(&bytes)), Some(bytes));
            prop_assert_eq!(b64u_decode(&text), Base64UrlUnpadded::decode_vec(&text).ok());
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
