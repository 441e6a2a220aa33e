//! Postal codes by country.

use super::chars::alphanumerics;
use super::{FieldError, Normalised};
use zeroize::Zeroizing;

/// Country, then its patterns: `9` a digit, `A` a letter, `X` either; `_` a blank and `-` a hyphen, which may be
/// left out or written otherwise.
const PATTERNS: &str = ";AR 9999 A9999AAA;AT 9999;AU 9999;BE 9999;BG 9999;BR 99999-999;CA A9A_9A9;CH 9999;CL 9999999;\
CN 999999;CO 999999;CY 9999;CZ 999_99;DE 99999;DK 9999;EE 99999;ES 99999;FI 99999;FR 99999;\
GB A9_9AA A99_9AA AA9_9AA A9A_9AA AA99_9AA AA9A_9AA;GR 999_99;HR 99999;HU 9999;ID 99999;IE A99_XXXX A9A_XXXX;\
IL 9999999 99999;IN 999999;IS 999;IT 99999;JP 999-9999;KR 99999;LT 99999;LU 9999;LV 9999;MX 99999;MY 99999;NL 9999_AA;\
NO 9999;NZ 9999;PH 9999;PK 99999;PL 99-999;PR 99999 99999-9999;PT 9999-999;RO 999999;RS 99999;RU 999999;\
SA 99999 99999-9999;SE 999_99;SG 999999;SI 9999;SK 999_99;TH 99999;TR 99999;TW 999 99999 999999;UA 99999;\
US 99999 99999-9999;VN 99999 999999;ZA 9999;";

/// Checks a postal code, by the rules of the country (a normalised code) when it is known.
/// Normalised: upper case, with the country's own separators.
///
/// # Errors
/// `Incomplete` while it is the begin of one, `InvalidPostalCode` otherwise.
pub fn check(input: &str, country: Option<&str>) -> Result<Normalised, FieldError> {
    let text = alphanumerics(input)?;
    let Some(patterns) = country.and_then(patterns) else {
        return check_any(input);
    };
    let mut error = FieldError::InvalidPostalCode;
    for pattern in patterns.split(|c| *c == b' ') {
        match fit(&text, pattern) {
            Ok(code) => return Ok(code),
            Err(FieldError::Incomplete) => error = FieldError::Incomplete,
            Err(_) => {}
        }
    }
    Err(error)
}

/// Where no pattern is known: 2 to 10 letters and digits, with single spaces or hyphens between.
fn check_any(input: &str) -> Result<Normalised, FieldError> {
    let mut out = Zeroizing::new(String::with_capacity(input.len()));
    // Put in front of the next letter or digit
    let mut separator = None;
    for c in input.chars().map(super::chars::plain) {
        if c.is_ascii_alphanumeric() {
            if let Some(separator) = separator.take() {
                out.push(separator);
            }
            out.push(c.to_ascii_uppercase());
        } else if !out.is_empty() && separator.is_none() {
            separator = Some(if c == '-' { '-' } else { ' ' });
        }
    }
    match out.len() {
        ..2 => Err(FieldError::Incomplete),
        2..=10 => Ok(out),
        _ => Err(FieldError::InvalidPostalCode),
    }
}

/// The country's patterns, blanks between.
fn patterns(country: &str) -> Option<&'static [u8]> {
    let mut rest = PATTERNS.as_bytes();
    while let [b';', first, second, b' ', entry @ ..] = rest {
        let end = entry.iter().position(|c| *c == b';')?;
        let (patterns, others) = entry.split_at(end);
        if [*first, *second] == country.as_bytes() {
            return Some(patterns);
        }
        rest = others;
    }
    None
}

/// The text with the pattern's separators; `Incomplete` when it is the begin of the pattern.
fn fit(text: &str, pattern: &[u8]) -> Result<Normalised, FieldError> {
    let mut out = Zeroizing::new(String::with_capacity(pattern.len()));
    let mut rest = text.bytes();
    for place in pattern {
        out.push(match place {
            b'_' => ' ',
            b'-' => '-',
            _ => {
                let c = rest.next().ok_or(FieldError::Incomplete)?;
                let fits = match place {
                    b'9' => c.is_ascii_digit(),
                    b'A' => c.is_ascii_alphabetic(),
                    _ => true,
                };
                if !fits {
                    return Err(FieldError::InvalidPostalCode);
                }
                char::from(c)
            }
        });
    }
    if rest.next().is_some() { Err(FieldError::InvalidPostalCode) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_country() {
        for (country, text, normalised) in [
            ("US", "10001", "10001"),
            ("US", "10001 1234", "10001-1234"),
            ("DE", "１０１１７", "10117"),
            ("GB", "sw1a1aa", "SW1A 1AA"),
            ("GB", "m1 1ae", "M1 1AE"),
            ("CA", "k1a-0b1", "K1A 0B1"),
            ("NL", "1012ab", "1012 AB"),
            ("PL", "00950", "00-950"),
            ("IE", "d6wxy00", "D6W XY00"),
            ("BR", "01310100", "01310-100"),
            ("JP", "100 0001", "100-0001"),
            ("TW", "100", "100"),
            ("GI", "gx11 1aa", "GX11 1AA"),
        ] {
            let got = check(text, Some(country));
            assert_eq!(got.as_deref().map(String::as_str), Ok(normalised), "{country} {text}");
        }
    }

    #[test]
    fn without_a_pattern() {
        assert_eq!(check(" ab  12-3 ", None).unwrap().as_str(), "AB 12-3");
        assert_eq!(check("1", None), Err(FieldError::Incomplete));
        assert_eq!(check("12345678901", None), Err(FieldError::InvalidPostalCode));
        assert_eq!(check("é12", None), Err(FieldError::UnsupportedCharacters));
    }

    #[test]
    fn refused() {
        for (country, text, error) in [
            ("US", "", FieldError::Required),
            ("US", "1000", FieldError::Incomplete),
            ("US", "100011", FieldError::Incomplete),
            ("US", "1000a", FieldError::InvalidPostalCode),
            ("US", "1000112345", FieldError::InvalidPostalCode),
            ("GB", "SW1A", FieldError::Incomplete),
            ("GB", "123", FieldError::InvalidPostalCode),
        ] {
            assert_eq!(check(text, Some(country)), Err(error), "{country} {text}");
        }
    }

    fn entries() -> impl Iterator<Item = &'static str> {
        PATTERNS.trim_matches(';').split(';')
    }

    #[test]
    fn the_table_is_well_formed() {
        let countries: Vec<&str> = entries().filter_map(|e| e.get(..2)).collect();
        assert!(countries.is_sorted_by(|a, b| a < b));
        assert!(countries.len() >= 40);
        for entry in entries() {
            assert!(super::super::country::check(&entry[..2]).is_ok(), "{entry}");
            for pattern in entry.split(' ').skip(1) {
                assert!(!pattern.is_empty() && pattern.chars().all(|c| "9AX_-".contains(c)));
            }
        }
    }
}
