//! Characters as people type and paste them: other scripts' digits, full-width forms, separators.

use super::{FieldError, Normalised};
use zeroize::Zeroizing;

/// Where ten digits in a row begin: Arabic-Indic, Persian, Devanagari, Bengali, Gurmukhi, Gujarati, Tamil, Thai.
const ZEROS: [u32; 8] = [0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xbe6, 0xe50];

/// The value of a digit in any of the known scripts.
pub(crate) fn digit(c: char) -> Option<u8> {
    u8::try_from(plain(c).to_digit(10)?).ok()
}

/// The ASCII character that is meant: digits of other scripts, full-width forms (from an input method),
/// the ideographic space. One UTF-16 unit stays one, so a caret stays where it is.
pub(crate) fn plain(c: char) -> char {
    let code = u32::from(c);
    if code < 0x660 {
        return c;
    }
    let ascii = match code {
        0xff01..=0xff5e => code.wrapping_sub(0xfee0),
        0x3000 => 0x20,
        _ => {
            let offset = ZEROS.iter().map(|zero| code.wrapping_sub(*zero));
            match offset.into_iter().find(|value| *value < 10) {
                Some(value) => value.wrapping_add(0x30),
                None => return c,
            }
        }
    };
    char::from_u32(ascii).unwrap_or(c)
}

/// Whether the character only separates groups: ASCII spaces and punctuation, no-break and thin spaces, dashes,
/// and the invisible marks that copied text brings along.
pub(crate) fn is_separator(c: char) -> bool {
    match plain(c) {
        c if c.is_ascii() => !c.is_ascii_alphanumeric(),
        '\u{a0}' | '\u{ad}' | '\u{b7}' | '\u{2000}'..='\u{206f}' | '\u{2212}' | '\u{feff}' => true,
        _ => false,
    }
}

/// The digits of an input, in ASCII, separators dropped.
pub(crate) fn digits(input: &str) -> Result<Normalised, FieldError> {
    kept(input, |c| c.is_ascii_digit())
}

/// The digits and letters of an input, in upper-case ASCII, separators dropped.
pub(crate) fn alphanumerics(input: &str) -> Result<Normalised, FieldError> {
    kept(input, |c| c.is_ascii_alphanumeric())
}

/// What `wanted` takes of the input; anything else must be a separator.
fn kept(input: &str, wanted: impl Fn(char) -> bool) -> Result<Normalised, FieldError> {
    // Room for all of it at once: growing would leave copies behind that nobody wipes
    let mut out = Zeroizing::new(String::with_capacity(input.len()));
    for c in input.chars().map(plain) {
        if wanted(c) {
            out.push(c.to_ascii_uppercase());
        } else if !is_separator(c) {
            return Err(FieldError::UnsupportedCharacters);
        }
    }
    if out.is_empty() {
        return Err(FieldError::Required);
    }
    Ok(out)
}

/// The check of ISO/IEC 7812-1 annex B ("Luhn") over ASCII digits.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let mut sum = 0_u32;
    for (place, digit) in digits.iter().rev().enumerate() {
        let value = u32::from(digit & 15);
        let value = if place & 1 == 1 { value.wrapping_mul(2) } else { value };
        sum = sum.wrapping_add(value / 10).wrapping_add(value % 10);
    }
    sum.is_multiple_of(10)
}

/// ASCII digits as a number, wrapping; callers pass at most nine.
pub(crate) fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |value, digit| value.wrapping_mul(10).wrapping_add(u32::from(digit & 15)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_other_scripts() {
        for text in ["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "๐๑๒๓๔๕๖๗๘๙"]
        {
            assert_eq!(digits(text).unwrap().as_str(), "0123456789");
        }
    }

    #[test]
    fn separators_of_copied_text() {
        let text = "\u{feff}4242\u{a0}4242\u{2009}4242\u{2011}4242\u{200e} .-/_\u{3000}";
        assert_eq!(digits(text).unwrap().as_str(), "4242424242424242");
        for text in ["42a", "42é", "42四", "½"] {
            assert_eq!(digits(text), Err(FieldError::UnsupportedCharacters));
        }
        assert_eq!(digits(" - "), Err(FieldError::Required));
        assert_eq!(alphanumerics("de ８9-x").unwrap().as_str(), "DE89X");
    }

    #[test]
    fn luhn_sums() {
        for good in ["4242424242424242", "378282246310005", "0", "18"] {
            assert!(luhn(good.as_bytes()));
        }
        for bad in ["4242424242424241", "1", "81"] {
            assert!(!luhn(bad.as_bytes()));
        }
    }
}
