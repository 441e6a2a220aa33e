//! Countries: ISO 3166-1 alpha-2.

use super::chars::alphanumerics;
use super::{FieldError, Normalised};

/// All officially assigned codes, and XK, which postal services use.
const CODES: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCN\
COCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIO\
IQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNG\
NINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTM\
TNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// Countries whose addresses have no postal code, so that none is asked for.
const WITHOUT_POSTAL_CODE: &str = "AEAGAOAWBFBIBJBOBSBWBZCDCFCGCICKCMCWDJDMERFJGAGDGHGMGQGYHKJMKIKMKNKPLYMLMOMRMWNRNUPAQARWSBSC\
SLSRSSSTSXSYTDTGTKTLTOTVUGVUYEZW";

/// Checks a country code. Normalised: two upper-case letters.
///
/// # Errors
/// `Incomplete` for one letter, `InvalidCountry` for a code that is not assigned.
pub fn check(input: &str) -> Result<Normalised, FieldError> {
    let code = alphanumerics(input)?;
    match code.len() {
        1 => Err(FieldError::Incomplete),
        2 if holds(CODES, &code) => Ok(code),
        _ => Err(FieldError::InvalidCountry),
    }
}

/// Whether addresses of the country (a normalised code) have a postal code.
pub fn has_postal_code(country: &str) -> bool {
    !holds(WITHOUT_POSTAL_CODE, country)
}

fn holds(list: &str, code: &str) -> bool {
    let (codes, _) = list.as_bytes().as_chunks::<2>();
    codes.iter().any(|entry| entry == code.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        assert_eq!(check(" de ").unwrap().as_str(), "DE");
        assert_eq!(check("ＵＳ").unwrap().as_str(), "US");
        for (text, error) in [
            ("", FieldError::Required),
            ("D", FieldError::Incomplete),
            ("UK", FieldError::InvalidCountry),
            ("DEU", FieldError::InvalidCountry),
            ("D1", FieldError::InvalidCountry),
            ("Österreich", FieldError::UnsupportedCharacters),
        ] {
            assert_eq!(check(text), Err(error), "{text}");
        }
        assert!(has_postal_code("DE"));
        assert!(!has_postal_code("HK"));
    }

    #[test]
    fn lists_are_sorted_sets() {
        for (list, count) in [(CODES, 250), (WITHOUT_POSTAL_CODE, 62)] {
            let (codes, rest) = list.as_bytes().as_chunks::<2>();
            assert!(rest.is_empty());
            assert!(codes.is_sorted_by(|a, b| a < b));
            assert!(codes.iter().all(|code| holds(CODES, std::str::from_utf8(code).unwrap())));
            assert_eq!(codes.len(), count);
        }
    }
}
