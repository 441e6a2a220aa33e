//! Why an input was refused.

use core::fmt;

/// Why a field was refused. The code is stable; pages translate it. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldError {
    /// Empty, and the part is not optional.
    Required,
    /// Fine so far, but too short.
    Incomplete,
    /// Not a card number: wrong length or check digit.
    InvalidNumber,
    /// No card brand has numbers that begin so.
    UnsupportedBrand,
    /// The card expired before the current month.
    Expired,
    /// Not a month and year, or more than 25 years ahead.
    InvalidExpiry,
    /// Not an IBAN: unknown country, wrong length or check digits.
    InvalidIban,
    /// Not 4 to 17 digits.
    InvalidAccountNumber,
    /// Not an ABA routing number: wrong range or check digit.
    InvalidRoutingNumber,
    /// Not a telephone number of 5 to 15 digits.
    InvalidPhone,
    /// Not an e-mail address.
    InvalidEmail,
    /// Not a postal code of the country.
    InvalidPostalCode,
    /// Not an ISO 3166-1 alpha-2 code.
    InvalidCountry,
    /// Not a US social security number.
    InvalidSsn,
    /// Longer than the part allows.
    TooLong,
    /// Holds a character that the part does not allow.
    UnsupportedCharacters,
}

impl FieldError {
    /// Every error, in the order of the specification.
    pub const ALL: [Self; 16] = [
        Self::Required,
        Self::Incomplete,
        Self::InvalidNumber,
        Self::UnsupportedBrand,
        Self::Expired,
        Self::InvalidExpiry,
        Self::InvalidIban,
        Self::InvalidAccountNumber,
        Self::InvalidRoutingNumber,
        Self::InvalidPhone,
        Self::InvalidEmail,
        Self::InvalidPostalCode,
        Self::InvalidCountry,
        Self::InvalidSsn,
        Self::TooLong,
        Self::UnsupportedCharacters,
    ];

    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Incomplete => "incomplete",
            Self::InvalidNumber => "invalid_number",
            Self::UnsupportedBrand => "unsupported_brand",
            Self::Expired => "expired",
            Self::InvalidExpiry => "invalid_expiry",
            Self::InvalidIban => "invalid_iban",
            Self::InvalidAccountNumber => "invalid_account_number",
            Self::InvalidRoutingNumber => "invalid_routing_number",
            Self::InvalidPhone => "invalid_phone",
            Self::InvalidEmail => "invalid_email",
            Self::InvalidPostalCode => "invalid_postal_code",
            Self::InvalidCountry => "invalid_country",
            Self::InvalidSsn => "invalid_ssn",
            Self::TooLong => "too_long",
            Self::UnsupportedCharacters => "unsupported_characters",
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Required => "fill in this field",
            Self::Incomplete => "complete this field",
            Self::InvalidNumber => "check the card number",
            Self::UnsupportedBrand => "use a card of a known brand",
            Self::Expired => "use a card that has not expired",
            Self::InvalidExpiry => "write the expiry as month and year",
            Self::InvalidIban => "check the IBAN",
            Self::InvalidAccountNumber => "check the account number",
            Self::InvalidRoutingNumber => "check the routing number",
            Self::InvalidPhone => "check the telephone number",
            Self::InvalidEmail => "check the e-mail address",
            Self::InvalidPostalCode => "check the postal code",
            Self::InvalidCountry => "choose a country",
            Self::InvalidSsn => "check the social security number",
            Self::TooLong => "shorten this field",
            Self::UnsupportedCharacters => "take out unusual characters",
        })
    }
}

impl core::error::Error for FieldError {}
