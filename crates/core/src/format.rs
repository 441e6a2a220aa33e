//! Formatting while typing: what an input shows after an edit, and where its caret stands. Pure.
//!
//! No digit is ever dropped, and the caret stays behind the same digit. Nothing is remembered between edits, so
//! separators are only ever put where a further character has made them necessary: what backspace removes stays away.

use crate::rule::chars::{digit, is_separator, plain};
use crate::rule::{Normalised, Rule, card, expiry};
use zeroize::Zeroizing;

/// Formats an input after an edit. `caret` counts UTF-16 units, as `selectionStart` does, in `text` and in the answer.
pub fn edit(rule: Rule, text: &str, caret: usize) -> (Normalised, usize) {
    match rule {
        Rule::CardNumber => grouped(text, caret, digit_only, card::groups),
        Rule::Iban => grouped(text, caret, letter_or_digit, |_| &[]),
        Rule::Ssn => grouped(text, caret, digit_only, |_| &[3, 2]),
        Rule::CardExpiry => month_and_year(text, caret),
        Rule::PostalCode | Rule::Country => mapped(text, caret, |c| plain(c).to_ascii_uppercase()),
        Rule::AccountNumber | Rule::RoutingNumber | Rule::Phone | Rule::Email => mapped(text, caret, plain),
        Rule::HolderName | Rule::PersonName | Rule::Street | Rule::Line | Rule::Text | Rule::Secret => {
            mapped(text, caret, |c| c)
        }
    }
}

fn digit_only(c: char) -> Option<char> {
    digit(c).map(|value| char::from(value | b'0'))
}

fn letter_or_digit(c: char) -> Option<char> {
    let c = plain(c).to_ascii_uppercase();
    c.is_ascii_alphanumeric().then_some(c)
}

/// One character for one, so the caret stays.
fn mapped(text: &str, caret: usize, map: fn(char) -> char) -> (Normalised, usize) {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut length = 0_usize;
    for c in text.chars().map(map) {
        length = length.saturating_add(c.len_utf16());
        out.push(c);
    }
    (out, caret.min(length))
}

/// What counts of an input, and how it stands to the caret.
struct Kept {
    chars: Normalised,
    /// How many of them stand in front of the caret.
    before: usize,
    /// The caret stands behind a separator.
    after_separator: bool,
    /// The caret stands at the end of the input.
    at_end: bool,
}

fn keep(text: &str, caret: usize, kept: fn(char) -> Option<char>) -> Kept {
    let mut result = Kept {
        chars: Zeroizing::new(String::with_capacity(text.len())),
        before: 0,
        after_separator: false,
        at_end: true,
    };
    let mut units = 0_usize;
    for c in text.chars() {
        let before_caret = units < caret;
        units = units.saturating_add(c.len_utf16());
        if !before_caret {
            result.at_end = false;
        }
        if let Some(c) = kept(c) {
            result.chars.push(c);
        }
        if before_caret {
            result.before = result.chars.len();
            result.after_separator = is_separator(c);
        }
    }
    result
}

/// Groups with single blanks between: the given sizes, then fours.
fn grouped(
    text: &str,
    caret: usize,
    kept: fn(char) -> Option<char>,
    sizes: fn(&str) -> &'static [usize],
) -> (Normalised, usize) {
    let kept = keep(text, caret, kept);
    let mut out = Zeroizing::new(String::with_capacity(kept.chars.len().saturating_mul(2)));
    let mut sizes = sizes(&kept.chars).iter().copied();
    let mut left = sizes.next().unwrap_or(4);
    let mut place = 0;
    for (number, c) in kept.chars.chars().enumerate() {
        if number == kept.before && !kept.after_separator {
            place = out.len();
        }
        if left == 0 {
            out.push(' ');
            left = sizes.next().unwrap_or(4);
        }
        if number == kept.before && kept.after_separator {
            place = out.len();
        }
        out.push(c);
        left = left.saturating_sub(1);
    }
    if kept.before == kept.chars.len() {
        place = out.len();
    }
    (out, place)
}

/// `MM / YY` or `MM / YYYY`; a single digit that can only be a month gets its zero.
fn month_and_year(text: &str, caret: usize) -> (Normalised, usize) {
    let kept = keep(text, caret, digit_only);
    let parts = expiry::split(text);
    let mut out = Zeroizing::new(String::with_capacity(text.len().saturating_add(5)));
    out.push_str(parts.month());
    // " /" at the end is our own separator after a backspace: it goes, and the caret stands behind the month again
    let separator_wanted = parts.separated && !text.as_bytes().ends_with(b" /") && parts.month().len() == 2;
    if !parts.year().is_empty() || separator_wanted {
        out.push_str(" / ");
    }
    let year_at = out.len();
    out.push_str(parts.year());
    if kept.at_end || parts.year_first {
        let end = out.len();
        return (out, end);
    }
    let month = parts.month().len();
    let before = kept.before.saturating_add(usize::from(parts.padded && kept.before > 0));
    let place = if before < month || (before == month && !kept.after_separator) {
        before
    } else {
        year_at.saturating_add(before.saturating_sub(month))
    };
    let end = out.len();
    (out, place.min(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `|` is the caret.
    fn edited(rule: Rule, text: &str) -> String {
        let caret = text.find('|').unwrap();
        let (out, caret) = edit(rule, &text.replace('|', ""), text[..caret].encode_utf16().count());
        let mut out = out.to_string();
        out.insert(caret, '|');
        out
    }

    #[test]
    fn card_numbers() {
        for (text, want) in [
            ("|", "|"),
            ("4|", "4|"),
            ("4242|", "4242|"),
            ("42424|", "4242 4|"),
            ("4242424242424242|", "4242 4242 4242 4242|"),
            ("6205500000000000004|", "6205 5000 0000 0000 004|"),
            ("378282246310005|", "3782 822463 10005|"),
            ("30569309025904|", "3056 930902 5904|"),
            // Paste with any separator, in any script
            ("4242-4242.4242/4242|", "4242 4242 4242 4242|"),
            (" ４２４２\u{a0}٤٢٤٢|", "4242 4242|"),
            ("nr 4242x|", "4242|"),
            // In the middle: the caret stays behind the same digit
            ("42429| 4242", "4242 9|424 2"),
            ("4242 9|4242", "4242 9|424 2"),
            ("4|42 4242", "4|424 242"),
            ("|4242 4242", "|4242 4242"),
            // Backspace over the blank moves the caret, the next one takes the digit
            ("4242|4242", "4242| 4242"),
            ("4242 |4242", "4242 |4242"),
            ("4242 |", "4242|"),
            ("4242 |242", "4242 |242"),
            // Too long: shown, not cut
            ("42424242424242424242|", "4242 4242 4242 4242 4242|"),
        ] {
            assert_eq!(edited(Rule::CardNumber, text), want, "{text}");
        }
    }

    #[test]
    fn expiries() {
        for (text, want) in [
            ("|", "|"),
            ("0|", "0|"),
            ("1|", "1|"),
            ("5|", "05|"),
            ("12|", "12|"),
            ("13|", "01 / 3|"),
            ("127|", "12 / 7|"),
            ("05 / 2|", "05 / 2|"),
            ("1227|", "12 / 27|"),
            ("122027|", "12 / 2027|"),
            ("12/27|", "12 / 27|"),
            ("12/2027|", "12 / 2027|"),
            ("2027-12|", "12 / 2027|"),
            ("1/|", "01 / |"),
            ("12/|", "12 / |"),
            ("12 |", "12 / |"),
            // Backspace from the end takes one character after the other
            ("12 / |", "12 / |"),
            ("12 /|", "12|"),
            // In the middle
            ("1|2 / 27", "1|2 / 27"),
            ("12| / 27", "12| / 27"),
            ("12 / |27", "12 / |27"),
            ("12 / 2|7", "12 / 2|7"),
            ("5|27", "05| / 27"),
            ("|527", "|05 / 27"),
            ("1| / 27", "01| / 27"),
            ("٥|", "05|"),
        ] {
            assert_eq!(edited(Rule::CardExpiry, text), want, "{text}");
        }
    }

    #[test]
    fn other_rules() {
        for (rule, text, want) in [
            (Rule::Iban, "de893704|", "DE89 3704|"),
            (Rule::Iban, "de89-37|04", "DE89 37|04"),
            (Rule::Ssn, "536228145|", "536 22 8145|"),
            (Rule::PostalCode, "sw1a| 1aa", "SW1A| 1AA"),
            (Rule::Country, "ｕ|s", "U|S"),
            (Rule::Phone, "＋４９| 30", "+49| 30"),
            (Rule::HolderName, "Ada|  Ｌ", "Ada|  Ｌ"),
            (Rule::Secret, "a|", "a|"),
        ] {
            assert_eq!(edited(rule, text), want, "{text}");
        }
        // A caret outside of the text is moved inside, UTF-16 units are counted
        assert_eq!(edit(Rule::Text, "🔑a", 9).1, 3);
        assert_eq!(edit(Rule::CardNumber, "🔑42", 3), (Zeroizing::new("42".into()), 1));
    }

    fn digits_of(text: &str) -> Vec<char> {
        text.chars().filter_map(digit_only).collect()
    }

    proptest! {
        #[test]
        fn no_digit_is_lost_and_the_caret_stays_inside(
            text in "([0-9０-９٠-٩]|[ /.-]|[A-Za-zäß🔑]){0,30}",
            caret in 0..40usize,
            pick in 0..16usize,
        ) {
            let rule = Rule::ALL[pick];
            let (out, at) = edit(rule, &text, caret);
            prop_assert!(at <= out.encode_utf16().count());
            let (mut before, mut after) = (digits_of(&text), digits_of(&out));
            if rule == Rule::CardExpiry {
                // The year may come first, the month may get its zero
                before.sort_unstable();
                after.sort_unstable();
                if after.len() > before.len() {
                    prop_assert_eq!(after.remove(0), '0');
                }
            }
            prop_assert_eq!(before, after);
        }

        #[test]
        fn what_is_formatted_stays(text in "[0-9 /a-zA-Z-]{0,24}", pick in 0..16usize) {
            let rule = Rule::ALL[pick];
            let (once, caret) = edit(rule, &text, text.len());
            prop_assert_eq!(edit(rule, &once, caret), (once, caret));
        }

        #[test]
        fn the_caret_stays_behind_the_same_digit(
            text in "[0-9]{0,19}",
            separators in proptest::collection::vec(0..20usize, 0..4),
            caret in 0..24usize,
        ) {
            let mut text = text;
            for place in separators {
                text.insert(place.min(text.len()), '-');
            }
            let caret = caret.min(text.len());
            let (out, at) = edit(Rule::CardNumber, &text, caret);
            prop_assert_eq!(digits_of(&text[..caret]), digits_of(&out[..at]));
        }

        #[test]
        fn formatting_does_not_change_the_verdict(text in "[0-9 /-]{0,24}", pick in 0..15usize) {
            // All but secrets, the last
            let rule = Rule::ALL[pick];
            let month = crate::time::Month::new(2026, 11).unwrap();
            let context = crate::rule::CheckContext { month, country: None };
            let verdict = rule.check(&text, &context);
            let shown = edit(rule, &text, 0).0;
            prop_assert_eq!(rule.check(&shown, &context), verdict);
        }
    }
}
