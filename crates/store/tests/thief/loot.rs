//! What a thief has: the rows, and every order in which he found them.

use std::collections::{HashMap, HashSet};

use nightsafe_core::time::Month;

use crate::shop::KINDS;

/// A row's key: a deposit id or a tag.
pub(crate) type Key = [u8; 32];

/// An index row as far as it helps to tell field rows apart.
pub(crate) struct IndexSeen {
    pub(crate) id: Key,
    /// Data key, month of arrival.
    pub(crate) key_id: Vec<u8>,
    pub(crate) month: String,
    pub(crate) facets: HashSet<&'static str>,
}

/// A field row without its envelope.
pub(crate) struct FieldSeen {
    pub(crate) tag: Key,
    pub(crate) kind: String,
    pub(crate) key_id: Vec<u8>,
    pub(crate) expires: String,
    pub(crate) size: usize,
}

/// Numbers that the dump has for rows: a place, a time, a transaction. Rows that it has none for are left out.
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) values: HashMap<Key, f64>,
}

#[derive(Default)]
pub(crate) struct Loot {
    pub(crate) index: Vec<IndexSeen>,
    pub(crate) fields: Vec<FieldSeen>,
    pub(crate) orders: Vec<Order>,
}

/// A set of field rows that nothing in them tells apart, and the rows that each of them may belong to.
pub(crate) struct Puzzle {
    pub(crate) left: Vec<Key>,
    pub(crate) right: Vec<Key>,
    /// Whether the right side is index rows; else fields of another set.
    pub(crate) to_index: bool,
}

impl Order {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), values: HashMap::new() }
    }

    /// The first number of a row counts.
    pub(crate) fn first(&mut self, key: Key, value: f64) {
        self.values.entry(key).or_insert(value);
    }

    /// The last number of a row counts.
    pub(crate) fn last(&mut self, key: Key, value: f64) {
        self.values.insert(key, value);
    }
}

impl Loot {
    pub(crate) fn order(&mut self, order: Order) {
        if !order.values.is_empty() {
            self.orders.push(order);
        }
    }

    /// The shop's own numbers are an order of index rows, the keys themselves are one of both.
    pub(crate) fn orders_of_contents(&mut self, references: &HashMap<Key, String>) {
        let mut by_reference: Vec<_> = references.iter().collect();
        by_reference.sort_by_key(|(_, reference)| *reference);
        let mut shop = Order::new("the shop's numbers");
        for (rank, (id, _)) in by_reference.into_iter().enumerate() {
            shop.first(*id, rank as f64);
        }
        self.order(shop);
        let mut keys = Order::new("ids and tags");
        let all = self.index.iter().map(|row| row.id).chain(self.fields.iter().map(|row| row.tag));
        for key in all {
            keys.first(key, f64::from(u32::from_be_bytes(key[..4].try_into().unwrap())));
        }
        self.order(keys);
    }

    /// Forgets the rows that an older dump had: what is left came since.
    pub(crate) fn only_new_since(&mut self, older: &Self) {
        let known: HashSet<Key> =
            older.index.iter().map(|row| row.id).chain(older.fields.iter().map(|row| row.tag)).collect();
        self.index.retain(|row| !known.contains(&row.id));
        self.fields.retain(|row| !known.contains(&row.tag));
    }

    /// Every set of fields beside the index rows of its month, and beside every other set of its month.
    pub(crate) fn puzzles(&self) -> Vec<Puzzle> {
        let mut sets: Vec<(&FieldSeen, String, Vec<Key>)> = Vec::new();
        for row in &self.fields {
            let same = |set: &&mut (&FieldSeen, String, Vec<Key>)| {
                let other = set.0;
                (&other.kind, &other.key_id, &other.expires, other.size)
                    == (&row.kind, &row.key_id, &row.expires, row.size)
            };
            match sets.iter_mut().find(same) {
                Some(set) => set.2.push(row.tag),
                None => sets.push((row, sealed_in(row), vec![row.tag])),
            }
        }
        let mut puzzles = Vec::new();
        for (row, month, left) in &sets {
            let facet = KINDS.iter().find(|kind| kind.name == row.kind).unwrap().facet;
            let is_candidate = |index: &&IndexSeen| {
                index.month == *month
                    && index.key_id == row.key_id
                    && facet.is_none_or(|name| index.facets.contains(name))
            };
            let right = self.index.iter().filter(is_candidate).map(|index| index.id).collect();
            puzzles.push(Puzzle { left: left.clone(), right, to_index: true });
            let others = sets
                .iter()
                .filter(|(other, sealed, _)| sealed == month && other.key_id == row.key_id && other.kind > row.kind);
            puzzles.extend(others.map(|(_, _, right)| Puzzle {
                left: left.clone(),
                right: right.clone(),
                to_index: false,
            }));
        }
        puzzles
    }
}

/// The month in which a row was sealed follows from the public policy.
fn sealed_in(row: &FieldSeen) -> String {
    let kind = KINDS.iter().find(|kind| kind.name == row.kind).unwrap();
    Month::parse(&row.expires).unwrap().minus(kind.retain).to_text()
}

/// Wherever the bytes of one of the keys stand.
pub(crate) fn occurrences(bytes: &[u8], keys: &HashSet<Key>) -> Vec<(usize, Key)> {
    let mut begins = vec![false; 1 << 16];
    for key in keys {
        begins[usize::from(key[0]) << 8 | usize::from(key[1])] = true;
    }
    let mut found = Vec::new();
    for (at, window) in bytes.windows(32).enumerate() {
        if begins[usize::from(window[0]) << 8 | usize::from(window[1])]
            && let Some(key) = keys.get(window)
        {
            found.push((at, *key));
        }
    }
    found
}
