-- Data keys whose private items were destroyed, because nothing that is sealed to them was left (docs/spec/custody.md). Only
-- added to: a deposit that comes later goes into quarantine, and nothing is granted of such a key any more.
CREATE TABLE purged_key (
    key_id BLOB NOT NULL PRIMARY KEY REFERENCES data_key (key_id),
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
