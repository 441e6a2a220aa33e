//! Refuses kinds, parts and labels that ask for what may not be stored after authorisation, even encrypted
//! (PCI DSS 3.3.1): card verification codes, track data, PIN blocks.

/// Words of their own.
const WORDS: &str =
    "verification cvn cvn2 cvd cvd2 cav cav2 cvx csc 3csc 4dbc cid cve cvk pinblock track1 track2 trackdata magstripe";

/// Found anywhere, blanks and marks left out.
const PHRASES: &str = "cardverif securitycode verificationcode verificationvalue verificationnumber cardcode";

/// Whether a name or label asks for a card verification code.
pub(crate) fn asks_for_it(text: &str) -> bool {
    let mut joined = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        let word = word.to_ascii_lowercase();
        let named = WORDS.split(' ').any(|known| word == known);
        if named || holds(&word, "cvc") || holds(&word, "cvv") {
            return true;
        }
        joined.push_str(&word);
    }
    PHRASES.split(' ').any(|phrase| holds(&joined, phrase))
}

/// `str::contains` by hand: the library's search is two kilobytes of the checkout WASM.
fn holds(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len().max(1)).any(|stretch| stretch == part.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found() {
        for text in [
            "cvc",
            "cvv",
            "cvv2",
            "CVC2",
            "csc",
            "cid",
            "card.cvc",
            "card_cvv_2",
            "mycvv",
            "security_code",
            "securitycode",
            "security-code",
            "card.security.code",
            "verification",
            "verification_code",
            "verification_value",
            "card_verification",
            "Card verification code",
            "CVC/CVV",
            "track2",
        ] {
            assert!(asks_for_it(text), "{text}");
        }
    }

    #[test]
    fn not_found() {
        for text in
            ["card", "incident", "acid", "pin", "person.name", "decision", "Identity", "code", "social.security"]
        {
            assert!(!asks_for_it(text), "{text}");
        }
    }
}
