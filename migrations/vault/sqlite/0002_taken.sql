-- Ids of all deposits that were ever taken in. They stay when retention deletes the rows, so that a deposit that comes
-- again, however late, is known and does not rise from the dead.
CREATE TABLE taken (
    deposit_id BLOB NOT NULL PRIMARY KEY CHECK (length(deposit_id) = 32)
) STRICT, WITHOUT ROWID;
INSERT INTO taken (deposit_id) SELECT deposit_id FROM deposit_index;

-- All field rows, wherever they lie: one table here, two on PostgreSQL.
CREATE VIEW field_row AS SELECT tag, envelope_hash, kind, key_id, expires, envelope FROM field;

-- Openings of the same second keep their order; it gets a name, the same as on PostgreSQL.
CREATE TABLE opened (
    number     INTEGER PRIMARY KEY,
    deposit_id BLOB NOT NULL REFERENCES deposit_index (deposit_id),
    kind       TEXT NOT NULL,
    field_no   INTEGER NOT NULL,          -- which of the deposit's fields of that kind, from 0
    purpose    TEXT NOT NULL,
    admin      TEXT NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
INSERT INTO opened (deposit_id, kind, field_no, purpose, admin, at)
    SELECT deposit_id, kind, field_no, purpose, admin, at FROM opening ORDER BY rowid;
DROP TABLE opening;
ALTER TABLE opened RENAME TO opening;
CREATE INDEX opening_deposit ON opening (deposit_id, at);
