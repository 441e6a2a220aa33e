//! The SQLite file format, read from bytes: b-tree pages with the place of every cell, overflow chains, records.
//! (<https://www.sqlite.org/fileformat2.html>)

/// Pages by their number, from 1: a file's, or what a write-ahead log makes of them.
pub(crate) struct Pages {
    pub(crate) size: usize,
    pub(crate) all: Vec<Vec<u8>>,
}

/// An entry of a b-tree.
pub(crate) struct Cell {
    pub(crate) page: usize,
    /// Offset of its content in the page; SQLite fills pages from their end.
    pub(crate) offset: usize,
    /// How many cells of this page lie at higher offsets, as a share: 0 is the first that was written, unless the page
    /// was packed anew since.
    pub(crate) age: f64,
    /// First overflow page, or 0.
    pub(crate) overflow: usize,
    pub(crate) values: Vec<Value>,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Null,
    Number(i64),
    Bytes(Vec<u8>),
}

impl Value {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }
}

impl Pages {
    pub(crate) fn of_file(bytes: &[u8]) -> Self {
        assert_eq!(&bytes[..16], b"SQLite format 3\0");
        let size = match u16_at(bytes, 16) {
            1 => 65_536,
            size => size,
        };
        Self { size, all: bytes.chunks(size).map(<[u8]>::to_vec).collect() }
    }

    pub(crate) fn page(&self, number: usize) -> &[u8] {
        &self.all[number - 1]
    }

    /// Every table and index: name, page of its root.
    pub(crate) fn roots(&self) -> Vec<(String, usize)> {
        let root = |cell: Cell| match cell.values[3] {
            Value::Number(page) if page > 0 => Some((cell.values[1].text(), usize::try_from(page).unwrap())),
            _ => None,
        };
        self.cells(1).into_iter().filter_map(root).collect()
    }

    /// All cells of a b-tree in key order.
    pub(crate) fn cells(&self, root: usize) -> Vec<Cell> {
        let mut cells = Vec::new();
        self.walk(root, &mut cells);
        cells
    }

    /// Pages that nothing uses, in the order of the list: what was deleted last comes first.
    pub(crate) fn free(&self) -> Vec<usize> {
        let mut free = Vec::new();
        let mut trunk = u32_at(self.page(1), 32);
        while trunk != 0 {
            free.push(trunk);
            let page = self.page(trunk);
            free.extend((0..u32_at(page, 4)).map(|leaf| u32_at(page, 8 + 4 * leaf)));
            trunk = u32_at(page, 0);
        }
        free
    }

    fn walk(&self, number: usize, cells: &mut Vec<Cell>) {
        let page = self.page(number);
        let head = if number == 1 { 100 } else { 0 };
        let kind = page[head];
        let is_interior = matches!(kind, 2 | 5);
        let pointers = head + if is_interior { 12 } else { 8 };
        let offsets: Vec<usize> = (0..u16_at(page, head + 3)).map(|cell| u16_at(page, pointers + 2 * cell)).collect();
        for &offset in &offsets {
            let mut at = offset;
            if is_interior {
                self.walk(u32_at(page, at), cells);
                at += 4;
            }
            if kind != 5 {
                let higher = offsets.iter().filter(|&&other| other > offset).count();
                let age = higher as f64 / offsets.len() as f64;
                let (payload, overflow) = self.payload(page, at, kind);
                cells.push(Cell { page: number, offset, age, overflow, values: record(&payload) });
            }
        }
        if is_interior {
            self.walk(u32_at(page, head + 8), cells);
        }
    }

    /// A cell's payload, put together with its overflow pages; and the first of these.
    fn payload(&self, page: &[u8], at: usize, kind: u8) -> (Vec<u8>, usize) {
        let (length, mut at) = varint(page, at);
        let length = usize::try_from(length).unwrap();
        if kind == 13 {
            at = varint(page, at).1;
        }
        let usable = self.size;
        let most = if kind == 13 { usable - 35 } else { (usable - 12) * 64 / 255 - 23 };
        if length <= most {
            return (page[at..at + length].to_vec(), 0);
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let wanted = least + (length - least) % (usable - 4);
        let local = if wanted <= most { wanted } else { least };
        let mut payload = page[at..at + local].to_vec();
        let first = u32_at(page, at + local);
        let mut next = first;
        while payload.len() < length {
            let page = self.page(next);
            let part = (length - payload.len()).min(usable - 4);
            payload.extend(&page[4..4 + part]);
            next = u32_at(page, 0);
        }
        (payload, first)
    }
}

fn record(payload: &[u8]) -> Vec<Value> {
    let (head, mut at) = varint(payload, 0);
    let mut body = usize::try_from(head).unwrap();
    let mut values = Vec::new();
    while at < usize::try_from(head).unwrap() {
        let (code, next) = varint(payload, at);
        at = next;
        let length = match code {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(code).unwrap(),
            5 => 6,
            6 | 7 => 8,
            _ => usize::try_from((code - 12) / 2).unwrap(),
        };
        let bytes = &payload[body..body + length];
        values.push(match code {
            0 => Value::Null,
            8 | 9 => Value::Number(i64::try_from(code).unwrap() - 8),
            1..=6 => Value::Number(bytes.iter().fold(0, |number, byte| (number << 8) | i64::from(*byte))),
            _ => Value::Bytes(bytes.to_vec()),
        });
        body += length;
    }
    values
}

fn varint(bytes: &[u8], mut at: usize) -> (u64, usize) {
    let mut number = 0;
    for _ in 0..8 {
        let byte = bytes[at];
        at += 1;
        number = (number << 7) | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return (number, at);
        }
    }
    ((number << 8) | u64::from(bytes[at]), at + 1)
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_be_bytes(bytes[at..at + 2].try_into().unwrap()))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}
