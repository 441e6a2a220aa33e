//! What is in a copy of the SQLite files.

mod format;
mod wal;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use self::format::{Cell, Pages};
use crate::loot::{FieldSeen, IndexSeen, Key, Loot, Order, occurrences};

/// The three files, byte by byte, as they are while the vault has them open.
pub(crate) struct Dump {
    main: Vec<u8>,
    log: Vec<u8>,
    shared: Vec<u8>,
}

impl Dump {
    pub(crate) fn take(path: &Path) -> Self {
        let beside = |suffix: &str| std::fs::read(format!("{}{suffix}", path.display())).unwrap_or_default();
        Self { main: beside(""), log: beside("-wal"), shared: beside("-shm") }
    }

    pub(crate) fn log_is_empty(&self) -> bool {
        self.log.is_empty()
    }

    /// Pages that the index of the log names.
    pub(crate) fn pages_in_log_index(&self) -> Vec<u32> {
        wal::index(&self.shared)
    }

    pub(crate) fn free_pages(&self) -> usize {
        Pages::of_file(&self.main).free().len()
    }

    /// Everything that can be made of it; with an older dump, for what is new since alone.
    pub(crate) fn loot(&self, older: Option<&Self>) -> Loot {
        let file = Pages::of_file(&self.main);
        let frames = wal::frames(&self.log);
        let newest = self.newest(&frames);
        let (mut loot, references) = rows(&newest);
        if let Some(older) = older {
            loot.only_new_since(&rows(&older.newest(&wal::frames(&older.log))).0);
        }
        loot.orders_of_contents(&references);
        let keys: HashSet<Key> =
            loot.index.iter().map(|row| row.id).chain(loot.fields.iter().map(|row| row.tag)).collect();
        for order in orders_of_cells(&newest, &keys) {
            loot.order(order);
        }
        for order in orders_of_bytes(&self.main, &self.log, &keys) {
            loot.order(order);
        }
        for order in orders_of_log(&file, &frames, &keys) {
            loot.order(order);
        }
        if let Some(older) = older {
            loot.order(order_of_log_index(&self.pages_in_log_index(), &Pages::of_file(&older.main), &keys));
        }
        loot
    }
}

impl Dump {
    /// The database as SQLite itself would show it.
    fn newest(&self, frames: &[wal::Frame]) -> Pages {
        let mut newest = Pages::of_file(&self.main);
        for frame in frames {
            let pages = newest.all.len().max(frame.page);
            newest.all.resize(pages, vec![0; newest.size]);
            newest.all[frame.page - 1].clone_from(&frame.image);
        }
        newest
    }
}

fn rows(pages: &Pages) -> (Loot, HashMap<Key, String>) {
    let mut loot = Loot::default();
    let mut references = HashMap::new();
    for (name, root) in pages.roots() {
        for cell in if name == "deposit_index" { pages.cells(root) } else { Vec::new() } {
            let column = |number: usize| cell.values[number].text();
            let facets = [("brand", 5), ("postal_code", 8)];
            let id = key(&cell, 0);
            references.insert(id, column(2));
            loot.index.push(IndexSeen {
                id,
                key_id: cell.values[4].bytes().to_vec(),
                month: column(13)[..7].to_owned(),
                facets: facets
                    .iter()
                    .filter(|facet| !cell.values[facet.1].bytes().is_empty())
                    .map(|facet| facet.0)
                    .collect(),
            });
        }
        for cell in if name == "field" { pages.cells(root) } else { Vec::new() } {
            loot.fields.push(FieldSeen {
                tag: key(&cell, 0),
                kind: cell.values[2].text(),
                key_id: cell.values[3].bytes().to_vec(),
                expires: cell.values[4].text(),
                size: cell.values[5].bytes().len(),
            });
        }
    }
    (loot, references)
}

fn key(cell: &Cell, column: usize) -> Key {
    cell.values[column].bytes().try_into().unwrap()
}

/// Where in the file, on which page, in which place of its page, on which overflow pages a cell lies.
fn orders_of_cells(pages: &Pages, keys: &HashSet<Key>) -> Vec<Order> {
    let mut orders = Vec::new();
    for (name, root) in pages.roots() {
        let named = |what: &str| Order::new(format!("{what} in {name}"));
        let [mut place, mut page, mut backwards, mut age, mut overflow] =
            ["place", "page", "place from the page's end", "age on the page", "overflow page"].map(named);
        for cell in pages.cells(root) {
            // A row is named by the last value that is a key: an index of the table ends with the deposit's id
            let Some(id) = cell
                .values
                .iter()
                .rev()
                .find_map(|value| Key::try_from(value.bytes()).ok().filter(|key| keys.contains(key)))
            else {
                continue;
            };
            let start = (cell.page * pages.size) as f64;
            place.first(id, start + cell.offset as f64);
            page.first(id, cell.page as f64);
            backwards.first(id, start - cell.offset as f64);
            age.first(id, cell.age);
            if cell.overflow > 0 {
                overflow.first(id, cell.overflow as f64);
            }
        }
        orders.extend([place, page, backwards, age, overflow]);
    }
    orders
}

/// Wherever a key's bytes occur: in use, left over on a page, on a free page, in the log.
fn orders_of_bytes(main: &[u8], log: &[u8], keys: &HashSet<Key>) -> Vec<Order> {
    let mut orders = Vec::new();
    for (name, bytes) in [("the file", main), ("the log", log)] {
        let mut first = Order::new(format!("first bytes in {name}"));
        let mut last = Order::new(format!("last bytes in {name}"));
        for (at, key) in occurrences(bytes, keys) {
            first.first(key, at as f64);
            last.last(key, at as f64);
        }
        orders.extend([first, last]);
    }
    orders
}

/// Which transaction of the log brought a row: its key is on a page that did not have it before.
fn orders_of_log(file: &Pages, frames: &[wal::Frame], keys: &HashSet<Key>) -> Vec<Order> {
    let mut frame_order = Order::new("frame of the log");
    let mut transaction_order = Order::new("transaction of the log");
    let mut before: HashMap<usize, HashSet<Key>> = HashMap::new();
    let mut settled: HashSet<Key> = HashSet::new();
    for (number, frame) in frames.iter().enumerate() {
        let cells = occurrences(&frame.image, keys);
        let now: HashSet<Key> = cells.iter().map(|cell| cell.1).collect();
        let new: Vec<Key> = match before.get(&frame.page) {
            Some(before) => now.difference(before).copied().collect(),
            None => first_image(file, frame.page, &now, &cells),
        };
        for key in new.into_iter().filter(|key| settled.insert(*key)) {
            frame_order.first(key, number as f64);
            transaction_order.first(key, frame.transaction as f64);
        }
        before.insert(frame.page, now);
    }
    vec![frame_order, transaction_order]
}

/// What is new on the first image of a page: what the file's page does not have yet. Where the file has it all already,
/// the cell that was written last, which lies lowest.
fn first_image(file: &Pages, page: usize, now: &HashSet<Key>, cells: &[(usize, Key)]) -> Vec<Key> {
    let old: HashSet<Key> = match file.all.get(page - 1) {
        Some(bytes) => occurrences(bytes, now).into_iter().map(|cell| cell.1).collect(),
        None => HashSet::new(),
    };
    let new: Vec<Key> = now.difference(&old).copied().collect();
    if new.is_empty() { cells.first().map(|cell| cell.1).into_iter().collect() } else { new }
}

/// When the pages were written on which the older dump's order of keys has the new rows' place.
fn order_of_log_index(written: &[u32], older: &Pages, keys: &HashSet<Key>) -> Order {
    let mut order = Order::new("writing of the page of yesterday");
    let mut first: HashMap<u32, usize> = HashMap::new();
    for (at, page) in written.iter().enumerate() {
        first.entry(*page).or_insert(at);
    }
    for (name, root) in older.roots() {
        if name != "deposit_index" && name != "field" {
            continue;
        }
        let cells = older.cells(root);
        for id in keys {
            let next = cells.partition_point(|cell| key(cell, 0) < *id);
            let neighbour = cells.get(next).or(cells.last());
            let Some(at) = neighbour.and_then(|cell| first.get(&(cell.page as u32))) else { continue };
            order.first(*id, *at as f64);
        }
    }
    order
}
