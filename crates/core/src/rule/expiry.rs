//! Card expiry: `MM/YY`, `MM/YYYY`, `12 / 27`, `1227`, `2027-12`.

use super::chars::{digit, digits, number};
use super::{FieldError, Normalised};
use crate::time::Month;
use zeroize::Zeroizing;

/// No card is issued for longer; a later year is a slip.
const MOST_YEARS: u32 = 25;

/// An input taken apart into month and year, for the check and for the formatting while typing.
pub(crate) struct Split {
    /// Month, then year.
    digits: Zeroizing<String>,
    /// How many of them are the month's.
    of_month: usize,
    /// A zero was put in front of the month.
    pub(crate) padded: bool,
    /// The year stood first.
    pub(crate) year_first: bool,
    /// A separator follows the month.
    pub(crate) separated: bool,
}

impl Split {
    /// Up to two digits.
    pub(crate) fn month(&self) -> &str {
        self.digits.get(..self.of_month).unwrap_or("")
    }

    /// The digits that follow, as many as there are.
    pub(crate) fn year(&self) -> &str {
        self.digits.get(self.of_month..).unwrap_or("")
    }
}

/// Takes the digits of an input apart; anything else counts as a separator.
pub(crate) fn split(input: &str) -> Split {
    let mut digits = Zeroizing::new(String::with_capacity(input.len()));
    let mut first_run = None;
    for c in input.chars() {
        match digit(c) {
            Some(value) => digits.push(char::from(value | b'0')),
            None if first_run.is_none() && !digits.is_empty() => first_run = Some(digits.len()),
            None => {}
        }
    }
    let (month, year, padded, year_first) = take_apart(&digits, first_run);
    let mut text = Zeroizing::new(String::with_capacity(digits.len().saturating_add(1)));
    if padded {
        text.push('0');
    }
    text.push_str(month);
    let of_month = text.len();
    text.push_str(year);
    Split { digits: text, of_month, padded, year_first, separated: first_run.is_some() }
}

fn take_apart(digits: &str, first_run: Option<usize>) -> (&str, &str, bool, bool) {
    let at = |n: usize| digits.split_at_checked(n).unwrap_or((digits, ""));
    if first_run == Some(4) && digits.starts_with("20") && digits.len() <= 6 {
        let (year, month) = at(4);
        return (month, year, false, true);
    }
    let (first, rest) = at(1);
    let (two, year) = at(2);
    let single = match first {
        "" | "0" => false,
        // 13 to 19 is no month: the first digit is one, unless the two stand by themselves
        "1" => first_run == Some(1) || (two > "12" && first_run != Some(2)),
        _ => first_run != Some(2),
    };
    if single { (first, rest, true, false) } else { (two, year, false, false) }
}

/// Checks an expiry against the current month. Normalised: `YYYY-MM`.
///
/// # Errors
/// `Expired` when the month is over, `InvalidExpiry` for no month or more than 25 years ahead.
pub fn check(input: &str, now: Month) -> Result<Normalised, FieldError> {
    if matches!(digits(input), Err(FieldError::UnsupportedCharacters)) {
        return Err(FieldError::UnsupportedCharacters);
    }
    let parts = split(input);
    if parts.month().is_empty() && parts.year().is_empty() {
        return Err(FieldError::Required);
    }
    let month = number(parts.month().as_bytes());
    if month > 12 || (month == 0 && parts.month().len() == 2) || parts.year().len() > 4 {
        return Err(FieldError::InvalidExpiry);
    }
    let year = number(parts.year().as_bytes());
    let year = match parts.year().len() {
        2 => year.saturating_add(2000),
        4 => year,
        _ => return Err(FieldError::Incomplete),
    };
    let (Ok(year), Ok(month_number)) = (u16::try_from(year), u8::try_from(month)) else {
        return Err(FieldError::InvalidExpiry);
    };
    if month == 0 {
        return Err(FieldError::Incomplete);
    }
    let month = Month::new(year, month_number).ok_or(FieldError::InvalidExpiry)?;
    if month < now {
        return Err(FieldError::Expired);
    }
    if month > now.plus(MOST_YEARS.saturating_mul(12)) {
        return Err(FieldError::InvalidExpiry);
    }
    Ok(Zeroizing::new(month.to_text()))
}

/// Whether further digits could make the input an expiry: the year may be the begin of `20..`.
pub(crate) fn may_grow(input: &str) -> bool {
    let parts = split(input);
    number(parts.month().as_bytes()) <= 12
        && parts.month() != "00"
        && (parts.year().len() < 2 || (parts.year().len() < 4 && parts.year().starts_with("20")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Month {
        Month::new(2026, 11).unwrap()
    }

    #[test]
    fn accepted_forms() {
        for text in [
            "12/27",
            "12 / 27",
            "1227",
            "12/2027",
            "122027",
            "12-27",
            "12.2027",
            "2027-12",
            "2027/12",
            "１２／２７",
            "١٢/٢٧",
        ] {
            assert_eq!(check(text, now()).as_deref().map(|s| s.as_str()), Ok("2027-12"), "{text}");
        }
        for text in ["1/27", "01/27", "0127", "1 / 2027"] {
            assert_eq!(check(text, now()).as_deref().map(|s| s.as_str()), Ok("2027-01"), "{text}");
        }
        assert_eq!(check("527", now()).unwrap().as_str(), "2027-05");
        assert_eq!(check("11/26", now()).unwrap().as_str(), "2026-11");
    }

    #[test]
    fn refused_forms() {
        for (text, error) in [
            ("", FieldError::Required),
            ("/", FieldError::Required),
            ("1", FieldError::Incomplete),
            ("0", FieldError::Incomplete),
            ("12/2", FieldError::Incomplete),
            ("12/202", FieldError::Incomplete),
            ("10/26", FieldError::Expired),
            ("12/20", FieldError::Expired),
            ("00/27", FieldError::InvalidExpiry),
            ("13/27", FieldError::InvalidExpiry),
            ("12/20277", FieldError::InvalidExpiry),
            ("12/99", FieldError::InvalidExpiry),
            ("12/51", FieldError::InvalidExpiry), // 25 years and a month ahead
            ("dec 27", FieldError::UnsupportedCharacters),
        ] {
            assert_eq!(check(text, now()), Err(error), "{text}");
        }
        assert!(may_grow("12/20"));
        assert!(!may_grow("10/26"));
    }
}
