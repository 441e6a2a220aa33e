//! US bank accounts: account number and ABA routing number.

use super::chars::{digits, number};
use super::{FieldError, Normalised};

/// Checks an account number. Normalised: 4 to 17 ASCII digits.
///
/// # Errors
/// `Incomplete` below 4 digits, `InvalidAccountNumber` above 17.
pub fn check_account(input: &str) -> Result<Normalised, FieldError> {
    let digits = digits(input)?;
    match digits.len() {
        ..4 => Err(FieldError::Incomplete),
        4..=17 => Ok(digits),
        _ => Err(FieldError::InvalidAccountNumber),
    }
}

/// Checks an ABA routing number. Normalised: 9 ASCII digits.
///
/// # Errors
/// `Incomplete` below 9 digits, `InvalidRoutingNumber` for a wrong check digit or an unassigned range.
pub fn check_routing(input: &str) -> Result<Normalised, FieldError> {
    let digits = digits(input)?;
    if digits.len() < 9 {
        return Err(FieldError::Incomplete);
    }
    let mut sum = 0_u32;
    for (place, digit) in digits.bytes().enumerate() {
        let weight = match place % 3 {
            0 => 3,
            1 => 7,
            _ => 1,
        };
        sum = sum.wrapping_add(u32::from(digit & 15).wrapping_mul(weight));
    }
    let range = number(digits.get(..2).unwrap_or("").as_bytes());
    // Federal Reserve, thrift, electronic, traveller's cheque
    let assigned = matches!(range, 1..=12 | 21..=32 | 61..=72 | 80);
    if digits.len() == 9 && assigned && sum.is_multiple_of(10) {
        Ok(digits)
    } else {
        Err(FieldError::InvalidRoutingNumber)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routing_numbers() {
        for good in ["021000021", "111000025", "0110-0001-5", "322271627"] {
            assert!(check_routing(good).is_ok(), "{good}");
        }
        for (text, error) in [
            ("", FieldError::Required),
            ("02100002", FieldError::Incomplete),
            ("021000022", FieldError::InvalidRoutingNumber),
            ("0210000210", FieldError::InvalidRoutingNumber),
            ("000000000", FieldError::InvalidRoutingNumber),
            ("990000007", FieldError::InvalidRoutingNumber),
            ("02100002x", FieldError::UnsupportedCharacters),
        ] {
            assert_eq!(check_routing(text), Err(error), "{text}");
        }
    }

    #[test]
    fn account_numbers() {
        assert_eq!(check_account("0001 2345-67").unwrap().as_str(), "0001234567");
        assert_eq!(check_account("123"), Err(FieldError::Incomplete));
        assert_eq!(check_account("123456789012345678"), Err(FieldError::InvalidAccountNumber));
    }
}
