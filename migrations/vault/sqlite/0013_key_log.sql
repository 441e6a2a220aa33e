-- What the audit log says of key manifests and data keys, so that it says each once, whoever asks and after every restart
-- (docs/spec/audit-entry.md). Only added to, in the transaction that appends.
CREATE TABLE logged_manifest (
    manifest BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- `state`: 0 pending, 1 active, 2 retiring, 3 retired. That a key was purged is in purged_key.
CREATE TABLE logged_key (
    key_id BLOB NOT NULL,
    state  INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
    PRIMARY KEY (key_id, state)
) STRICT, WITHOUT ROWID;
