//! From the inputs of a kind to its value.

use super::{Kind, Part};
use crate::padding::padded_length;
use crate::rule::{CheckContext, FieldError, Normalised, Rule, country};
use crate::scalar::PartName;
use crate::time::Month;
use crate::value::Value;

/// What is wrong with one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartError {
    /// The part.
    pub part: PartName,
    /// The error to show at it.
    pub error: FieldError,
}

impl Kind {
    /// Checks the inputs of all parts and makes the value to seal. `input` gives what was entered for a part, `""`
    /// when nothing was; `month` is the current month.
    ///
    /// Optional parts that are empty are left out. A postal code is not asked for where the country has none. Of a
    /// kind with both an IBAN and an account number, both optional, one must be filled in, the account number
    /// together with its routing number.
    ///
    /// # Errors
    /// One [`PartError`] for each part that is wrong, in the order of the parts.
    pub fn value<'a>(&self, month: Month, input: impl Fn(&str) -> &'a str) -> Result<Value, Vec<PartError>> {
        let country = self.country(&input);
        let context = CheckContext { month, country: country.as_ref().map(|country| country.as_str()) };
        let mut errors = Vec::new();
        let mut parts: Vec<(PartName, Normalised)> = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            match part.rule.check(input(part.name.as_str()), &context) {
                Ok(text) => parts.push((part.name.clone(), text)),
                Err(FieldError::Required) if self.may_stay_empty(part, &context, &input) => {}
                Err(error) => errors.push(PartError { part: part.name.clone(), error }),
            }
        }
        if errors.is_empty()
            && parts.is_empty()
            && let Some(part) = self.parts.first()
        {
            errors.push(PartError { part: part.name.clone(), error: FieldError::Required });
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        self.sealable(parts)
    }

    fn country<'a>(&self, input: &impl Fn(&str) -> &'a str) -> Option<Normalised> {
        let part = self.part_with(Rule::Country)?;
        country::check(input(part.name.as_str())).ok()
    }

    fn may_stay_empty<'a>(&self, part: &Part, context: &CheckContext<'_>, input: &impl Fn(&str) -> &'a str) -> bool {
        let filled = |rule| {
            let part = self.part_with(rule).filter(|part| part.optional);
            part.map(|part| !input(part.name.as_str()).trim().is_empty())
        };
        match part.rule {
            Rule::PostalCode => part.optional || context.country.is_some_and(|c| !country::has_postal_code(c)),
            Rule::Iban if filled(Rule::AccountNumber).is_some() => {
                part.optional
                    && (filled(Rule::AccountNumber) == Some(true) || filled(Rule::RoutingNumber) == Some(true))
            }
            Rule::AccountNumber => part.optional && filled(Rule::RoutingNumber) != Some(true),
            Rule::RoutingNumber => part.optional && filled(Rule::AccountNumber) != Some(true),
            _ => part.optional,
        }
    }

    /// The value, when it fits into an envelope; else the longest part is too long.
    fn sealable(&self, parts: Vec<(PartName, Normalised)>) -> Result<Value, Vec<PartError>> {
        let mut longest: Option<&(PartName, Normalised)> = None;
        for part in &parts {
            if longest.is_none_or(|(_, text)| part.1.len() >= text.len()) {
                longest = Some(part);
            }
        }
        let mut errors = Vec::new();
        if let Some((name, _)) = longest {
            errors.push(PartError { part: name.clone(), error: FieldError::TooLong });
        }
        let value = if self.is_single() {
            parts.into_iter().next().map(|(_, text)| Value::text(text))
        } else {
            Some(Value::record(parts))
        };
        match value {
            Some(Ok(value)) if padded_length(value.to_cbor().len(), self.bucket).is_ok() => Ok(value),
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::builtin;

    type Texts = Vec<(String, String)>;

    fn check(kind: &str, inputs: &[(&str, &str)]) -> Result<Texts, Vec<(String, &'static str)>> {
        let kinds = builtin();
        let kind = kinds.iter().find(|k| k.name.as_str() == kind).unwrap();
        let month = Month::new(2026, 11).unwrap();
        let input = |name: &str| inputs.iter().find(|(n, _)| *n == name).map_or("", |(_, text)| *text);
        match kind.value(month, input) {
            Ok(value) => Ok(value.parts().map(|(n, t)| (n.into(), t.into())).collect()),
            Err(errors) => Err(errors.iter().map(|e| (e.part.to_string(), e.error.code())).collect()),
        }
    }

    fn texts(pairs: &[(&str, &str)]) -> Texts {
        pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect()
    }

    #[test]
    fn card() {
        assert_eq!(
            check("card", &[("number", "4242 4242 4242 4242"), ("expiry", "12/27"), ("holder", "")]),
            Ok(texts(&[("expiry", "2027-12"), ("number", "4242424242424242")]))
        );
        assert_eq!(
            check("card", &[("number", "4242"), ("expiry", "")]),
            Err(vec![("number".into(), "incomplete"), ("expiry".into(), "required")])
        );
    }

    #[test]
    fn bank_is_an_iban_or_an_account() {
        let holder = ("holder", "Ada");
        assert!(check("bank", &[holder, ("iban", "DE89370400440532013000")]).is_ok());
        assert!(check("bank", &[holder, ("account_number", "1234567"), ("routing_number", "021000021")]).is_ok());
        assert_eq!(check("bank", &[holder]), Err(vec![("iban".into(), "required")]));
        assert_eq!(
            check("bank", &[holder, ("account_number", "1234567")]),
            Err(vec![("routing_number".into(), "required")])
        );
        assert_eq!(
            check("bank", &[holder, ("routing_number", "021000021")]),
            Err(vec![("account_number".into(), "required")])
        );
    }

    #[test]
    fn addresses_follow_their_country() {
        let place = [("line1", "1 Main St"), ("city", "X")];
        let with = |country, code| {
            let mut inputs = place.to_vec();
            inputs.extend([("country", country), ("postal_code", code)]);
            check("address", &inputs).err()
        };
        assert_eq!(with("us", "10001"), None);
        assert_eq!(with("HK", ""), None);
        assert_eq!(with("US", ""), Some(vec![("postal_code".into(), "required")]));
        assert_eq!(with("US", "SW1A 1AA"), Some(vec![("postal_code".into(), "invalid_postal_code")]));
        assert_eq!(with("", "10001"), Some(vec![("country".into(), "required")]));
    }

    #[test]
    fn single_values_are_texts_and_must_fit() {
        assert_eq!(check("phone", &[("value", "+1 212 555 0100")]), Ok(texts(&[("value", "+12125550100")])));
        assert_eq!(check("phone", &[]), Err(vec![("value".into(), "required")]));
        assert!(check("text", &[("value", &"x".repeat(3000))]).is_ok());
        assert_eq!(check("text", &[("value", &"x".repeat(3001))]), Err(vec![("value".into(), "too_long")]));
    }
}
