//! Opening one deposit from the vault's rows: the fields asked for, and what differs from what was deposited.

use anyhow::Result;
use nightsafe_core::envelope::Envelope;
use nightsafe_core::opening::{Difference, Opener, SealedDeposit, SealedRow};
use nightsafe_core::scalar::{EnvelopeHash, KindName};
use nightsafe_core::value::Value;
use nightsafe_store::vault::{FieldRow, IndexRow, VaultStore};

use super::{FieldName, Wanted};

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
    pub(super) async fn open(opener: &Opener, row: &IndexRow, store: &VaultStore, wanted: &Wanted<'_>) -> Result<Self> {
        let facets: Vec<_> = row.facets.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let deposit = opener.open_locator(&SealedDeposit {
            site: &row.site,
            reference: &row.reference,
            manifest: row.manifest,
            key_id: row.key_id,
            facets: &facets,
            locator: &row.locator,
        });
        // Nothing is opened that was not asked for; of the rest, hashes tell whether they are the deposited ones
        let (mut rows, mut present, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for listed in opener.listed(&deposit) {
            let name = FieldName { kind: listed.field.kind.clone(), index: listed.field.index };
            let stored = store.field_rows(&listed.tag).await?;
            if wanted.contains(&name) {
                rows.extend(stored);
            } else {
                present.extend(stored.into_iter().map(|row| (row.tag, hash(row))));
            }
            names.push((name.kind, name.index));
        }
        let rows: Vec<_> = rows.iter().map(|row| SealedRow { tag: row.tag, envelope: &row.envelope }).collect();
        let opened = opener.open_rows(&deposit, &rows, &present);
        let name = |kind: &KindName, index| FieldName { kind: kind.clone(), index };
        Ok(Self {
            deposit_id: row.deposit_id.to_hex(),
            reference: row.reference.clone(),
            day: row.day.clone(),
            values: opened
                .fields
                .into_iter()
                .map(|(listed, value)| (name(&listed.field.kind, listed.field.index), value))
                .collect(),
            differences: [deposit.differences(), &opened.differences].concat(),
            listed: names,
        })
    }

    /// The value of a field, if it was opened.
    pub(super) fn value(&self, name: &FieldName) -> Option<&Value> {
        self.values.iter().find_map(|(opened, value)| (opened == name).then_some(value))
    }
}

/// Computed from the envelope: what the database says about it may have been edited along with it. Bytes that are no
/// envelope have no hash that a locator could list.
fn hash(row: FieldRow) -> EnvelopeHash {
    Envelope::parse(row.envelope).map_or(EnvelopeHash([0; 32]), |envelope| envelope.hash())
}
