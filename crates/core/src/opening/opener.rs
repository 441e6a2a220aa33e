//! Opening deposits: from an index row to its locator, from the vault's rows to values and named differences.

mod reseal;

#[cfg(test)]
pub(crate) use reseal::seal_anew;
pub use reseal::{NotResealed, Resealed, ResealedField, Target};

use super::{Difference, IndexFacts, Opens, RowFact, compare, compare_derived};
use crate::envelope::{self, Context, Envelope};
use crate::facets::{Facet, Facets, derive};
use crate::keys::PrivateItems;
use crate::locator::{Locator, LocatorField};
use crate::manifest::VerifiedManifest;
use crate::policy::Kind;
use crate::scalar::{EnvelopeHash, KeyId, ManifestHash, Reference, Site, Tag};
use crate::value::Value;

/// Holds what opening takes: the private items of data keys, and every manifest that the site ever signed.
#[derive(Debug)]
pub struct Opener {
    site: Site,
    keys: Vec<PrivateItems>,
    manifests: Vec<VerifiedManifest>,
}

/// An index row as a vault gives it; nothing in it is trusted to have a form.
#[derive(Clone, Copy, Debug)]
pub struct SealedDeposit<'a> {
    /// Site name.
    pub site: &'a str,
    /// The shop's reference.
    pub reference: &'a str,
    /// Manifest that the deposit was sealed under.
    pub manifest: ManifestHash,
    /// Data key that it was sealed to.
    pub key_id: KeyId,
    /// Facet names and values.
    pub facets: &'a [(&'a str, &'a str)],
    /// The sealed locator.
    pub locator: &'a [u8],
}

/// A deposit whose locator was opened, or turned out not to open. Zeroises its secret when dropped.
#[derive(Debug)]
pub struct OpenedDeposit {
    manifest: ManifestHash,
    key_id: KeyId,
    sealed: EnvelopeHash,
    locator: Option<Locator>,
    differences: Vec<Difference>,
}

/// A row of the vault's field table.
#[derive(Clone, Copy, Debug)]
pub struct SealedRow<'a> {
    /// Where it lies.
    pub tag: Tag,
    /// Its envelope.
    pub envelope: &'a [u8],
}

/// A field that a locator lists.
#[derive(Clone, Copy, Debug)]
pub struct ListedField<'a> {
    /// Kind, index and hash.
    pub field: &'a LocatorField,
    /// Where it lies.
    pub tag: Tag,
    /// What the manifest says of its kind; `None` when the manifest is not known or has no such kind.
    pub kind: Option<&'a Kind>,
}

/// The values that opened, and everything that is not as it was deposited.
#[derive(Debug, Default)]
pub struct OpenedValues<'a> {
    /// Fields whose deposited envelope opened.
    pub fields: Vec<(ListedField<'a>, Value)>,
    /// Differences of fields and of facets derived anew; those of the index row are in [`OpenedDeposit::differences`].
    pub differences: Vec<Difference>,
}

impl Opener {
    /// For deposits of `site`. Manifests that were verified at any time count: old deposits have old ones.
    pub fn new(site: Site, keys: Vec<PrivateItems>, manifests: Vec<VerifiedManifest>) -> Self {
        Self { site, keys, manifests }
    }

    /// Knows these manifests from now on, instead of the ones before.
    pub fn set_manifests(&mut self, manifests: Vec<VerifiedManifest>) {
        self.manifests = manifests;
    }

    /// Holds one more data key, once.
    pub fn add_key(&mut self, key: PrivateItems) {
        if !self.key_ids().any(|id| id == key.public_key().key_id()) {
            self.keys.push(key);
        }
    }

    /// The data keys at hand: what is granted to others.
    pub fn keys(&self) -> &[PrivateItems] {
        &self.keys
    }

    /// Ids of the data keys at hand.
    pub fn key_ids(&self) -> impl Iterator<Item = KeyId> {
        self.keys.iter().map(|key| key.public_key().key_id())
    }

    /// Opens a deposit's locator and compares the index row with it. Never fails: what a server may have done is a
    /// difference.
    pub fn open_locator(&self, row: &SealedDeposit<'_>) -> OpenedDeposit {
        let mut differences = Vec::new();
        if self.manifest(&row.manifest).is_none() {
            differences.push(Difference::ManifestUnpublished);
        }
        let locator = match self.key(row.key_id) {
            None => Err(Difference::KeyUnknown),
            Some(key) => Envelope::parse(row.locator.to_vec())
                .ok()
                .and_then(|envelope| Locator::open(key, &envelope, &self.site, &row.manifest).ok())
                .ok_or(Difference::LocatorUnreadable),
        };
        match &locator {
            Ok(locator) => differences.extend(compare_index(row, locator)),
            Err(difference) => differences.push(difference.clone()),
        }
        let sealed = EnvelopeHash::of(row.locator);
        OpenedDeposit { manifest: row.manifest, key_id: row.key_id, sealed, locator: locator.ok(), differences }
    }

    /// The fields that a deposit's locator lists, by kind and index; none when it did not open.
    pub fn listed<'a>(&'a self, deposit: &'a OpenedDeposit) -> impl Iterator<Item = ListedField<'a>> {
        let manifest = self.manifest(&deposit.manifest).map(VerifiedManifest::manifest);
        deposit.locator.iter().flat_map(move |locator| {
            locator.fields().iter().map(move |field| ListedField {
                field,
                tag: locator.tag(&field.kind, field.index),
                kind: manifest.and_then(|manifest| manifest.kind(field.kind.as_str())),
            })
        })
    }

    /// Opens `rows`, and compares them and the hashes of `present` with the locator. Together these must be all that
    /// the vault has under the tags of the deposit: a field in neither is missing.
    pub fn open_rows<'a>(
        &'a self,
        deposit: &'a OpenedDeposit,
        rows: &[SealedRow<'_>],
        present: &[(Tag, EnvelopeHash)],
    ) -> OpenedValues<'a> {
        let Some(locator) = &deposit.locator else { return OpenedValues::default() };
        let mut facts: Vec<RowFact> =
            present.iter().map(|(tag, hash)| RowFact { tag: *tag, hash: *hash, opens: Opens::NotTried }).collect();
        let mut fields = Vec::new();
        for listed in self.listed(deposit) {
            for row in rows.iter().filter(|row| row.tag == listed.tag) {
                let (hash, value) = self.open_row(deposit, &listed, row);
                let opens = if value.is_some() { Opens::Yes } else { Opens::No };
                facts.push(RowFact { tag: row.tag, hash, opens });
                fields.extend(value.filter(|_| hash == listed.field.hash).map(|value| (listed, value)));
            }
        }
        let index = IndexFacts { site: locator.site(), reference: locator.reference(), facets: locator.facets() };
        let mut differences = compare(&index, locator, &facts);
        differences.extend(compare_derived(locator, &self.derive(deposit, &fields)));
        OpenedValues { fields, differences }
    }

    /// Bytes that are no envelope have no hash that a locator could list.
    fn open_row(
        &self,
        deposit: &OpenedDeposit,
        listed: &ListedField<'_>,
        row: &SealedRow<'_>,
    ) -> (EnvelopeHash, Option<Value>) {
        let Ok(envelope) = Envelope::parse(row.envelope.to_vec()) else { return (EnvelopeHash([0; 32]), None) };
        let context =
            Context { site: &self.site, manifest: &deposit.manifest, kind: &listed.field.kind, tag: &listed.tag };
        let value = self.key(deposit.key_id).and_then(|key| envelope::open(key, &envelope, &context).ok());
        (envelope.hash(), value)
    }

    /// Facets of the opened values, as the browser derived them: from index 0, earlier kinds first. A facet that an
    /// earlier kind may have given, whose field was not opened, is left out: it cannot be told.
    fn derive(&self, deposit: &OpenedDeposit, opened: &[(ListedField<'_>, Value)]) -> Facets {
        let kinds = self.manifest(&deposit.manifest).map_or(&[][..], |manifest| &manifest.manifest().kinds);
        let mut derived = Facets::default();
        let mut untold: Vec<Facet> = Vec::new();
        for kind in kinds {
            let is_first = |field: &LocatorField| field.kind == kind.name && field.index == 0;
            if let Some((_, value)) = opened.iter().find(|(listed, _)| is_first(listed.field)) {
                let facets = derive(kind, value);
                let told = facets.iter().filter(|(name, _)| !untold.iter().any(|facet| facet.name() == *name));
                derived.absorb(Facets::from_pairs(told).unwrap_or_default());
            } else if self.listed(deposit).any(|listed| is_first(listed.field)) {
                untold.extend(&kind.facets);
            }
        }
        derived
    }

    fn key(&self, id: KeyId) -> Option<&PrivateItems> {
        self.keys.iter().find(|key| key.public_key().key_id() == id)
    }

    fn manifest(&self, hash: &ManifestHash) -> Option<&VerifiedManifest> {
        self.manifests.iter().find(|manifest| manifest.hash() == *hash)
    }
}

impl OpenedDeposit {
    /// What differs between index row and locator; or why the locator says nothing.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }
}

/// A member that has not even the form of its kind was edited as well.
fn compare_index(row: &SealedDeposit<'_>, locator: &Locator) -> Vec<Difference> {
    let mut differences = Vec::new();
    if row.site != locator.site().as_str() {
        differences.push(Difference::SiteEdited);
    }
    if Reference::parse(row.reference).as_ref() != Ok(locator.reference()) {
        differences.push(Difference::ReferenceEdited);
    }
    for facet in Facet::ALL {
        let mut given = row.facets.iter().filter(|(name, _)| *name == facet.name()).map(|(_, value)| *value);
        if given.next() != locator.facets().get(facet) || given.next().is_some() {
            differences.push(Difference::FacetEdited { facet });
        }
    }
    differences
}

#[cfg(test)]
mod tests;
