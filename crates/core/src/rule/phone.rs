//! Telephone numbers, after ITU-T E.164: 5 to 15 digits, `+` in front for the international form.

use super::chars::{digits, plain};
use super::{FieldError, Normalised};
use zeroize::Zeroizing;

/// Checks a telephone number. Normalised: digits, with a `+` in front when there was one.
///
/// # Errors
/// `Incomplete` below 5 digits, `InvalidPhone` above 15 or when a `+` stands elsewhere than in front.
pub fn check(input: &str) -> Result<Normalised, FieldError> {
    let digits = digits(input)?;
    let (mut first, mut pluses) = (None, 0_u32);
    for c in input.chars().map(plain) {
        if c == '+' {
            pluses = pluses.saturating_add(1);
        }
        if first.is_none() && c.is_ascii_graphic() && c != '(' {
            first = Some(c);
        }
    }
    let international = first == Some('+');
    if pluses > u32::from(international) || digits.len() > 15 {
        return Err(FieldError::InvalidPhone);
    }
    if digits.len() < 5 {
        return Err(FieldError::Incomplete);
    }
    if !international {
        return Ok(digits);
    }
    if digits.starts_with('0') {
        return Err(FieldError::InvalidPhone);
    }
    let mut out = Zeroizing::new(String::with_capacity(16));
    out.push('+');
    out.push_str(&digits);
    Ok(out)
}

/// The area code of a normalised number of the North American plan: after `+1`, after a leading 1, or the first
/// three of ten digits. Other plans cannot be told apart without a table, so they have none.
pub(crate) fn area_code(normalised: &str) -> Option<&str> {
    let national = match normalised.strip_prefix('+') {
        Some(international) => international.strip_prefix('1')?,
        None if normalised.len() == 11 => normalised.strip_prefix('1')?,
        None => normalised,
    };
    let code = national.get(..3)?;
    (national.len() == 10 && code.as_bytes().first() >= Some(&b'2')).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted() {
        for (text, normalised) in [
            ("+1 (212) 555-0100", "+12125550100"),
            ("(+49) 30 / 123 456", "+4930123456"),
            ("030.123456", "030123456"),
            ("＋４９３０１２３４５６", "+4930123456"),
            ("٠٣٠١٢٣٤٥", "03012345"),
            ("11833", "11833"),
        ] {
            assert_eq!(check(text).unwrap().as_str(), normalised, "{text}");
        }
    }

    #[test]
    fn refused() {
        for (text, error) in [
            ("", FieldError::Required),
            ("+", FieldError::Required),
            ("1234", FieldError::Incomplete),
            ("1234567890123456", FieldError::InvalidPhone),
            ("12+34567", FieldError::InvalidPhone),
            ("++49301234", FieldError::InvalidPhone),
            ("+0301234567", FieldError::InvalidPhone),
            ("555-CALL", FieldError::UnsupportedCharacters),
        ] {
            assert_eq!(check(text), Err(error), "{text}");
        }
    }

    #[test]
    fn area_codes() {
        for (number, code) in [
            ("+12125550100", Some("212")),
            ("12125550100", Some("212")),
            ("2125550100", Some("212")),
            ("0305550100", None),
            ("+4930123456", None),
            ("11833", None),
            ("", None),
        ] {
            assert_eq!(area_code(number), code, "{number}");
        }
    }
}
