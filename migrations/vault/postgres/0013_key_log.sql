-- What the audit log says of key manifests and data keys, so that it says each once, whoever asks and after every restart
-- (docs/spec/audit-entry.md). Only added to, in the transaction that appends.
CREATE TABLE logged_manifest (
    manifest bytea NOT NULL PRIMARY KEY
);

-- `state`: 0 pending, 1 active, 2 retiring, 3 retired. That a key was purged is in purged_key.
CREATE TABLE logged_key (
    key_id bytea  NOT NULL,
    state  bigint NOT NULL CHECK (state BETWEEN 0 AND 3),
    PRIMARY KEY (key_id, state)
);

COMMENT ON SCHEMA vault IS 'nightsafe vault 13';
