//! Card numbers: brands by prefix, lengths, Luhn, grouping. The table is data; prefixes are those that the
//! brands publish, local schemes share the brand `other`.

use super::chars::{digits, luhn, number};
use super::{FieldError, Normalised};

/// A card brand, as it stands in the `brand` facet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Brand {
    /// Visa.
    Visa,
    /// Mastercard, the 2-series included.
    Mastercard,
    /// American Express.
    Amex,
    /// Discover.
    Discover,
    /// Diners Club.
    Diners,
    /// JCB.
    Jcb,
    /// UnionPay; its numbers need not pass Luhn.
    Unionpay,
    /// Maestro.
    Maestro,
    /// A local scheme: Mir, RuPay, Elo, Hipercard, Verve, Troy, UATP, Uzcard, Humo.
    Other,
}

impl Brand {
    /// Every brand.
    pub const ALL: [Self; 9] = [
        Self::Visa,
        Self::Mastercard,
        Self::Amex,
        Self::Discover,
        Self::Diners,
        Self::Jcb,
        Self::Unionpay,
        Self::Maestro,
        Self::Other,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Visa => "visa",
            Self::Mastercard => "mastercard",
            Self::Amex => "amex",
            Self::Discover => "discover",
            Self::Diners => "diners",
            Self::Jcb => "jcb",
            Self::Unionpay => "unionpay",
            Self::Maestro => "maestro",
            Self::Other => "other",
        }
    }
}

/// Numbers whose first digits lie in a range.
struct Row {
    brand: Brand,
    low: u32,
    high: u32,
    /// The usual number of digits.
    usual: u8,
    /// Allowed numbers of digits: bit 0 for [`LEAST`], and so on.
    lengths: u8,
}

/// `lengths` are the allowed numbers of digits, the usual one first.
const fn row(brand: Brand, low: u32, high: u32, lengths: &[u8]) -> Row {
    let mut row = Row { brand, low, high, usual: 0, lengths: 0 };
    let mut rest = lengths;
    // From the last on, so that the first stays
    while let [others @ .., length] = rest {
        row.usual = *length;
        row.lengths |= 1 << length.wrapping_sub(LEAST);
        rest = others;
    }
    row
}

const ANY: &[u8] = &[16, 12, 13, 14, 15, 17, 18, 19];
const LONG: &[u8] = &[16, 17, 18, 19];

/// The most specific row that matches counts, so the order does not matter.
const ROWS: [Row; 42] = [
    row(Brand::Visa, 4, 4, &[16, 13, 19]),
    row(Brand::Mastercard, 51, 55, &[16]),
    row(Brand::Mastercard, 2221, 2720, &[16]),
    row(Brand::Amex, 34, 34, &[15]),
    row(Brand::Amex, 37, 37, &[15]),
    row(Brand::Discover, 6011, 6011, &[16, 19]),
    row(Brand::Discover, 644, 649, &[16, 19]),
    row(Brand::Discover, 65, 65, &[16, 19]),
    row(Brand::Diners, 300, 305, &[14, 16, 19]),
    row(Brand::Diners, 3095, 3095, &[14, 16, 19]),
    row(Brand::Diners, 36, 36, &[14, 16, 19]),
    row(Brand::Diners, 38, 39, &[14, 16, 19]),
    row(Brand::Jcb, 3528, 3589, LONG),
    row(Brand::Jcb, 1800, 1800, &[15]),
    row(Brand::Jcb, 2131, 2131, &[15]),
    row(Brand::Unionpay, 62, 62, LONG),
    row(Brand::Unionpay, 810, 817, LONG),
    row(Brand::Maestro, 50, 50, ANY),
    row(Brand::Maestro, 56, 59, ANY),
    row(Brand::Maestro, 63, 63, ANY),
    row(Brand::Maestro, 67, 67, ANY),
    row(Brand::Other, 1, 1, &[15]),                   // UATP
    row(Brand::Other, 2200, 2204, LONG),              // Mir
    row(Brand::Other, 60, 60, &[16]),                 // RuPay
    row(Brand::Other, 6521, 6522, &[16]),             // RuPay
    row(Brand::Other, 82, 82, &[16]),                 // RuPay
    row(Brand::Other, 508500, 508999, &[16]),         // RuPay
    row(Brand::Other, 504175, 504175, &[16]),         // Elo
    row(Brand::Other, 506699, 506778, &[16]),         // Elo
    row(Brand::Other, 509000, 509999, &[16]),         // Elo
    row(Brand::Other, 627780, 627780, &[16]),         // Elo
    row(Brand::Other, 636297, 636297, &[16]),         // Elo
    row(Brand::Other, 636368, 636368, &[16]),         // Elo
    row(Brand::Other, 637095, 637095, &[16]),         // Hiper
    row(Brand::Other, 637568, 637568, &[16]),         // Hiper
    row(Brand::Other, 637599, 637599, &[16]),         // Hiper
    row(Brand::Other, 637609, 637612, &[16]),         // Hiper
    row(Brand::Other, 506099, 506198, &[16, 18, 19]), // Verve
    row(Brand::Other, 650002, 650027, &[16, 18, 19]), // Verve
    row(Brand::Other, 979200, 979289, &[16]),         // Troy
    row(Brand::Other, 8600, 8600, &[16]),             // Uzcard
    row(Brand::Other, 9860, 9860, &[16]),             // Humo
];

/// The most digits of any card number (ISO/IEC 7812-1).
const MOST: usize = 19;
/// The fewest.
const LEAST: u8 = 12;

/// The brand as soon as the first digits tell it; may become more specific as digits follow.
/// Takes ASCII digits; see [`typed_brand`] for what stands in an input.
pub fn brand(digits: &str) -> Option<Brand> {
    best_row(digits.as_bytes()).map(|row| row.brand)
}

/// The brand of what was typed so far, separators and other scripts' digits allowed.
pub fn typed_brand(input: &str) -> Option<Brand> {
    brand(&digits(input).ok()?)
}

/// Whether a number with this brand prefix, length and a right Luhn sum could be a card's.
pub(crate) fn is_plausible(digits: &[u8]) -> bool {
    best_row(digits).is_some_and(|row| row.takes(digits.len())) && luhn(digits)
}

/// Checks a card number. Normalised: 12 to 19 ASCII digits.
///
/// # Errors
/// `Incomplete` below the brand's usual length, `InvalidNumber` from there on.
pub fn check(input: &str) -> Result<Normalised, FieldError> {
    let digits = digits(input)?;
    let text = digits.as_bytes();
    if text.len() > MOST {
        return Err(FieldError::TooLong);
    }
    let Some(row) = best_row(text) else {
        let begun = ROWS.iter().any(|row| row.fits(text).is_some());
        return Err(if begun { FieldError::Incomplete } else { FieldError::UnsupportedBrand });
    };
    let sum_is_right = row.brand == Brand::Unionpay || luhn(text);
    if row.takes(text.len()) && sum_is_right {
        Ok(digits)
    } else if text.len() < row.usual.into() {
        Err(FieldError::Incomplete)
    } else {
        Err(FieldError::InvalidNumber)
    }
}

/// Whether further digits could make the input a card number.
pub(crate) fn may_grow(input: &str) -> bool {
    let Ok(digits) = digits(input) else {
        return false;
    };
    ROWS.iter()
        .filter(|row| row.fits(digits.as_bytes()).is_some())
        .any(|row| (digits.len()..MOST).any(|length| row.takes(length.saturating_add(1))))
}

/// Sizes of the groups in which the digits are printed on the card; after the last one, fours.
pub(crate) fn groups(digits: &str) -> &'static [usize] {
    match brand(digits) {
        Some(Brand::Amex) => &[4, 6, 5],
        Some(Brand::Diners) if digits.len() <= 14 => &[4, 6, 4],
        _ => &[],
    }
}

impl Row {
    /// Whether the digits, as far as they go, lie in the range: the number of digits compared.
    fn fits(&self, digits: &[u8]) -> Option<u32> {
        let width = self.low.ilog10().saturating_add(1);
        let shown = digits.get(..width as usize).unwrap_or(digits);
        let missing = width.saturating_sub(shown.len() as u32);
        let scale = 10_u32.saturating_pow(missing);
        let low = self.low.checked_div(scale)?;
        let high = self.high.checked_div(scale)?;
        (low..=high).contains(&number(shown)).then(|| width.saturating_sub(missing))
    }

    fn matches(&self, digits: &[u8]) -> Option<u32> {
        let width = self.low.ilog10().saturating_add(1);
        self.fits(digits).filter(|compared| *compared == width)
    }

    fn takes(&self, length: usize) -> bool {
        (usize::from(LEAST)..=MOST).contains(&length) && self.lengths >> length.wrapping_sub(LEAST.into()) & 1 == 1
    }
}

/// The row with the longest matching prefix.
fn best_row(digits: &[u8]) -> Option<&'static Row> {
    let mut best = None;
    let mut best_width = 0;
    for row in &ROWS {
        if let Some(width) = row.matches(digits)
            && width > best_width
        {
            (best, best_width) = (Some(row), width);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_test_numbers() {
        for (text, name) in [
            ("4242 4242 4242 4242", "visa"),
            ("4222222222222", "visa"),
            ("5555-5555-5555-4444", "mastercard"),
            ("2223 0031 2200 3222", "mastercard"),
            ("2720 9999 9999 9996", "mastercard"),
            ("3782 822463 10005", "amex"),
            ("6011111111111117", "discover"),
            ("3056 9309 0259 04", "diners"),
            ("36227206271667", "diners"),
            ("3566002020360505", "jcb"),
            ("6200000000000005", "unionpay"),
            ("6205500000000000004", "unionpay"),
            ("6759649826438453", "maestro"),
            ("2200000000000004", "other"),
        ] {
            let number = check(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
            assert_eq!(brand(&number).map(Brand::name), Some(name), "{text}");
        }
    }

    #[test]
    fn unionpay_needs_no_luhn() {
        assert!(check("6200000000000006").is_ok());
        assert_eq!(check("620000000000000"), Err(FieldError::Incomplete));
    }

    #[test]
    fn states_on_the_way() {
        for (text, error) in [
            ("", FieldError::Required),
            ("4", FieldError::Incomplete),
            ("2", FieldError::Incomplete),
            ("4242 4242 4242 424", FieldError::Incomplete),
            ("4242 4242 4242 4241", FieldError::InvalidNumber),
            ("4242 4242 4242 42424", FieldError::InvalidNumber),
            ("3782 822463 10004", FieldError::InvalidNumber),
            ("42424242424242424242", FieldError::TooLong),
            ("0000 0000 0000 0000", FieldError::UnsupportedBrand),
            ("7", FieldError::UnsupportedBrand),
            ("4242 4242 4242 424x", FieldError::UnsupportedCharacters),
        ] {
            assert_eq!(check(text), Err(error), "{text}");
        }
        assert!(may_grow("4242 4242 4242 4241"), "19 digits may come");
        assert!(!may_grow("3782 822463 10004"));
        assert!(!may_grow("7"));
    }

    #[test]
    fn the_longest_prefix_names_the_brand() {
        for (digits, name) in [
            ("", None),
            ("4", Some("visa")),
            ("6", None),
            ("60", Some("other")),
            ("6011", Some("discover")),
            ("50", Some("maestro")),
            ("508500", Some("other")),
            ("2720", Some("mastercard")),
            ("2721", None),
        ] {
            assert_eq!(brand(digits).map(Brand::name), name, "{digits}");
        }
    }

    #[test]
    fn ranges_are_well_formed() {
        for row in &ROWS {
            assert!(row.low <= row.high);
            assert_eq!(row.low.ilog10(), row.high.ilog10());
            assert!(row.takes(row.usual.into()));
        }
    }
}
