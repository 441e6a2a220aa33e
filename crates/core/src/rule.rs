//! The closed vocabulary of part rules: what an input must be, and its normalised form.
//!
//! A policy names rules; it cannot bring its own. There is no rule for a card verification code.

pub mod account;
pub mod card;
pub(crate) mod chars;
pub mod country;
pub mod email;
mod error;
pub mod expiry;
pub mod iban;
pub mod phone;
pub mod postal;
pub mod ssn;
pub mod text;

pub use error::FieldError;

use crate::time::Month;
use zeroize::Zeroizing;

/// A checked input in its one normalised form; wiped when dropped.
pub type Normalised = Zeroizing<String>;

/// More than any rule takes; longer inputs are not looked at.
const MOST_BYTES: usize = 4096;

/// How a part of a field is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A card number.
    CardNumber,
    /// A card's expiry month.
    CardExpiry,
    /// A card holder's name.
    HolderName,
    /// A person's name.
    PersonName,
    /// An IBAN.
    Iban,
    /// A bank account number.
    AccountNumber,
    /// An ABA routing number.
    RoutingNumber,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A postal code.
    PostalCode,
    /// A country.
    Country,
    /// The first line of a street address.
    Street,
    /// One line of text.
    Line,
    /// A US social security number.
    Ssn,
    /// Several lines of text.
    Text,
    /// A secret, kept exactly as given.
    Secret,
}

/// What a check needs to know besides the input.
#[derive(Clone, Copy, Debug)]
pub struct CheckContext<'a> {
    /// The current month, for expiries.
    pub month: Month,
    /// The normalised country of the same field, for postal codes.
    pub country: Option<&'a str>,
}

/// How far an input has come, for a page that waits with errors until the field is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing yet.
    Empty,
    /// Not right, but further characters could make it right.
    Partial,
    /// Right.
    Complete,
    /// No further characters can make it right.
    Invalid,
}

impl Progress {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Partial => "partial",
            Self::Complete => "complete",
            Self::Invalid => "invalid",
        }
    }
}

impl Rule {
    /// Every rule, in the order of the specification.
    pub const ALL: [Self; 16] = [
        Self::CardNumber,
        Self::CardExpiry,
        Self::HolderName,
        Self::PersonName,
        Self::Iban,
        Self::AccountNumber,
        Self::RoutingNumber,
        Self::Phone,
        Self::Email,
        Self::PostalCode,
        Self::Country,
        Self::Street,
        Self::Line,
        Self::Ssn,
        Self::Text,
        Self::Secret,
    ];

    /// The name in a manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CardNumber => "card-number",
            Self::CardExpiry => "card-expiry",
            Self::HolderName => "holder-name",
            Self::PersonName => "person-name",
            Self::Iban => "iban",
            Self::AccountNumber => "account-number",
            Self::RoutingNumber => "routing-number",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::PostalCode => "postal-code",
            Self::Country => "country",
            Self::Street => "street",
            Self::Line => "line",
            Self::Ssn => "ssn",
            Self::Text => "text",
            Self::Secret => "secret",
        }
    }

    /// The rule of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Checks an input that is complete as far as the shopper is concerned (left, or submitted).
    ///
    /// # Errors
    /// The [`FieldError`] to show.
    pub fn check(self, input: &str, context: &CheckContext<'_>) -> Result<Normalised, FieldError> {
        if input.len() > MOST_BYTES {
            return Err(FieldError::TooLong);
        }
        match self {
            Self::CardNumber => card::check(input),
            Self::CardExpiry => expiry::check(input, context.month),
            Self::HolderName | Self::PersonName => text::check_name(input),
            Self::Iban => iban::check(input),
            Self::AccountNumber => account::check_account(input),
            Self::RoutingNumber => account::check_routing(input),
            Self::Phone => phone::check(input),
            Self::Email => email::check(input),
            Self::PostalCode => postal::check(input, context.country),
            Self::Country => country::check(input),
            Self::Street | Self::Line => text::check_line(input),
            Self::Ssn => ssn::check(input),
            Self::Text => text::check_text(input),
            Self::Secret => text::check_secret(input),
        }
    }

    /// How far an input has come while it is being typed.
    pub fn progress(self, input: &str, context: &CheckContext<'_>) -> Progress {
        match self.check(input, context) {
            Ok(_) => Progress::Complete,
            Err(FieldError::Required) => Progress::Empty,
            Err(FieldError::Incomplete) => Progress::Partial,
            Err(FieldError::InvalidNumber) if card::may_grow(input) => Progress::Partial,
            Err(FieldError::Expired) if expiry::may_grow(input) => Progress::Partial,
            Err(_) => Progress::Invalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn context(country: Option<&str>) -> CheckContext<'_> {
        CheckContext { month: Month::new(2026, 11).unwrap(), country }
    }

    #[test]
    fn names_are_unique_and_read_back() {
        for rule in Rule::ALL {
            assert_eq!(Rule::from_name(rule.name()), Some(rule));
        }
        for (place, error) in FieldError::ALL.iter().enumerate() {
            assert!(FieldError::ALL[..place].iter().all(|e| e.code() != error.code()));
        }
        assert_eq!(Rule::from_name("card-verification-code"), None);
    }

    #[test]
    fn progress_while_typing() {
        let now = context(None);
        for (rule, input, progress) in [
            (Rule::CardNumber, "", Progress::Empty),
            (Rule::CardNumber, "4242", Progress::Partial),
            (Rule::CardNumber, "4242 4242 4242 4241", Progress::Partial),
            (Rule::CardNumber, "4242 4242 4242 4242", Progress::Complete),
            (Rule::CardNumber, "5555 5555 5555 5555", Progress::Invalid),
            (Rule::CardExpiry, "12 / 20", Progress::Partial),
            (Rule::CardExpiry, "12 / 25", Progress::Invalid),
            (Rule::Email, "ada@", Progress::Partial),
        ] {
            assert_eq!(rule.progress(input, &now), progress, "{input}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}", pick in 0..16usize, country in "[A-Z]{2}") {
            let rule = Rule::ALL[pick];
            for context in [context(None), context(Some(&country))] {
                let _ = rule.progress(&text, &context);
            }
        }

        #[test]
        fn a_normalised_value_stays_as_it_is(text in "[0-9A-Za-z@.+ /-]{0,30}", pick in 0..16usize) {
            let rule = Rule::ALL[pick];
            if let Ok(value) = rule.check(&text, &context(None)) {
                prop_assert_eq!(rule.check(&value, &context(None)), Ok(value));
            }
        }
    }
}
