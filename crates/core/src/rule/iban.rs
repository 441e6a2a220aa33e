//! IBAN (ISO 13616): country, length, check digits by ISO/IEC 7064 MOD 97-10.

use super::chars::alphanumerics;
use super::{FieldError, Normalised};

/// Country and length, four characters each, from the IBAN registry.
const LENGTHS: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28\
EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21\
LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18\
SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

/// Checks an IBAN. Normalised: upper case, no separators.
///
/// # Errors
/// `Incomplete` while too short, `InvalidIban` otherwise.
pub fn check(input: &str) -> Result<Normalised, FieldError> {
    let text = alphanumerics(input)?;
    let Some(country) = text.get(..2) else {
        return Err(FieldError::Incomplete);
    };
    let length = length_for(country.as_bytes()).ok_or(FieldError::InvalidIban)?;
    if text.len() < length {
        return Err(FieldError::Incomplete);
    }
    let check_digits = text.get(2..4).unwrap_or("");
    let well_formed = text.len() == length
        && check_digits.bytes().all(|c| c.is_ascii_digit())
        && (2..=98).contains(&super::chars::number(check_digits.as_bytes()));
    if !well_formed || remainder(&text) != 1 {
        return Err(FieldError::InvalidIban);
    }
    Ok(text)
}

fn length_for(country: &[u8]) -> Option<usize> {
    let (rows, _) = LENGTHS.as_bytes().as_chunks::<4>();
    let [_, _, length @ ..] = rows.iter().find(|row| row.starts_with(country))?;
    Some(super::chars::number(length) as usize)
}

/// The text, its first four characters moved to the end and letters counted from 10, modulo 97.
fn remainder(text: &str) -> u32 {
    let (head, tail) = text.split_at_checked(4).unwrap_or((text, ""));
    let mut sum = 0_u32;
    for part in [tail, head] {
        for c in part.bytes() {
            let (scale, value) = match c {
                b'0'..=b'9' => (10, u32::from(c & 15)),
                _ => (100, u32::from(c).wrapping_sub(55)),
            };
            sum = sum.wrapping_mul(scale).wrapping_add(value) % 97;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_examples() {
        for text in [
            "DE89 3704 0044 0532 0130 00",
            "gb29 nwbk 6016 1331 9268 19",
            "FR1420041010050500013M02606",
            "NO9386011117947",
            "MT84MALT011000012345MTLCAST001S",
            "BE68-5390-0754-7034",
            "SA0380000000608010167519",
            "BR1800360305000010009795493C1",
        ] {
            assert!(check(text).is_ok(), "{text}");
        }
        assert_eq!(check("gb29 nwbk 6016 1331 9268 19").unwrap().as_str(), "GB29NWBK60161331926819");
    }

    #[test]
    fn refused() {
        for (text, error) in [
            ("", FieldError::Required),
            ("D", FieldError::Incomplete),
            ("DE89 3704", FieldError::Incomplete),
            ("DE88 3704 0044 0532 0130 00", FieldError::InvalidIban),
            ("DE89 3704 0044 0532 0130 000", FieldError::InvalidIban),
            ("US89 3704 0044 0532 0130 00", FieldError::InvalidIban),
            ("8900", FieldError::InvalidIban),
            ("DEXX370400440532013000", FieldError::InvalidIban),
            ("DE89 é", FieldError::UnsupportedCharacters),
        ] {
            assert_eq!(check(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_in_range() {
        let (rows, rest) = LENGTHS.as_bytes().as_chunks::<4>();
        assert!(rest.is_empty());
        assert!(rows.is_sorted());
        for row in rows {
            assert!((15..=34).contains(&length_for(&row[..2]).unwrap()));
        }
    }
}
