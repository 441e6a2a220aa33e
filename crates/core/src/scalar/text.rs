//! Names: site, reference, kind, part.

use super::ScalarError;
use core::fmt;

/// A text newtype whose only way in is its check.
macro_rules! text_scalar {
    ($(#[$doc:meta])* $name:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks and takes the text.
            ///
            /// # Errors
            /// [`ScalarError`] when a length or a character is not allowed.
            pub fn parse(text: &str) -> Result<Self, ScalarError> {
                $check(text)?;
                Ok(Self(text.into()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl core::str::FromStr for $name {
            type Err = ScalarError;
            fn from_str(text: &str) -> Result<Self, ScalarError> {
                Self::parse(text)
            }
        }
    };
}

text_scalar!(
    /// A shop's name in all its formats: a lower-case DNS-like name of 1 to 253 bytes.
    Site,
    check_site
);
text_scalar!(
    /// The shop's own reference of an order, 1 to 64 bytes of `[A-Za-z0-9._/#:-]`; readable by all, so it
    /// must not hold a card number.
    Reference,
    check_reference
);
text_scalar!(
    /// Name of a field kind, 1 to 32 bytes of `[a-z0-9.-]`, a letter first.
    KindName,
    check_kind
);
text_scalar!(
    /// Name of a part of a kind, 1 to 32 bytes of `[a-z0-9_]`, a letter first.
    PartName,
    check_part
);

impl KindName {
    /// The kind that a locator is sealed under; no policy may define it.
    pub const LOCATOR: &'static str = "locator";

    pub(crate) fn locator() -> Self {
        Self(Self::LOCATOR.into())
    }

    /// Whether it is the one that locators are sealed under.
    pub fn is_locator(&self) -> bool {
        self.0 == Self::LOCATOR
    }
}

fn check_site(text: &str) -> Result<(), ScalarError> {
    // Labels of a DNS name: not empty, no hyphen at either end, so that one site has one spelling
    let (mut label, mut before, mut ok) = (0_usize, b'-', text.len() <= 253);
    for byte in text.bytes() {
        if byte == b'.' {
            ok &= before != b'-';
            (label, before) = (0, b'-');
            continue;
        }
        ok &= lower(byte) || byte.is_ascii_digit() || byte == b'-' && label > 0;
        label = label.wrapping_add(1);
        ok &= label <= 63;
        before = byte;
    }
    (ok && before != b'-').then_some(()).ok_or(ScalarError::Site)
}

fn check_reference(text: &str) -> Result<(), ScalarError> {
    let ok = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_one_of(byte, b"._/#:-"));
    if !ok {
        return Err(ScalarError::Reference);
    }
    if crate::plaintext::looks_like_card(text) {
        return Err(ScalarError::ReferenceHoldsCard);
    }
    Ok(())
}

fn check_kind(text: &str) -> Result<(), ScalarError> {
    check_name(text, b".-").then_some(()).ok_or(ScalarError::KindName)
}

fn check_part(text: &str) -> Result<(), ScalarError> {
    check_name(text, b"_").then_some(()).ok_or(ScalarError::PartName)
}

fn check_name(text: &str, also: &[u8]) -> bool {
    text.len() <= 32
        && text.bytes().next().is_some_and(lower)
        && text.bytes().all(|byte| lower(byte) || byte.is_ascii_digit() || is_one_of(byte, also))
}

#[expect(
    clippy::manual_contains,
    reason = "`contains` brings a search for long slices into the checkout WASM, 150 bytes"
)]
fn is_one_of(byte: u8, these: &[u8]) -> bool {
    these.iter().any(|one| *one == byte)
}

fn lower(byte: u8) -> bool {
    byte.is_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites() {
        for site in ["demo.nightsafe.example", "a", "x-1.y", &"a.".repeat(126), "localhost"] {
            assert_eq!(
                Site::parse(site.trim_end_matches('.')).map(|s| s.to_string()),
                Ok(site.trim_end_matches('.').into())
            );
        }
        for site in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "A.example",
            "-a",
            "a-",
            "a_b",
            "a b",
            "ä.example",
            &"a".repeat(64),
            &"a.".repeat(127),
        ] {
            assert_eq!(Site::parse(site), Err(ScalarError::Site), "{site}");
        }
    }

    #[test]
    fn references_refuse_cards() {
        assert!(Reference::parse("ORDER-2026/11#7:a.b_c").is_ok());
        assert_eq!(Reference::parse("4111-1111-1111-1111"), Err(ScalarError::ReferenceHoldsCard));
        for text in ["", "a b", "ä", "a\n", &"a".repeat(65)] {
            assert_eq!(Reference::parse(text), Err(ScalarError::Reference));
        }
    }

    #[test]
    fn names() {
        assert!(KindName::parse("person.name").is_ok());
        assert!(KindName::parse("x-2").is_ok());
        for text in ["", "2x", ".a", "A", "a_b", &"a".repeat(33)] {
            assert!(KindName::parse(text).is_err());
        }
        assert!(PartName::parse("postal_code").is_ok());
        for text in ["", "_a", "a.b", "a-b", "1"] {
            assert!(PartName::parse(text).is_err());
        }
    }
}
