//! How a thief guesses which rows belong together: by matching the ranks of two orders, or by equal numbers in one.

use std::collections::{BTreeMap, HashMap};

use crate::loot::{Key, Loot, Order, Puzzle};

/// Two orders and what to do with them.
#[derive(Clone, Copy)]
pub(crate) struct Strategy<'a> {
    left: &'a Order,
    right: &'a Order,
    how: How,
    to_index: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    /// The first with the first.
    Ranks,
    /// The first with the last.
    RanksReversed,
    /// Equal number with equal number: the same transaction, the same page.
    Values,
}

/// Every way that this loot allows.
pub(crate) fn strategies(loot: &Loot) -> Vec<Strategy<'_>> {
    let mut all = Vec::new();
    let orders_of = |keys: Vec<Key>| -> Vec<&Order> {
        loot.orders.iter().filter(|order| keys.iter().any(|key| order.values.contains_key(key))).collect()
    };
    let of_fields = orders_of(loot.fields.iter().map(|row| row.tag).collect());
    let of_index = orders_of(loot.index.iter().map(|row| row.id).collect());
    for left in of_fields {
        for &right in &of_index {
            for how in [How::Ranks, How::RanksReversed] {
                all.push(Strategy { left, right, how, to_index: true });
            }
            if left.name == right.name {
                all.push(Strategy { left, right, how: How::Values, to_index: true });
            }
        }
        for how in [How::Ranks, How::Values] {
            all.push(Strategy { left, right: left, how, to_index: false });
        }
    }
    all
}

impl Strategy<'_> {
    pub(crate) fn name(&self) -> String {
        let how = match self.how {
            How::Ranks => "by rank",
            How::RanksReversed => "by rank, reversed",
            How::Values => "by equal value",
        };
        let right = if self.to_index { format!("index rows by {}", self.right.name) } else { "fields".to_owned() };
        format!("fields by {} ~ {right}, {how}", self.left.name)
    }

    /// The row that each left row is said to belong to; no row is named twice.
    pub(crate) fn guess(&self, puzzle: &Puzzle) -> Option<BTreeMap<Key, Key>> {
        if puzzle.to_index != self.to_index {
            return None;
        }
        let mut left = ranked(&puzzle.left, self.left);
        let right = ranked(&puzzle.right, self.right);
        Some(match self.how {
            How::Values => by_value(&left, &right),
            How::Ranks => by_rank(&left, &right),
            How::RanksReversed => {
                left.reverse();
                by_rank(&left, &right)
            }
        })
    }
}

/// Those of the keys that the order knows, in its order.
fn ranked(keys: &[Key], order: &Order) -> Vec<(f64, Key)> {
    let mut ranked: Vec<_> = keys.iter().filter_map(|key| Some((*order.values.get(key)?, *key))).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    ranked
}

/// The shorter side spread evenly over the longer one.
fn by_rank(left: &[(f64, Key)], right: &[(f64, Key)]) -> BTreeMap<Key, Key> {
    let (short, long) = (left.len().min(right.len()), left.len().max(right.len()));
    let spread = |rank: usize| (2 * rank + 1) * long / (2 * short);
    (0..short)
        .map(|rank| if left.len() <= right.len() { (rank, spread(rank)) } else { (spread(rank), rank) })
        .map(|(l, r)| (left[l].1, right[r].1))
        .collect()
}

fn by_value(left: &[(f64, Key)], right: &[(f64, Key)]) -> BTreeMap<Key, Key> {
    let mut of_value: HashMap<u64, Vec<Key>> = HashMap::new();
    for (value, key) in right.iter().rev() {
        of_value.entry(value.to_bits()).or_default().push(*key);
    }
    left.iter().filter_map(|(value, key)| Some((*key, of_value.get_mut(&value.to_bits())?.pop()?))).collect()
}
