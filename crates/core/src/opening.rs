//! What a vault could have done to a deposit, found out when an admin opens it, and named.

mod opener;

#[cfg(test)]
pub(crate) use opener::seal_anew;
pub use opener::{
    ListedField, NotResealed, OpenedDeposit, OpenedValues, Opener, Resealed, ResealedField, SealedDeposit, SealedRow,
    Target,
};

use crate::facets::{Facet, Facets};
use crate::locator::{Locator, LocatorField};
use crate::scalar::{EnvelopeHash, KindName, Reference, Site, Tag};
use core::fmt;

/// What the vault's index row says of a deposit.
#[derive(Clone, Copy, Debug)]
pub struct IndexFacts<'a> {
    /// The shop.
    pub site: &'a Site,
    /// The shop's reference.
    pub reference: &'a Reference,
    /// What stays readable.
    pub facets: &'a Facets,
}

/// An envelope that the vault has under a tag, by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowFact {
    /// Where it lies.
    pub tag: Tag,
    /// SHA-256 of its envelope. Of an envelope at hand, computed here and not taken from the vault.
    pub hash: EnvelopeHash,
    /// Whether it opens as the field of its tag.
    pub opens: Opens,
}

/// Whether an envelope opens in the context of the field that it lies as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// Nobody tried: only its hash is known.
    NotTried,
    /// It does: it was sealed for this place.
    Yes,
    /// It does not: it was sealed for another place, to another key, or damaged.
    No,
}

/// One thing that is not as it was deposited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The locator does not open: it is another deposit's, sealed under another manifest, or damaged.
    LocatorUnreadable,
    /// The manifest that the deposit was sealed under was never published by the site.
    ManifestUnpublished,
    /// The data key that the deposit names is not known.
    KeyUnknown,
    /// The index row names another shop than the locator.
    SiteEdited,
    /// The index row has another reference than the locator.
    ReferenceEdited,
    /// A facet of the index row is not the locator's: edited, added or taken away.
    FacetEdited {
        /// Which facet.
        facet: Facet,
    },
    /// A facet of the locator does not follow from the opened value.
    FacetMismatch {
        /// Which facet.
        facet: Facet,
    },
    /// Nothing lies under a listed field's tag.
    FieldMissing {
        /// The field's kind.
        kind: KindName,
        /// Its number.
        index: u32,
    },
    /// Under the tag lies an envelope that was sealed for this place, but is not the one that was deposited.
    FieldResealed {
        /// The field's kind.
        kind: KindName,
        /// Its number.
        index: u32,
    },
    /// Under the tag lies an envelope that was sealed for another place: two fields were exchanged.
    FieldExchanged {
        /// The field's kind.
        kind: KindName,
        /// Its number.
        index: u32,
    },
    /// Under the tag lies an envelope that is not the one that was deposited; whether it was resealed or
    /// exchanged shows when it is opened.
    FieldReplaced {
        /// The field's kind.
        kind: KindName,
        /// Its number.
        index: u32,
    },
    /// Besides the deposited envelope, another lies under the tag.
    FieldAdded {
        /// The field's kind.
        kind: KindName,
        /// Its number.
        index: u32,
    },
    /// The deposited envelope is there, but does not open: it was never sealed for this place.
    FieldUnreadable {
        /// The field's kind.
        kind: KindName,
        /// Its number.
        index: u32,
    },
}

impl Difference {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LocatorUnreadable => "locator_unreadable",
            Self::ManifestUnpublished => "manifest_unpublished",
            Self::KeyUnknown => "key_unknown",
            Self::SiteEdited => "site_edited",
            Self::ReferenceEdited => "reference_edited",
            Self::FacetEdited { .. } => "facet_edited",
            Self::FacetMismatch { .. } => "facet_mismatch",
            Self::FieldMissing { .. } => "field_missing",
            Self::FieldResealed { .. } => "field_resealed",
            Self::FieldExchanged { .. } => "field_exchanged",
            Self::FieldReplaced { .. } => "field_replaced",
            Self::FieldAdded { .. } => "field_added",
            Self::FieldUnreadable { .. } => "field_unreadable",
        }
    }

    /// Kind and index of the field that differs.
    pub const fn field(&self) -> Option<(&KindName, u32)> {
        match self {
            Self::FieldMissing { kind, index }
            | Self::FieldResealed { kind, index }
            | Self::FieldExchanged { kind, index }
            | Self::FieldReplaced { kind, index }
            | Self::FieldAdded { kind, index }
            | Self::FieldUnreadable { kind, index } => Some((kind, *index)),
            _ => None,
        }
    }

    /// The facet that differs.
    pub const fn facet(&self) -> Option<Facet> {
        match self {
            Self::FacetEdited { facet } | Self::FacetMismatch { facet } => Some(*facet),
            _ => None,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LocatorUnreadable => {
                "the locator does not open: exchanged, sealed under another manifest, or damaged"
            }
            Self::ManifestUnpublished => "sealed under a key manifest that the site never published",
            Self::KeyUnknown => "sealed to a data key that is not known",
            Self::SiteEdited => "the index row was given another site",
            Self::ReferenceEdited => "the index row was given another reference",
            Self::FacetEdited { .. } => "a facet of the index row was edited",
            Self::FacetMismatch { .. } => "a facet does not follow from the sealed value",
            Self::FieldMissing { .. } => "a deposited field is missing",
            Self::FieldResealed { .. } => "a field was sealed again by another than the shopper",
            Self::FieldExchanged { .. } => "a field was exchanged with another",
            Self::FieldReplaced { .. } => "a field is not the one that was deposited",
            Self::FieldAdded { .. } => "a second envelope lies beside a deposited field",
            Self::FieldUnreadable { .. } => "a deposited field does not open",
        })
    }
}

/// Compares what the vault answers with what the locator lists: `rows` are all that it has under the tags of the
/// locator's fields. No difference means: nothing was changed, taken away or put there since the deposit.
pub fn compare(index: &IndexFacts<'_>, locator: &Locator, rows: &[RowFact]) -> Vec<Difference> {
    let mut differences = Vec::new();
    if index.site != locator.site() {
        differences.push(Difference::SiteEdited);
    }
    if index.reference != locator.reference() {
        differences.push(Difference::ReferenceEdited);
    }
    let edited = |facet: &Facet| index.facets.get(*facet) != locator.facets().get(*facet);
    differences.extend(Facet::ALL.into_iter().filter(edited).map(|facet| Difference::FacetEdited { facet }));
    for field in locator.fields() {
        differences.extend(compare_field(locator, field, rows));
    }
    differences
}

/// Compares facets derived anew from opened values with the locator's; those of unopened fields are not at hand.
pub fn compare_derived(locator: &Locator, derived: &Facets) -> Vec<Difference> {
    let differs = |facet: &Facet| {
        derived.get(*facet).is_some_and(|value| locator.facets().get(*facet).is_some_and(|listed| listed != value))
    };
    Facet::ALL.into_iter().filter(differs).map(|facet| Difference::FacetMismatch { facet }).collect()
}

fn compare_field(locator: &Locator, field: &LocatorField, rows: &[RowFact]) -> Option<Difference> {
    let (kind, index) = (field.kind.clone(), field.index);
    let tag = locator.tag(&kind, index);
    let here = || rows.iter().filter(|row| row.tag == tag);
    let deposited = here().find(|row| row.hash == field.hash);
    let other = here().find(|row| row.hash != field.hash);
    let of_another_field = |row: &RowFact| locator.fields().iter().any(|listed| listed.hash == row.hash);
    match (deposited, other) {
        (None, None) => Some(Difference::FieldMissing { kind, index }),
        (None, Some(row)) => Some(match row.opens {
            _ if of_another_field(row) => Difference::FieldExchanged { kind, index },
            Opens::Yes => Difference::FieldResealed { kind, index },
            Opens::No => Difference::FieldExchanged { kind, index },
            Opens::NotTried => Difference::FieldReplaced { kind, index },
        }),
        (Some(row), _) if row.opens == Opens::No => Some(Difference::FieldUnreadable { kind, index }),
        (Some(_), Some(_)) => Some(Difference::FieldAdded { kind, index }),
        (Some(_), None) => None,
    }
}

#[cfg(test)]
mod tests;
