//! Facets: the few facts of a deposit that stay readable, so that it can be found without opening.

use crate::plaintext::looks_like_card;
use crate::policy::Kind;
use crate::rule::{Rule, card, country, email, phone, text};
use crate::sorted::settle;
use crate::time::Month;
use crate::value::Value;
use core::fmt;

/// A fact that may stay readable. The set is closed.
///
/// The order is that of deterministic CBOR keys: by length, then by bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// Card brand.
    Brand,
    /// E-mail address.
    Email,
    /// Last four digits of the card number.
    Last4,
    /// Card expiry, `YYYY-MM`.
    Expiry,
    /// Country, two letters.
    Country,
    /// Area code of a telephone number, at most 5 digits.
    AreaCode,
    /// Postal code, at most 10 of `[A-Z0-9 -]`.
    PostalCode,
    /// House number, at most 8 of `[0-9A-Z/-]`, a digit first.
    StreetNumber,
}

/// Why facets were refused. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FacetError {
    /// No facet has this name.
    Unknown,
    /// One facet twice.
    Twice,
    /// The value is not one that the facet can have.
    Value(Facet),
}

impl FacetError {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_facet",
            Self::Twice => "facet_twice",
            Self::Value(_) => "invalid_facet",
        }
    }
}

impl fmt::Display for FacetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("take out the unknown facet"),
            Self::Twice => f.write_str("give each facet once"),
            Self::Value(facet) => {
                f.write_str("correct the facet ")?;
                f.write_str(facet.name())
            }
        }
    }
}

impl core::error::Error for FacetError {}

impl Facet {
    /// Every facet, in order.
    pub const ALL: [Self; 8] = [
        Self::Brand,
        Self::Email,
        Self::Last4,
        Self::Expiry,
        Self::Country,
        Self::AreaCode,
        Self::PostalCode,
        Self::StreetNumber,
    ];

    /// The name in manifests, deposits and the index.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brand => "brand",
            Self::Email => "email",
            Self::Last4 => "last4",
            Self::Expiry => "expiry",
            Self::Country => "country",
            Self::AreaCode => "area_code",
            Self::PostalCode => "postal_code",
            Self::StreetNumber => "street_number",
        }
    }

    /// The facet of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|facet| facet.name() == name)
    }

    /// The rule of the part that the facet is derived from.
    pub const fn rule(self) -> Rule {
        match self {
            Self::Brand | Self::Last4 => Rule::CardNumber,
            Self::Email => Rule::Email,
            Self::Expiry => Rule::CardExpiry,
            Self::Country => Rule::Country,
            Self::AreaCode => Rule::Phone,
            Self::PostalCode => Rule::PostalCode,
            Self::StreetNumber => Rule::Street,
        }
    }

    /// Derives the facet from a part of a value that comes from outside; `None` when it has none.
    fn derive(self, part: &str) -> Option<String> {
        self.of_normalised(part).filter(|value| self.accepts(value))
    }

    /// Derives the facet from a part that its rule normalised, where nothing but an e-mail address can hold a card
    /// number and all else has its form; `None` when it has none.
    fn of_normalised(self, part: &str) -> Option<String> {
        let value = match self {
            Self::Brand => card::brand(part)?.name(),
            Self::Last4 => part.get(part.len().checked_sub(4)?..)?,
            Self::Email if looks_like_card(part) => return None,
            Self::Email => return Some(part.to_ascii_lowercase()),
            Self::Expiry | Self::Country | Self::PostalCode => part,
            Self::AreaCode => phone::area_code(part)?,
            Self::StreetNumber => return text::street_number(part),
        };
        Some(value.into())
    }

    /// Whether the facet can have this value. What could be a card number is never one.
    fn accepts(self, value: &str) -> bool {
        let only =
            |allowed: fn(u8) -> bool, most: usize| (1..=most).contains(&value.len()) && value.bytes().all(allowed);
        let code = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit();
        let form = match self {
            Self::Brand => card::Brand::ALL.iter().any(|brand| brand.name() == value),
            Self::Last4 => value.len() == 4 && only(|c| c.is_ascii_digit(), 4),
            Self::Expiry => Month::parse(value).is_ok(),
            Self::Country => country::check(value).is_ok_and(|normal| normal.as_str() == value),
            Self::AreaCode => only(|c| c.is_ascii_digit(), 5),
            Self::PostalCode => {
                value.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && value.len() <= 10
                    && value.bytes().all(|c| code(c) || c == b' ' || c == b'-')
            }
            Self::StreetNumber => {
                value.starts_with(|c: char| c.is_ascii_digit())
                    && value.len() <= 8
                    && value.bytes().all(|c| code(c) || c == b'/' || c == b'-')
            }
            Self::Email => {
                email::check(value).is_ok_and(|normal| normal.as_str() == value)
                    && !value.bytes().any(|c| c.is_ascii_uppercase())
            }
        };
        form && !looks_like_card(value)
    }
}

/// The facets of a deposit: each at most once, each with a value that it can have.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Facets(Vec<(Facet, String)>);

impl Facets {
    /// Checks names and values as they come from outside. This is what refuses plaintext in readable places.
    ///
    /// # Errors
    /// [`FacetError`] for the first pair that is wrong.
    pub fn from_pairs<'n, 'v>(pairs: impl IntoIterator<Item = (&'n str, &'v str)>) -> Result<Self, FacetError> {
        let mut facets = Self::default();
        for (name, value) in pairs {
            let facet = Facet::from_name(name).ok_or(FacetError::Unknown)?;
            if !facet.accepts(value) {
                return Err(FacetError::Value(facet));
            }
            if !facets.insert(facet, value.into()) {
                return Err(FacetError::Twice);
            }
        }
        Ok(facets)
    }

    /// The value of a facet.
    pub fn get(&self, facet: Facet) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(held, _)| *held == facet)?;
        Some(value)
    }

    /// Names and values in the order of deterministic CBOR.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(facet, value)| (facet.name(), value.as_str()))
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes in those that are not held yet.
    pub fn absorb(&mut self, other: Self) {
        for (facet, value) in other.0 {
            self.insert(facet, value);
        }
    }

    /// Takes in a facet at its place; false, and nothing done, when it is held already.
    fn insert(&mut self, facet: Facet, value: String) -> bool {
        if self.get(facet).is_some() {
            return false;
        }
        self.0.push((facet, value));
        settle(&mut self.0, |(a, _), (b, _)| a < b);
        true
    }
}

impl fmt::Debug for Facets {
    /// Names only: values are readable for those who search, not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(facet, _)| facet)).finish()
    }
}

/// Derives the facets that a kind lists from a value of that kind. The value may be any: it came out of an envelope.
pub fn derive(kind: &Kind, value: &Value) -> Facets {
    let mut facets = Facets::default();
    add(&mut facets, kind, value, Facet::derive);
    facets
}

/// Derives the facets of a whole deposit: from the fields with index 0, the policy's earlier kinds before its later.
/// The values are those that [`Kind::value`] gives.
pub fn derive_all<'a, F>(kinds: &[Kind], fields: F) -> Facets
where
    F: IntoIterator<Item = (&'a str, u32, &'a Value)>,
    F::IntoIter: Clone,
{
    let fields = fields.into_iter();
    let mut facets = Facets::default();
    for kind in kinds {
        for (name, index, value) in fields.clone() {
            if index == 0 && name == kind.name.as_str() {
                add(&mut facets, kind, value, Facet::of_normalised);
            }
        }
    }
    facets
}

fn add(facets: &mut Facets, kind: &Kind, value: &Value, derive: impl Fn(Facet, &str) -> Option<String>) {
    for facet in &kind.facets {
        let part = kind.part_with(facet.rule());
        let text = part.and_then(|part| value.part(part.name.as_str()));
        if let Some(derived) = text.and_then(|text| derive(*facet, text)) {
            facets.insert(*facet, derived);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::builtin;
    use crate::rule::CheckContext;
    use crate::scalar::PartName;
    use proptest::prelude::*;

    fn kind(name: &str) -> Kind {
        builtin().into_iter().find(|kind| kind.name.as_str() == name).unwrap()
    }

    fn record(parts: &[(&str, &str)]) -> Value {
        let parts =
            parts.iter().map(|(name, text)| (PartName::parse(name).unwrap(), zeroize::Zeroizing::new((*text).into())));
        Value::record(parts.collect()).unwrap()
    }

    fn pairs(facets: &Facets) -> Vec<(&str, &str)> {
        facets.iter().collect()
    }

    #[test]
    fn of_a_card_and_an_address() {
        let card = record(&[("number", "4242424242424242"), ("expiry", "2027-12")]);
        let mut address_kind = kind("address");
        address_kind.facets.push(Facet::StreetNumber);
        let address = record(&[("line1", "Main St 12a"), ("postal_code", "10001"), ("country", "US")]);
        let fields = [("address", 0, &address), ("card", 1, &address), ("card", 0, &card)];
        let facets = derive_all(&[kind("card"), address_kind], fields);
        assert_eq!(
            pairs(&facets),
            [
                ("brand", "visa"),
                ("last4", "4242"),
                ("expiry", "2027-12"),
                ("country", "US"),
                ("postal_code", "10001"),
                ("street_number", "12A"),
            ]
        );
        assert_eq!(Facets::from_pairs(facets.iter()), Ok(facets));
    }

    #[test]
    fn only_what_the_kind_lists() {
        let phone = Value::text(String::from("+12125550100")).unwrap();
        let mut phone_kind = kind("phone");
        assert!(derive(&phone_kind, &phone).is_empty());
        phone_kind.facets.push(Facet::AreaCode);
        assert_eq!(pairs(&derive(&phone_kind, &phone)), [("area_code", "212")]);
        let mut email_kind = kind("email");
        email_kind.facets.push(Facet::Email);
        let email = Value::text(String::from("Ada@example.com")).unwrap();
        assert_eq!(pairs(&derive(&email_kind, &email)), [("email", "ada@example.com")]);
        let card_in_email = Value::text(String::from("4242424242424242@example.com")).unwrap();
        assert!(derive(&email_kind, &card_in_email).is_empty());
    }

    #[test]
    fn anything_else_is_refused() {
        for (name, value) in [
            ("brand", "Visa"),
            ("brand", "4242424242424242"),
            ("last4", "42424"),
            ("last4", "424"),
            ("last4", "４２４２"),
            ("expiry", "12/27"),
            ("expiry", "2027-13"),
            ("country", "us"),
            ("country", "UK"),
            ("area_code", "123456"),
            ("area_code", ""),
            ("postal_code", "4242424242424242"),
            ("postal_code", "10001!"),
            ("postal_code", " 10001"),
            ("street_number", "a12"),
            ("street_number", "123456789"),
            ("email", "Ada@example.com"),
            ("email", "4242424242424242@example.com"),
            ("email", "ada"),
        ] {
            let facet = Facet::from_name(name).unwrap();
            assert_eq!(Facets::from_pairs([(name, value)]), Err(FacetError::Value(facet)), "{name} {value}");
        }
        assert_eq!(Facets::from_pairs([("number", "4")]), Err(FacetError::Unknown));
        assert_eq!(Facets::from_pairs([("last4", "4242"), ("last4", "4242")]), Err(FacetError::Twice));
    }

    #[test]
    fn in_cbor_order_and_silent() {
        let names = Facet::ALL.map(Facet::name);
        assert!(names.is_sorted_by(|a, b| crate::cbor::key_order(a, b).is_lt()));
        let facets = Facets::from_pairs([("last4", "4242")]).unwrap();
        assert_eq!(format!("{facets:?}"), "[Last4]");
    }

    proptest! {
        #[test]
        fn of_a_normalised_part_all_are_accepted(text in "[0-9A-Za-z@.,+ /-]{0,30}|\\PC{0,30}", card in "[0-9]{13,19}@x.de", pick in 0..8usize) {
            let (facet, month) = (Facet::ALL[pick], Month::new(2026, 11).unwrap());
            for country in [None, Some("US"), Some("GB")] {
                for text in [&text, &card] {
                    let context = CheckContext { month, country };
                    if let Ok(part) = facet.rule().check(text, &context) {
                        prop_assert_eq!(facet.of_normalised(&part), facet.derive(&part));
                    }
                }
            }
        }

        #[test]
        fn derived_facets_are_always_accepted(text in "\\PC{0,30}", pick in 0..8usize) {
            let facet = Facet::ALL[pick];
            if let Some(value) = facet.derive(&text) {
                prop_assert!(Facets::from_pairs([(facet.name(), value.as_str())]).is_ok());
            }
        }
    }
}
