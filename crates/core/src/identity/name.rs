//! Names of admins: what people are called, on one line.

use super::IdentityError;
use core::fmt;

/// Most bytes of a name.
const MAX: usize = 64;

/// What is refused besides control characters: blanks other than U+0020, marks that nobody sees, and those that change
/// the direction of what follows.
const REFUSED: [(char, char); 13] = [
    ('\u{a0}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// An admin's name: 1 to 64 bytes of UTF-8, single blanks between words and none at the ends, no control character and
/// no invisible one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AdminName(String);

impl AdminName {
    /// Checks and takes the text.
    ///
    /// # Errors
    /// [`IdentityError::Name`].
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let length = (1..=MAX).contains(&text.len());
        let blanks = !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ");
        let refused = |c: char| c.is_control() || REFUSED.iter().any(|(from, to)| (*from..=*to).contains(&c));
        (length && blanks && !text.contains(refused)).then(|| Self(text.into())).ok_or(IdentityError::Name)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether two names are one, without regard to the case of ASCII letters.
    pub fn is_like(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl fmt::Display for AdminName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_a_line_and_show_all_they_are() {
        for text in ["anna", "Zoë O'Neill", "李 小龍", &"a".repeat(64), "a+b@c.example"] {
            assert_eq!(AdminName::parse(text).unwrap().as_str(), text);
        }
        let bad =
            ["", " a", "a ", "a  b", "a\nb", "a\tb", "a\u{7f}", "a\u{85}b", "a\u{a0}b", "a\u{200b}b", "\u{202e}anna"];
        for text in bad.into_iter().chain([&*"a".repeat(65), &*"é".repeat(33)]) {
            assert_eq!(AdminName::parse(text), Err(IdentityError::Name), "{text:?}");
        }
        assert!(AdminName::parse("Anna").unwrap().is_like(&AdminName::parse("aNNA").unwrap()));
    }
}
