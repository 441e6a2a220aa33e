//! Time as it stands in texts: RFC 3339 in UTC to the second, months and days. There is no clock in this crate.

use crate::encoding::push_decimal;
use core::fmt;

const DAY_SECONDS: u64 = 86_400;
/// 9999-12-31T23:59:59Z, the last time with a text form.
const MAX_SECONDS: u64 = 253_402_300_799;

/// Why a time was refused. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeError {
    /// Not `YYYY-MM-DDThh:mm:ssZ`.
    Time,
    /// Not `YYYY-MM`.
    Month,
    /// Not `YYYY-MM-DD`.
    Day,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Time => "write the time as YYYY-MM-DDThh:mm:ssZ",
            Self::Month => "write the month as YYYY-MM",
            Self::Day => "write the day as YYYY-MM-DD",
        })
    }
}

impl core::error::Error for TimeError {}

/// Seconds since 1970-01-01T00:00:00Z, without leap seconds, at most the year 9999.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

/// A calendar month of 1970 to 9999, text form `YYYY-MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: u16,
    month: u8,
}

/// A calendar day of 1970 to 9999, text form `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    month: Month,
    day: u8,
}

impl UnixTime {
    /// A time from seconds; later ones than the year 9999 become its last second.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(if seconds > MAX_SECONDS { MAX_SECONDS } else { seconds })
    }

    /// Seconds since 1970.
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// This time and so many seconds.
    pub const fn plus(self, seconds: u64) -> Self {
        Self::from_seconds(self.0.saturating_add(seconds))
    }

    /// So many seconds before this time, 1970 at the earliest.
    pub const fn minus(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// This time and so many days of 24 hours.
    pub const fn plus_days(self, days: u64) -> Self {
        self.plus(days.saturating_mul(DAY_SECONDS))
    }

    /// Reads RFC 3339 in the one form `YYYY-MM-DDThh:mm:ssZ`.
    ///
    /// # Errors
    /// [`TimeError::Time`] for any other form, an impossible date, or a leap second.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        parse_time(text.as_bytes()).ok_or(TimeError::Time)
    }

    /// `YYYY-MM-DDThh:mm:ssZ`.
    pub fn to_text(self) -> String {
        let mut text = self.day().to_text();
        let of_day = self.0 % DAY_SECONDS;
        for (mark, value) in [('T', of_day / 3600), (':', of_day / 60 % 60), (':', of_day % 60)] {
            text.push(mark);
            push_decimal(&mut text, value, 2);
        }
        text.push('Z');
        text
    }

    /// The UTC day.
    pub fn day(self) -> Day {
        Day::from_number(self.0 / DAY_SECONDS)
    }

    /// The UTC month.
    pub fn month(self) -> Month {
        self.day().month
    }
}

impl Month {
    /// A month; `None` outside of 1970-01 to 9999-12.
    pub const fn new(year: u16, month: u8) -> Option<Self> {
        if year < 1970 || year > 9999 || month < 1 || month > 12 {
            return None;
        }
        Some(Self { year, month })
    }

    /// Reads `YYYY-MM`.
    ///
    /// # Errors
    /// [`TimeError::Month`] for any other form.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        parse_month(text.as_bytes()).ok_or(TimeError::Month)
    }

    /// `YYYY-MM`.
    pub fn to_text(self) -> String {
        let mut text = String::with_capacity(10);
        push_decimal(&mut text, u64::from(self.year), 4);
        text.push('-');
        push_decimal(&mut text, u64::from(self.month), 2);
        text
    }

    /// So many months later, 9999-12 at the latest.
    pub fn plus(self, months: u32) -> Self {
        Self::from_number(self.number().saturating_add(months))
    }

    /// So many months earlier, 1970-01 at the earliest.
    pub fn minus(self, months: u32) -> Self {
        Self::from_number(self.number().saturating_sub(months))
    }

    /// The year, 1970 to 9999.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// Months since year 0, so that months can be compared and counted.
    fn number(self) -> u32 {
        u32::from(self.year).wrapping_mul(12).wrapping_add(u32::from(self.month)).wrapping_sub(1)
    }

    fn from_number(number: u32) -> Self {
        let number = number.clamp(1970 * 12, 9999 * 12 + 11);
        Self { year: (number / 12) as u16, month: ((number % 12) as u8).wrapping_add(1) }
    }

    fn days(self) -> u8 {
        let leap = self.year.is_multiple_of(4) && !self.year.is_multiple_of(100) || self.year.is_multiple_of(400);
        match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

impl Day {
    /// A day; `None` when there is no such day.
    pub fn new(month: Month, day: u8) -> Option<Self> {
        (1..=month.days()).contains(&day).then_some(Self { month, day })
    }

    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`TimeError::Day`] for any other form or an impossible date.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        parse_day(text.as_bytes()).ok_or(TimeError::Day)
    }

    /// `YYYY-MM-DD`.
    pub fn to_text(self) -> String {
        let mut text = self.month.to_text();
        text.push('-');
        push_decimal(&mut text, u64::from(self.day), 2);
        text
    }

    /// The month that the day is in.
    pub const fn month(self) -> Month {
        self.month
    }

    /// The first second of the day.
    pub fn start(self) -> UnixTime {
        UnixTime::from_seconds(self.number().wrapping_mul(DAY_SECONDS))
    }

    /// Days since 1970-01-01, counted in years that start in March (the leap day is then the last one).
    fn number(self) -> u64 {
        let january_or_february = u64::from(self.month.month <= 2);
        let year = u64::from(self.month.year).wrapping_sub(january_or_february);
        let month = (u64::from(self.month.month).wrapping_add(9)) % 12;
        let of_year = (month.wrapping_mul(153).wrapping_add(2) / 5).wrapping_add(u64::from(self.day)).wrapping_sub(1);
        let leap_days = (year / 4).wrapping_sub(year / 100).wrapping_add(year / 400);
        year.wrapping_mul(365).wrapping_add(leap_days).wrapping_add(of_year).wrapping_sub(EPOCH_DAY)
    }

    fn from_number(number: u64) -> Self {
        let number = number.wrapping_add(EPOCH_DAY);
        let era = number / 146_097;
        let of_era = number % 146_097;
        let year_of_era =
            of_era.wrapping_sub(of_era / 1460).wrapping_add(of_era / 36_524).wrapping_sub(of_era / 146_096) / 365;
        let before = year_of_era.wrapping_mul(365).wrapping_add(year_of_era / 4).wrapping_sub(year_of_era / 100);
        let of_year = of_era.wrapping_sub(before);
        let march_month = of_year.wrapping_mul(5).wrapping_add(2) / 153;
        let day = of_year.wrapping_sub(march_month.wrapping_mul(153).wrapping_add(2) / 5).wrapping_add(1);
        let (month, carry) =
            if march_month < 10 { (march_month.wrapping_add(3), 0) } else { (march_month.wrapping_sub(9), 1) };
        let year = era.wrapping_mul(400).wrapping_add(year_of_era).wrapping_add(carry);
        Self { month: Month { year: year as u16, month: month as u8 }, day: day as u8 }
    }
}

/// 1970-01-01 as a day number since 0000-03-01.
const EPOCH_DAY: u64 = 719_468;

fn parse_month(text: &[u8]) -> Option<Month> {
    let [year, month, ..] = numbers(text, b"0000-00")?;
    to_month(year, month)
}

fn parse_day(text: &[u8]) -> Option<Day> {
    let [year, month, day, ..] = numbers(text, b"0000-00-00")?;
    Day::new(to_month(year, month)?, day as u8)
}

fn parse_time(text: &[u8]) -> Option<UnixTime> {
    let [year, month, day, hour, minute, second] = numbers(text, b"0000-00-00T00:00:00Z")?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let of_day =
        u64::from(hour).wrapping_mul(3600).wrapping_add(u64::from(minute.wrapping_mul(60).wrapping_add(second)));
    Some(Day::new(to_month(year, month)?, day as u8)?.start().plus(of_day))
}

/// The numbers of a text that has a digit wherever `form` has one, and elsewhere what stands there.
fn numbers(text: &[u8], form: &[u8]) -> Option<[u16; 6]> {
    let mut numbers = [0_u16; 6];
    let mut all = numbers.iter_mut();
    let mut number = all.next()?;
    for (byte, wanted) in text.iter().zip(form) {
        if *wanted == b'0' && byte.is_ascii_digit() {
            *number = number.wrapping_mul(10).wrapping_add(u16::from(byte & 15));
        } else if byte != wanted {
            return None;
        } else if let Some(next) = all.next() {
            number = next;
        }
    }
    (text.len() == form.len()).then_some(numbers)
}

/// No number here has more than the two digits that it was read from.
fn to_month(year: u16, month: u16) -> Option<Month> {
    Month::new(year, month as u8)
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_times() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_219_200, "2026-11-21T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (MAX_SECONDS, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(UnixTime::from_seconds(seconds).to_text(), text);
            assert_eq!(UnixTime::parse(text), Ok(UnixTime::from_seconds(seconds)));
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "2026-11-21T00:00:00+00:00",
            "2026-11-21t00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T00:00:60Z",
            "2026-02-29T00:00:00Z",
            "2026-11-21T00:00:00.0Z",
            "1969-12-31T23:59:59Z",
            "2026-11-21",
            "",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
        ] {
            assert_eq!(UnixTime::parse(text), Err(TimeError::Time), "{text}");
        }
        for text in ["2026-1", "2026-13", "2026-00", "26-11", "2026-11-01", "+026-11"] {
            assert_eq!(Month::parse(text), Err(TimeError::Month));
        }
        for text in ["2026-02-30", "2100-02-29", "2026-11-00", "2026-11-1", "2026/11/01"] {
            assert_eq!(Day::parse(text), Err(TimeError::Day));
        }
    }

    #[test]
    fn months_count() {
        let month = Month::parse("2026-11").unwrap();
        assert_eq!(month.plus(24).to_text(), "2028-11");
        assert_eq!(month.plus(2).to_text(), "2027-01");
        assert_eq!(month.minus(11).to_text(), "2025-12");
        assert_eq!(month.plus(u32::MAX).to_text(), "9999-12");
        assert_eq!(month.minus(u32::MAX).to_text(), "1970-01");
    }

    proptest! {
        #[test]
        fn text_and_back(seconds in 0..=MAX_SECONDS) {
            let time = UnixTime::from_seconds(seconds);
            prop_assert_eq!(UnixTime::parse(&time.to_text()), Ok(time));
            prop_assert_eq!(Day::parse(&time.day().to_text()), Ok(time.day()));
            prop_assert_eq!(Month::parse(&time.month().to_text()), Ok(time.month()));
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,24}") {
            let _ = (UnixTime::parse(&text), Day::parse(&text), Month::parse(&text));
        }
    }
}
