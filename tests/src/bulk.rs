//! Rows by the hundred thousand, made by SQL inside SQLite. They say nothing that deposits would not: random ids, keys,
//! locators and envelopes, facets as they are spread among cards. Each of the 10,000 last fours is there as often as the
//! others: by chance, one in 22,000 would be missing among 100,000 rows.

/// Rows of one statement: the log that it writes has to fit on the disk beside them.
pub const CHUNK: u64 = 100_000;

/// Statement for the index rows `from` to below `to` of a SQLite vault.
pub fn sqlite_index(from: u64, to: u64) -> String {
    format!(
        "{} INSERT INTO deposit_index (deposit_id, site, reference, manifest, key_id, brand, last4, expiry, \
         postal_code, country, day, locator) \
         SELECT randomblob(32), 'demo.nightsafe.example', 'BULK-' || i, randomblob(32), randomblob(16), \
         CASE i % 3 WHEN 0 THEN 'visa' WHEN 1 THEN 'mastercard' ELSE 'amex' END, \
         printf('%04d', i % 10000 * 7919 % 10000), '2029-05', printf('%05d', abs(random()) % 100000), 'DE', \
         date('2026-11-21', '-' || (i % 700) || ' days'), randomblob(1800) FROM n",
        numbers(from, to)
    )
}

/// Statement for the ids that the outbox keeps of as many deposits, once they are taken.
pub fn sqlite_taken(from: u64, to: u64) -> String {
    format!("{} INSERT INTO taken (deposit_id) SELECT randomblob(32) FROM n", numbers(from, to))
}

/// Statement for as many field rows.
pub fn sqlite_fields(from: u64, to: u64) -> String {
    format!(
        "{} INSERT INTO field (tag, envelope_hash, kind, key_id, expires, envelope) \
         SELECT randomblob(32), randomblob(32), CASE i % 2 WHEN 0 THEN 'card' ELSE 'phone' END, randomblob(16), \
         '2028-11', randomblob(1300) FROM n",
        numbers(from, to)
    )
}

/// What makes filling fast and is of no use elsewhere: a crash in between leaves nothing that is wanted.
pub const SQLITE_FILLING: &str = "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000";

fn numbers(from: u64, to: u64) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {to})")
}
