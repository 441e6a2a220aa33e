//! The recovery code: 140 random bits that are printed, kept on paper, and typed once.
//!
//! Crockford's base 32, in 7 groups of 4 digits and a check digit. A wrong digit, two that changed places and groups in
//! another order are always noticed, and the group is told: a person looks at five characters, not at 35.

use crate::label::Label;
use core::fmt;
use rand_core::CryptoRng;
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Digits by value: no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Groups, of [`DATA`] digits and a check digit each.
const GROUPS: usize = 7;
const DATA: usize = 4;
/// Most bytes to look at.
const MAX_INPUT: usize = 512;

/// OPAQUE credential identifier of the kit of an admin of this name. No name is one: names have no control characters.
pub fn kit_credential(name: &str) -> String {
    format!("{}\0{name}", Label::RecoveryKit.as_str())
}

/// What was typed is not a recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeError {
    /// Digits are missing or there are too many of them.
    Length,
    /// A digit of this group, from 1, is not the one that was printed.
    Typo(u8),
}

impl CodeError {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Typo(_) => "typo",
        }
    }
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => f.write_str("type all 35 characters of the recovery code: 7 groups of 5"),
            Self::Typo(group) => write!(f, "compare group {group} of the recovery code with the page"),
        }
    }
}

impl core::error::Error for CodeError {}

/// 28 digits of 5 bits each. Zeroised when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; GROUPS * DATA]);

impl RecoveryCode {
    /// A fresh code.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut digits = [0; GROUPS * DATA];
        rng.fill_bytes(&mut digits);
        for digit in &mut digits {
            *digit &= 31;
        }
        Self(digits)
    }

    /// What is printed: 7 groups of 5 digits with hyphens between.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(GROUPS.saturating_mul(DATA.saturating_add(2))));
        for (number, group) in self.groups() {
            if number > 1 {
                text.push('-');
            }
            for value in group.iter().chain([&check(*group, number)]) {
                text.push(digit(*value));
            }
        }
        text
    }

    /// Reads what was typed: in any case, with any blanks and dashes, O for 0, I and L for 1.
    ///
    /// # Errors
    /// [`CodeError`]; a typo is told before missing digits behind it.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        if text.len() > MAX_INPUT {
            return Err(CodeError::Length);
        }
        let mut code = Self([0; GROUPS * DATA]);
        let mut typed = text.chars().filter(|c| !is_separator(*c));
        for (number, group) in (1_u8..).zip(code.0.as_chunks_mut::<DATA>().0) {
            for value in group.iter_mut() {
                *value = value_of(typed.next().ok_or(CodeError::Length)?).ok_or(CodeError::Typo(number))?;
            }
            let last = value_of(typed.next().ok_or(CodeError::Length)?).ok_or(CodeError::Typo(number))?;
            if !bool::from(last.ct_eq(&check(*group, number))) {
                return Err(CodeError::Typo(number));
            }
        }
        if typed.next().is_some() { Err(CodeError::Length) } else { Ok(code) }
    }

    /// Whether this is how somebody types the group of this number, from 1: what is printed, read back.
    pub fn is_group(&self, number: u8, typed: &str) -> bool {
        if typed.len() > MAX_INPUT {
            return false;
        }
        let typed = Zeroizing::new(typed.chars().filter(|c| !is_separator(*c)).map(value_of).collect::<Vec<_>>());
        self.groups().filter(|(place, _)| *place == number).any(|(_, group)| {
            let printed = group.iter().chain([&check(*group, number)]).copied().map(Some).collect::<Vec<_>>();
            *typed == Zeroizing::new(printed).as_slice()
        })
    }

    /// The 28 digits without check digits, one byte each, 0 to 31.
    pub(super) const fn digits(&self) -> &[u8] {
        &self.0
    }

    /// Groups with their numbers, from 1.
    fn groups(&self) -> impl Iterator<Item = (u8, &[u8; DATA])> {
        (1..).zip(self.0.as_chunks::<DATA>().0)
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

/// The digit that makes d1·x⁴ + d2·x³ + d3·x² + d4·x + check the group's number, in GF(32) modulo x⁵ + x² + 1: each
/// digit weighs something else, so one changed and two swapped change the sum.
fn check(group: [u8; DATA], number: u8) -> u8 {
    group.iter().fold(0, |sum, digit| times_x(sum ^ digit)) ^ number
}

/// No branch, as the value is secret.
fn times_x(value: u8) -> u8 {
    (value << 1 ^ (value >> 4 & 1).wrapping_mul(0b10_0101)) & 31
}

/// Every digit is looked at, so that none is told by how long it takes.
fn digit(value: u8) -> char {
    let mut found = 0;
    for (place, digit) in (0_u8..).zip(ALPHABET) {
        found.conditional_assign(digit, place.ct_eq(&value));
    }
    char::from(found)
}

fn value_of(typed: char) -> Option<u8> {
    let typed = u8::try_from(typed).ok()?.to_ascii_uppercase();
    let mut found = u8::MAX;
    for (digit, place) in ALPHABET.iter().zip(0_u8..).chain([(&b'O', 0), (&b'I', 1), (&b'L', 1)]) {
        found.conditional_assign(&place, digit.ct_eq(&typed));
    }
    (found < 32).then_some(found)
}

/// Blanks, and the dashes that people and their editors make of a hyphen.
fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '-' | '_' | '.' | '\u{a0}' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestRng;
    use proptest::prelude::*;

    fn code() -> RecoveryCode {
        RecoveryCode::generate(&mut TestRng::new("recovery code"))
    }

    #[test]
    fn it_is_read_as_people_type() {
        let text = code().to_text();
        let typed = [
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " \u{2013} "),
            text.replace('0', "o").replace('1', "l"),
            text.replace('0', "O").replace('1', "I"),
            format!("  {}\r\n", *text),
        ];
        for typed in typed {
            assert_eq!(RecoveryCode::parse(&typed).unwrap().digits(), code().digits(), "{typed}");
        }
        assert_eq!(RecoveryCode::parse("").unwrap_err(), CodeError::Length);
        assert_eq!(RecoveryCode::parse(&text[..40]).unwrap_err(), CodeError::Length);
        assert_eq!(RecoveryCode::parse(&format!("{}0", *text)).unwrap_err(), CodeError::Length);
        assert_eq!(RecoveryCode::parse(&" ".repeat(513)).unwrap_err(), CodeError::Length);
        assert_eq!(format!("{:?}", code()), "RecoveryCode(..)");
    }

    #[test]
    fn every_wrong_digit_and_every_swap_is_told_with_its_group() {
        let text = code().to_text();
        let digits: Vec<char> = text.chars().filter(|c| *c != '-').collect();
        let read = |digits: &[char]| RecoveryCode::parse(&digits.iter().collect::<String>()).map(|_| ());
        for place in 0..digits.len() {
            let group = u8::try_from(place / 5 + 1).unwrap();
            for other in ALPHABET.iter().map(|c| char::from(*c)).chain(['U', '*', 'ß']) {
                let mut changed = digits.clone();
                changed[place] = other;
                let expected = if other == digits[place] { Ok(()) } else { Err(CodeError::Typo(group)) };
                assert_eq!(read(&changed), expected);
            }
            for other in place / 5 * 5..place {
                let mut changed = digits.clone();
                changed.swap(place, other);
                let expected = if changed == digits { Ok(()) } else { Err(CodeError::Typo(group)) };
                assert_eq!(read(&changed), expected);
            }
        }
        let mut groups: Vec<&str> = text.split('-').collect();
        groups.swap(2, 5);
        assert_eq!(RecoveryCode::parse(&groups.join("-")).unwrap_err(), CodeError::Typo(3));
    }

    #[test]
    fn a_group_is_recognised_in_its_place_only() {
        let text = code().to_text();
        let groups: Vec<&str> = text.split('-').collect();
        for (number, group) in (1_u8..).zip(&groups) {
            assert!(code().is_group(number, group) && code().is_group(number, &format!(" {} ", group.to_lowercase())));
            for (other, typed) in (1_u8..).zip(&groups) {
                assert_eq!(code().is_group(number, typed), number == other, "{number} {other}");
            }
            for wrong in ["", &group[..4], &format!("{group}{group}"), &"U".repeat(5), &"0".repeat(600)] {
                assert!(!code().is_group(number, wrong), "{wrong}");
            }
        }
        assert!(!code().is_group(0, groups[0]) && !code().is_group(8, groups[6]));
    }

    #[test]
    fn the_credential_of_a_kit_is_nobodys_name() {
        let credential = kit_credential("anna");
        assert_eq!(credential, "nightsafe/v1/recovery-kit\0anna");
        assert!(crate::identity::AdminName::parse(&credential).is_err());
    }

    proptest! {
        #[test]
        fn codes_are_read_back(digits in prop::array::uniform28(0_u8..32)) {
            let code = RecoveryCode(digits);
            prop_assert_eq!(code.to_text().len(), 41);
            prop_assert_eq!(RecoveryCode::parse(&code.to_text()).unwrap().0, digits);
        }

        #[test]
        fn any_text_is_answered(text: String) {
            let _ = RecoveryCode::parse(&text);
        }
    }
}
