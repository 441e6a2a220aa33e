//! What is in a copy of a PostgreSQL database: the relations' files, byte by byte.
//! (<https://www.postgresql.org/docs/current/storage-page-layout.html>)

use std::collections::{HashMap, HashSet};

use sqlx::{PgConnection, Row};

use crate::loot::{FieldSeen, IndexSeen, Key, Loot, Order, occurrences};

const PAGE: usize = 8192;

/// Files of the schema's relations after a checkpoint, and what SQL shows of the rows.
pub(crate) struct Dump {
    relations: Vec<Relation>,
    rows: Loot,
    references: HashMap<Key, String>,
}

struct Relation {
    /// The same for all partitions.
    name: String,
    is_table: bool,
    bytes: Vec<u8>,
}

/// A row version in a table's file, dead ones included.
pub(crate) struct Version {
    pub(crate) key: Key,
    place: usize,
    offset: usize,
    xmin: u32,
    xmax: u32,
    /// Flags; whether the row has parts in TOAST is left out.
    pub(crate) marks: u16,
    chunk: Option<u32>,
}

impl Dump {
    pub(crate) async fn take(connection: &mut PgConnection) -> Self {
        sqlx::raw_sql("CHECKPOINT").execute(&mut *connection).await.unwrap();
        let found = sqlx::query(
            "SELECT c.relname::text AS name, c.relkind IN ('r', 't') AS is_table, \
                    coalesce(t.relname::text, '') AS toasted, pg_relation_filepath(c.oid) AS path \
             FROM pg_class c LEFT JOIN pg_class t ON t.reltoastrelid = c.oid \
             LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class ti ON ti.reltoastrelid = i.indrelid \
             WHERE c.relkind IN ('r', 't', 'i', 'S') AND 'vault'::regnamespace IN \
                   (c.relnamespace, t.relnamespace, ti.relnamespace) ORDER BY c.relname",
        )
        .fetch_all(&mut *connection)
        .await
        .unwrap();
        let mut relations = Vec::new();
        for row in found {
            let (name, toasted): (String, String) = (row.get("name"), row.get("toasted"));
            let name = if toasted.is_empty() { plain(&name) } else { format!("TOAST of {}", plain(&toasted)) };
            let bytes = read(connection, &row.get::<String, _>("path")).await;
            relations.push(Relation { name, is_table: row.get("is_table"), bytes });
        }
        let (rows, references) = rows(connection).await;
        Self { relations, rows, references }
    }

    pub(crate) fn loot(self, older: Option<&Self>) -> Loot {
        let mut loot = self.rows;
        if let Some(older) = older {
            loot.only_new_since(&older.rows);
        }
        loot.orders_of_contents(&self.references);
        let keys = keys(&loot);
        let mut orders: HashMap<String, Order> = HashMap::new();
        for relation in &self.relations {
            let mut put = |what: &str, key: Key, value: f64, is_last: bool| {
                let name = format!("{what} in {}", relation.name);
                let order = orders.entry(name.clone()).or_insert_with(|| Order::new(name));
                if is_last { order.last(key, value) } else { order.first(key, value) }
            };
            for (at, key) in occurrences(&relation.bytes, &keys) {
                put("first bytes", key, at as f64, false);
                put("last bytes", key, at as f64, true);
                put("page", key, (at / PAGE) as f64, false);
            }
            for version in versions(relation).into_iter().filter(|version| keys.contains(&version.key)) {
                put("ctid", version.key, version.place as f64, true);
                put("offset on the page", version.key, version.offset as f64, true);
                put("marks", version.key, f64::from(version.marks), true);
                if let Some(chunk) = version.chunk {
                    put("TOAST chunk", version.key, f64::from(chunk), true);
                }
            }
        }
        let mut orders: Vec<Order> = orders.into_values().collect();
        orders.extend(orders_of_transactions(&self.relations, &keys));
        orders.sort_by(|a, b| a.name.cmp(&b.name));
        for order in orders {
            loot.order(order);
        }
        loot
    }

    /// All row versions in the files of one table and its partitions.
    pub(crate) fn versions_of(&self, table: &str) -> Vec<Version> {
        self.relations.iter().filter(|relation| relation.name == table).flat_map(versions).collect()
    }
}

/// The newest segments of the write-ahead log. A checkpoint removes some, and so does everybody else on the server.
pub(crate) async fn read_log(connection: &mut PgConnection, from: &str) -> Vec<u8> {
    let segments: Vec<String> = sqlx::query_scalar(
        "SELECT name::text FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name BETWEEN pg_walfile_name($1::pg_lsn) \
         AND pg_walfile_name(pg_current_wal_lsn()) ORDER BY name LIMIT 16",
    )
    .bind(from)
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    let mut log = Vec::new();
    for segment in segments {
        log.extend(read(connection, &format!("pg_wal/{segment}")).await);
    }
    log
}

pub(crate) fn add_log(loot: &mut Loot, log: &[u8]) {
    let keys = keys(loot);
    let mut first = Order::new("place in the write-ahead log");
    for (at, key) in occurrences(log, &keys) {
        first.first(key, at as f64);
    }
    loot.order(first);
}

/// Every file of the database in which the bytes of one of the keys stand.
pub(crate) async fn files_with(connection: &mut PgConnection, keys: &HashSet<Key>) -> Vec<String> {
    sqlx::raw_sql("CHECKPOINT").execute(&mut *connection).await.unwrap();
    let files: Vec<(String, Option<String>)> = sqlx::query_as(
        "SELECT path, (SELECT relname::text FROM pg_class WHERE pg_relation_filepath(oid) = path) FROM \
         (SELECT 'base/' || d.oid || '/' || pg_ls_dir('base/' || d.oid) AS path FROM pg_database d \
          WHERE d.datname = current_database()) files",
    )
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    let mut found = Vec::new();
    for (path, name) in files {
        if !occurrences(&read(connection, &path).await, keys).is_empty() {
            found.push(name.map_or(path, |name| plain(&name)));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Which transaction wrote a row, on the scale that all tables share.
fn orders_of_transactions(relations: &[Relation], keys: &HashSet<Key>) -> [Order; 2] {
    let [mut xmin, mut xmax] = ["xmin", "xmax"].map(Order::new);
    for version in relations.iter().flat_map(versions).filter(|version| keys.contains(&version.key)) {
        xmin.first(version.key, f64::from(version.xmin));
        xmax.first(version.key, f64::from(version.xmax));
    }
    [xmin, xmax]
}

/// Reads the row versions of a table whose first column is a key.
fn versions(relation: &Relation) -> Vec<Version> {
    let mut versions = Vec::new();
    if !relation.is_table || !["deposit_index", "taken", "field", "field_staging"].contains(&relation.name.as_str()) {
        return versions;
    }
    for (number, page) in relation.bytes.chunks_exact(PAGE).enumerate() {
        let lower = usize::from(u16::from_le_bytes([page[12], page[13]]));
        for (line, pointer) in page[24..lower.max(24)].chunks_exact(4).enumerate() {
            let pointer = u32::from_le_bytes(pointer.try_into().unwrap());
            let (offset, length) = ((pointer & 0x7fff) as usize, (pointer >> 17) as usize);
            if length < 60 {
                continue; // unused
            }
            let tuple = &page[offset..offset + length];
            let number_at = |at: usize| u32::from_le_bytes(tuple[at..at + 4].try_into().unwrap());
            let flags = u16::from_le_bytes([tuple[20], tuple[21]]);
            let start = usize::from(tuple[22]) + 1; // after the short length of the first column
            let toasted = flags & 4 != 0 && tuple[length - 18..length - 16] == [1, 18];
            versions.push(Version {
                key: tuple[start..start + 32].try_into().unwrap(),
                place: number * 1000 + line,
                offset,
                xmin: number_at(0),
                xmax: number_at(4),
                marks: flags & !4,
                chunk: toasted.then(|| number_at(length - 8)),
            });
        }
    }
    versions
}

fn keys(loot: &Loot) -> HashSet<Key> {
    loot.index.iter().map(|row| row.id).chain(loot.fields.iter().map(|row| row.tag)).collect()
}

/// Partitions and what belongs to them are named as their table.
fn plain(name: &str) -> String {
    let is_month = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    name.split('_').filter(|part| !is_month(part)).collect::<Vec<_>>().join("_")
}

async fn read(connection: &mut PgConnection, path: &str) -> Vec<u8> {
    // One that is gone since it was listed is empty
    sqlx::query_scalar("SELECT coalesce(pg_read_binary_file($1, 0, 1000000000, true), '')")
        .bind(path)
        .fetch_one(connection)
        .await
        .unwrap()
}

async fn rows(connection: &mut PgConnection) -> (Loot, HashMap<Key, String>) {
    let mut loot = Loot::default();
    let mut references = HashMap::new();
    let key = |bytes: Vec<u8>| Key::try_from(bytes).unwrap();
    let index = "SELECT deposit_id, reference, key_id, left(day, 7) AS month, brand IS NOT NULL AS brand, \
                 postal_code IS NOT NULL AS postal_code FROM vault.deposit_index";
    for row in sqlx::query(index).fetch_all(&mut *connection).await.unwrap() {
        let id = key(row.get("deposit_id"));
        references.insert(id, row.get("reference"));
        loot.index.push(IndexSeen {
            id,
            key_id: row.get("key_id"),
            month: row.get("month"),
            facets: ["brand", "postal_code"].into_iter().filter(|facet| row.get::<bool, _>(*facet)).collect(),
        });
    }
    let fields = "SELECT tag, kind, key_id, expires, octet_length(envelope) AS size FROM vault.field_row";
    for row in sqlx::query(fields).fetch_all(connection).await.unwrap() {
        loot.fields.push(FieldSeen {
            tag: key(row.get("tag")),
            kind: row.get("kind"),
            key_id: row.get("key_id"),
            expires: row.get("expires"),
            size: usize::try_from(row.get::<i32, _>("size")).unwrap(),
        });
    }
    (loot, references)
}
