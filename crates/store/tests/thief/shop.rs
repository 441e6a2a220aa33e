//! A shop: deposits as shoppers make them, and the truth about them, which the thief never sees.

use std::collections::HashMap;

use nightsafe_core::scalar::{DepositId, EnvelopeHash, KeyId, ManifestHash, Tag};
use nightsafe_core::time::{Day, UnixTime};
use nightsafe_store::vault::{Arrival, FieldRow, IndexRow, Resealed, ResealedField};

use crate::chance::Chance;

/// First day of every shop, so that its 60 days touch three months.
const FIRST_DAY: &str = "2026-11-21";
/// What an X-Wing envelope adds to the padded value: head, encapsulated key, authentication.
const ENVELOPE_OVERHEAD: usize = 20 + 1120 + 16;

/// A kind of the shop's policy, which is public: the thief knows it, too.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Of a hundred deposits, so many have it.
    percent: usize,
    bucket: usize,
    /// The most buckets that a value takes.
    most: usize,
    /// Months.
    pub(crate) retain: u32,
    /// A facet that every index row has whose deposit has this kind, and no other.
    pub(crate) facet: Option<&'static str>,
}

pub(crate) const KINDS: [Kind; 6] = [
    Kind { name: "address", percent: 70, bucket: 256, most: 2, retain: 36, facet: Some("postal_code") },
    Kind { name: "card", percent: 90, bucket: 128, most: 1, retain: 24, facet: Some("brand") },
    Kind { name: "email", percent: 60, bucket: 128, most: 1, retain: 24, facet: None },
    Kind { name: "person.name", percent: 50, bucket: 128, most: 1, retain: 36, facet: None },
    Kind { name: "phone", percent: 40, bucket: 32, most: 1, retain: 24, facet: None },
    // Long ones go to overflow pages and to TOAST
    Kind { name: "text", percent: 30, bucket: 4096, most: 1, retain: 12, facet: None },
];

/// Who came when, and which rows are whose.
#[derive(Default)]
pub(crate) struct Truth {
    /// Deposit, by its number in the order of arrival, for each key of a row: deposit id or tag.
    pub(crate) deposit: HashMap<[u8; 32], usize>,
    /// Day of each deposit, from 0.
    pub(crate) day: Vec<usize>,
    /// Batch, which is one transaction, of each deposit.
    pub(crate) batch: Vec<usize>,
}

pub(crate) struct Shop {
    chance: Chance,
    key: KeyId,
    pub(crate) truth: Truth,
    batches: usize,
}

impl Shop {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let key = KeyId(chance.array());
        Self { chance, key, truth: Truth::default(), batches: 0 }
    }

    /// One day's deposits in the batches that the vault takes in: at five a day every deposit is a batch of its own.
    pub(crate) fn day(&mut self, day: usize, deposits: usize) -> Vec<Vec<Arrival>> {
        let mut batches = Vec::new();
        let mut left = deposits;
        while left > 0 {
            let size = if deposits < 100 { 1 } else { (1 + self.chance.below(40)).min(left) };
            batches.push((0..size).map(|_| self.arrival(day)).collect());
            self.batches += 1;
            left -= size;
        }
        batches
    }

    /// The same deposits under another key, one after the other by their ids, as a browser walks through them.
    pub(crate) fn sealed_anew(&mut self, arrivals: &[Arrival]) -> Vec<Resealed> {
        let key_id = KeyId(self.chance.array());
        let mut contents: Vec<_> = arrivals.iter().map(|arrival| arrival.content.as_ref().unwrap()).collect();
        contents.sort_by_key(|(index, _)| index.deposit_id);
        let chance = &mut self.chance;
        let mut field = |old: &FieldRow| ResealedField {
            tag: old.tag,
            before: old.envelope_hash,
            hash: EnvelopeHash(chance.array()),
            envelope: chance.bytes(old.envelope.len()),
        };
        let fields: Vec<Vec<_>> = contents.iter().map(|(_, fields)| fields.iter().map(&mut field).collect()).collect();
        let resealed = contents.iter().zip(fields).map(|((index, _), fields)| Resealed {
            deposit_id: index.deposit_id,
            before: EnvelopeHash::of(&index.locator),
            manifest: ManifestHash([3; 32]),
            key_id,
            locator: self.chance.bytes(index.locator.len()),
            fields,
        });
        resealed.collect()
    }

    fn arrival(&mut self, day: usize) -> Arrival {
        let chance = &mut self.chance;
        let number = self.truth.day.len();
        let today = Day::parse(FIRST_DAY).unwrap().start().plus_days(day as u64);
        let deposit_id: [u8; 32] = chance.array();
        let mut index = IndexRow {
            deposit_id: DepositId(deposit_id),
            site: "demo.nightsafe.example".into(),
            // Shops count their orders: the thief sees in which order the index rows came
            reference: format!("ORDER-{:06}", 1000 + number),
            manifest: ManifestHash([2; 32]),
            key_id: self.key,
            facets: [("country".to_owned(), "DE".to_owned())].into(),
            day: today.day().to_text(),
            locator: Vec::new(),
        };
        let mut fields = Vec::new();
        for kind in &KINDS {
            // Nobody deposits nothing
            let is_needed = kind.name == "text" && fields.is_empty();
            if !chance.percent(kind.percent) && !is_needed {
                continue;
            }
            fields.push(field(chance, kind, self.key, today));
            if let Some(facet) = kind.facet {
                let value = if facet == "brand" { "visa".to_owned() } else { format!("{:05}", chance.below(100_000)) };
                index.facets.insert(facet.into(), value);
            }
        }
        index.locator = chance.bytes(ENVELOPE_OVERHEAD + 512);
        self.truth.deposit.insert(deposit_id, number);
        self.truth.deposit.extend(fields.iter().map(|field| (field.tag.0, number)));
        self.truth.day.push(day);
        self.truth.batch.push(self.batches);
        Arrival {
            deposit_id,
            day: index.day.clone(),
            nonce: chance.array(),
            body: Vec::new(),
            body_hash: chance.array(),
            content: Ok((index, fields)),
        }
    }
}

fn field(chance: &mut Chance, kind: &Kind, key_id: KeyId, today: UnixTime) -> FieldRow {
    let buckets = 1 + chance.below(kind.most);
    FieldRow {
        tag: Tag(chance.array()),
        envelope_hash: EnvelopeHash(chance.array()),
        kind: kind.name.into(),
        key_id,
        expires: today.month().plus(kind.retain).to_text(),
        envelope: chance.bytes(ENVELOPE_OVERHEAD + buckets * kind.bucket),
    }
}
