//! Finds what looks like a card number in a text that everybody may read.

use crate::rule::card;
use crate::rule::chars::{digit, is_separator};

/// Whether the text holds a stretch of 13 to 19 digits, separators ignored, that is a card number: a known brand's
/// prefix and length, and a right Luhn sum (ISO/IEC 7812-1 annex B).
///
/// A stretch may be part of a longer run of digits. The brand is asked for because without it more than half of all
/// 16-digit order numbers, and every number with 13 leading zeros, would be taken for a card. Letters end a run.
pub fn looks_like_card(text: &str) -> bool {
    let mut run = zeroize::Zeroizing::new(Vec::with_capacity(text.len()));
    for c in text.chars() {
        if let Some(value) = digit(c) {
            run.push(value | b'0');
        } else if !is_separator(c) {
            if holds_card(&run) {
                return true;
            }
            run.clear();
        }
    }
    holds_card(&run)
}

fn holds_card(run: &[u8]) -> bool {
    (13..=19).any(|length| run.windows(length).any(card::is_plausible))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cards_are_found() {
        for text in [
            "4242424242424242",
            "4242-4242 4242.4242",
            "order:4242_4242/4242#4242",
            "x4242424242424242y",
            "0004242424242424242000",
            "４２４２ ４２４２ ４２４２ ４２４２",
            "378282246310005",
            "6759649826438453",
        ] {
            assert!(looks_like_card(text), "{text}");
        }
    }

    #[test]
    fn order_numbers_are_not() {
        for text in [
            "",
            "ORDER-2026/11#7",
            "4242424242424241",
            "0000000000000000000042",
            "4242a4242b4242c4242",
            "INV-2026-11-21-000123",
            "424242424242",
        ] {
            assert!(!looks_like_card(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_card_is_found_wherever_it_stands(
            before in "[a-z0-9 -]{0,8}",
            after in "[a-z0-9 -]{0,8}",
            separator in "[ ._/#:-]?",
        ) {
            let card = ["5555", "5555", "5555", "4444"].join(&separator);
            let text = [before, card, after].concat();
            prop_assert!(looks_like_card(&text));
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,80}") {
            let _ = looks_like_card(&text);
        }
    }
}
