//! Field policy: what kinds of field a shop takes, as data in its signed manifest.

mod check;
mod text;
mod verification_code;

pub use check::PartError;
pub(crate) use text::{push_kinds, read_kinds, read_kinds_to_seal};

use crate::facets::Facet;
use crate::padding::Bucket;
use crate::rule::Rule;
use crate::scalar::{KindName, PartName};

/// Most kinds of a policy.
pub const MAX_KINDS: usize = 64;
/// Most parts of a kind.
pub const MAX_PARTS: usize = crate::value::MAX_PARTS;
/// Most roles that may open a kind.
pub const MAX_ROLES: usize = 8;
/// Most labels of a kind.
pub const MAX_LABELS: usize = 64;
/// Longest retention, in months.
pub const MAX_RETAIN: u16 = 240;

/// A kind of field. As a [`SealingManifest`](crate::manifest::SealingManifest) has it, `open` and `labels` are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name, unique in the policy.
    pub name: KindName,
    /// Envelopes of this kind are padded to multiples of this.
    pub bucket: Bucket,
    /// Months from sealing to deletion, 1 to 240.
    pub retain: u16,
    /// Roles whose members may open it, 1 to 8, `[a-z0-9.-]`.
    pub open: Vec<String>,
    /// What people call it, by language; at least one.
    pub labels: Vec<KindLabel>,
    /// What it is made of, 1 to 16.
    pub parts: Vec<Part>,
    /// What may be read without opening.
    pub facets: Vec<Facet>,
}

/// What people call a kind in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindLabel {
    /// BCP 47 tag.
    pub language: String,
    /// 1 to 80 characters.
    pub text: String,
}

/// One input of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name, unique in the kind.
    pub name: PartName,
    /// How it is checked.
    pub rule: Rule,
    /// Whether it may stay empty.
    pub optional: bool,
}

impl Kind {
    /// Whether the kind is sealed as a single text: its one part is called `value`.
    pub fn is_single(&self) -> bool {
        matches!(self.parts.as_slice(), [part] if part.name.as_str() == "value")
    }

    /// The part of a name.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name.as_str() == name)
    }

    /// The first part with a rule.
    pub fn part_with(&self, rule: Rule) -> Option<&Part> {
        self.parts.iter().find(|part| part.rule == rule)
    }
}

/// The kinds that come with Nightsafe: a policy to begin with. Retention 24 months, opened by `admin`.
pub fn builtin() -> Vec<Kind> {
    // The text is a constant; a test reads it
    read_kinds(&mut crate::note::lines::Lines::new(BUILTIN)).unwrap_or_default()
}

const BUILTIN: &str = "\
kind card
bucket 128
retain 24
open admin
label en Card
part number card-number
part expiry card-expiry
part holder holder-name optional
facet brand
facet last4
facet expiry
kind bank
bucket 256
retain 24
open admin
label en Bank account
part iban iban optional
part account_number account-number optional
part routing_number routing-number optional
part holder holder-name
kind person.name
bucket 128
retain 24
open admin
label en Name
part value person-name
kind address
bucket 256
retain 24
open admin
label en Address
part line1 street
part line2 line optional
part postal_code postal-code
part city line
part region line optional
part country country
facet country
facet postal_code
kind phone
bucket 32
retain 24
open admin
label en Phone
part value phone
kind email
bucket 128
retain 24
open admin
label en E-mail
part value email
kind ssn
bucket 32
retain 24
open admin
label en Social security number
part value ssn
kind text
bucket 512
retain 24
open admin
label en Text
part value text
kind credential
bucket 256
retain 24
open admin
label en Credential
part service line optional
part login line optional
part secret secret
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtin_kinds() {
        let kinds = builtin();
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name.as_str()).collect();
        assert_eq!(names, ["card", "bank", "person.name", "address", "phone", "email", "ssn", "text", "credential"]);
        let mut text = String::new();
        push_kinds(&mut text, &kinds);
        assert_eq!(text, BUILTIN);
        for kind in &kinds {
            let single = !["card", "bank", "address", "credential"].contains(&kind.name.as_str());
            assert_eq!(kind.is_single(), single, "{}", kind.name);
        }
    }
}
