//! Opening one deposit: its locator, the fields asked for, and what differs from what was deposited.

use anyhow::Result;
use nightsafe_core::envelope::{self, Context, Envelope};
use nightsafe_core::facets::{self, Facets};
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::locator::{Locator, LocatorField};
use nightsafe_core::opening::{self, Difference, IndexFacts, Opens, RowFact};
use nightsafe_core::scalar::{KindName, Reference, Site, Tag};
use nightsafe_core::value::Value;
use nightsafe_store::vault::{FieldRow, IndexRow, VaultStore};

use super::{FieldName, Wanted};
use crate::manifests::Signed;

/// A deposit after opening.
pub(super) struct Opened {
    pub(super) deposit_id: String,
    pub(super) reference: String,
    pub(super) day: String,
    /// Kind and number of every field that the locator lists.
    pub(super) listed: Vec<(KindName, u32)>,
    /// The fields that were asked for and opened.
    pub(super) values: Vec<(FieldName, Value)>,
    pub(super) differences: Vec<Difference>,
}

impl Opened {
    /// Opens a deposit as far as it goes: what cannot be opened is a difference, not an error.
    pub(super) async fn open(
        site: &Site,
        row: &IndexRow,
        key: Option<&PrivateItems>,
        history: &[Signed],
        store: &VaultStore,
        wanted: &Wanted<'_>,
    ) -> Result<Self> {
        let mut opened = Self {
            deposit_id: row.deposit_id.to_hex(),
            reference: row.reference.clone(),
            day: row.day.clone(),
            listed: Vec::new(),
            values: Vec::new(),
            differences: Vec::new(),
        };
        let published = history.iter().find(|signed| signed.hash() == row.manifest);
        if published.is_none() {
            opened.differences.push(Difference::ManifestUnpublished);
        }
        let Some(key) = key else {
            opened.differences.push(Difference::KeyUnknown);
            return Ok(opened);
        };
        let locator = Envelope::parse(row.locator.clone())
            .ok()
            .and_then(|envelope| Locator::open(key, &envelope, site, &row.manifest).ok());
        let Some(locator) = locator else {
            opened.differences.push(Difference::LocatorUnreadable);
            return Ok(opened);
        };
        opened.listed = locator.fields().iter().map(|field| (field.kind.clone(), field.index)).collect();

        let place = Place { site, row, locator: &locator };
        let mut facts = Vec::new();
        for field in locator.fields() {
            let name = FieldName { kind: field.kind.clone(), index: field.index };
            let tag = locator.tag(&field.kind, field.index);
            // Nothing is opened that was not asked for; of the rest, hashes tell whether they are the deposited ones
            let key = Some(key).filter(|_| wanted.contains(&name));
            for stored in store.field_rows(&tag).await? {
                let (fact, value) = place.examine(field, tag, stored, key);
                facts.push(fact);
                opened.values.extend(value.map(|value| (name.clone(), value)));
            }
        }
        opened.differences.extend(place.compare(&facts));
        if let Some(published) = published {
            opened.compare_derived(&locator, published);
        }
        Ok(opened)
    }

    /// The value of a field, if it was opened.
    pub(super) fn value(&self, name: &FieldName) -> Option<&Value> {
        self.values.iter().find_map(|(opened, value)| (opened == name).then_some(value))
    }

    fn compare_derived(&mut self, locator: &Locator, published: &Signed) {
        let mut derived = Facets::default();
        for (name, value) in self.values.iter().filter(|(name, _)| name.index == 0) {
            if let Some(kind) = published.manifest().kind(name.kind.as_str()) {
                derived.absorb(facets::derive(kind, value));
            }
        }
        self.differences.extend(opening::compare_derived(locator, &derived));
    }
}

/// What a deposit's envelopes are compared with.
struct Place<'a> {
    site: &'a Site,
    row: &'a IndexRow,
    locator: &'a Locator,
}

impl Place<'_> {
    /// What is known of a stored row, and with a key its value when it is the deposited one.
    fn examine(
        &self,
        field: &LocatorField,
        tag: Tag,
        stored: FieldRow,
        key: Option<&PrivateItems>,
    ) -> (RowFact, Option<Value>) {
        let listed = stored.envelope_hash;
        let envelope = Envelope::parse(stored.envelope).ok();
        let hash = envelope.as_ref().map_or(listed, Envelope::hash);
        let Some(key) = key else {
            return (RowFact { tag, hash, opens: Opens::NotTried }, None);
        };
        let context = Context { site: self.site, manifest: &self.row.manifest, kind: &field.kind, tag: &tag };
        let value = envelope.and_then(|envelope| envelope::open(key, &envelope, &context).ok());
        let opens = if value.is_some() { Opens::Yes } else { Opens::No };
        (RowFact { tag, hash, opens }, value.filter(|_| hash == field.hash))
    }

    fn compare(&self, facts: &[RowFact]) -> Vec<Difference> {
        let pairs = self.row.facets.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        // Facets that no deposit could have were edited for certain; without them the others still compare
        let facets = Facets::from_pairs(pairs).unwrap_or_default();
        let compare =
            |site, reference| opening::compare(&IndexFacts { site, reference, facets: &facets }, self.locator, facts);
        match (Site::parse(&self.row.site), Reference::parse(&self.row.reference)) {
            (Ok(site), Ok(reference)) => compare(&site, &reference),
            (Ok(site), Err(_)) => {
                let mut differences = vec![Difference::ReferenceEdited];
                differences.extend(compare(&site, self.locator.reference()));
                differences
            }
            (Err(_), reference) => {
                let mut differences = vec![Difference::SiteEdited];
                let reference = reference.unwrap_or_else(|_| self.locator.reference().clone());
                differences.extend(compare(self.locator.site(), &reference));
                differences
            }
        }
    }
}
