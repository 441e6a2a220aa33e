//! US social security numbers.

use super::chars::{digits, number};
use super::{FieldError, Normalised};

/// Checks a social security number. Normalised: 9 ASCII digits.
///
/// # Errors
/// `Incomplete` below 9 digits, `InvalidSsn` for more or for numbers that are never issued.
pub fn check(input: &str) -> Result<Normalised, FieldError> {
    let digits = digits(input)?;
    if digits.len() < 9 {
        return Err(FieldError::Incomplete);
    }
    let part = |range| number(digits.get(range).unwrap_or("").as_bytes());
    let (area, group, serial) = (part(0..3), part(3..5), part(5..9));
    let issued = !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0;
    if digits.len() == 9 && issued { Ok(digits) } else { Err(FieldError::InvalidSsn) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(check("536-22-8145").unwrap().as_str(), "536228145");
        for (text, error) in [
            ("", FieldError::Required),
            ("536-22-814", FieldError::Incomplete),
            ("536-22-81455", FieldError::InvalidSsn),
            ("000-22-8145", FieldError::InvalidSsn),
            ("666-22-8145", FieldError::InvalidSsn),
            ("900-22-8145", FieldError::InvalidSsn),
            ("536-00-8145", FieldError::InvalidSsn),
            ("536-22-0000", FieldError::InvalidSsn),
        ] {
            assert_eq!(check(text), Err(error), "{text}");
        }
    }
}
