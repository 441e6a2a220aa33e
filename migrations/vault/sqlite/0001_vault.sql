-- The vault. Two kinds of row must not join: deposit_index says what a shop knows of an order, field holds what is
-- sealed. They share no column but key id, and kind and key id are all that tells field rows apart besides their month
-- of expiry. Nothing here stores a tag beside a deposit id, except quarantine, which says so.
--
-- Every table that grows with deposits is WITHOUT ROWID under a random key, so that no row number keeps the order of
-- arrival. Ids and hashes are raw bytes, days YYYY-MM-DD, months YYYY-MM, times Unix seconds.

-- One row a deposit. Immutable.
CREATE TABLE deposit_index (
    deposit_id    BLOB NOT NULL PRIMARY KEY CHECK (length(deposit_id) = 32),
    site          TEXT NOT NULL,
    reference     TEXT NOT NULL,          -- the shop's own, whole
    manifest      BLOB NOT NULL CHECK (length(manifest) = 32),
    key_id        BLOB NOT NULL CHECK (length(key_id) = 16),
    brand         TEXT,                   -- facets: one column each, NULL when the deposit has none
    last4         TEXT,
    expiry        TEXT,
    postal_code   TEXT,
    country       TEXT,
    street_number TEXT,
    area_code     TEXT,
    email         TEXT,
    day           TEXT NOT NULL,          -- of arrival at ingest; nothing finer is kept
    locator       BLOB NOT NULL           -- sealed: secret, facets, and kind, index and hash of every field
) STRICT, WITHOUT ROWID;

-- Newest day first, ties by id: the order of every search, and the key of its pages
CREATE INDEX deposit_index_day         ON deposit_index (day DESC, deposit_id);
CREATE INDEX deposit_index_reference   ON deposit_index (reference, day DESC, deposit_id);
CREATE INDEX deposit_index_last4       ON deposit_index (last4, day DESC, deposit_id) WHERE last4 IS NOT NULL;
CREATE INDEX deposit_index_brand       ON deposit_index (brand, day DESC, deposit_id) WHERE brand IS NOT NULL;
CREATE INDEX deposit_index_postal_code ON deposit_index (postal_code, day DESC, deposit_id) WHERE postal_code IS NOT NULL;
CREATE INDEX deposit_index_country     ON deposit_index (country, day DESC, deposit_id) WHERE country IS NOT NULL;

-- One row a sealed field. Immutable; a second envelope under a tag is a second row, never a replacement, so that a
-- resealed field lies beside the one that the shopper's browser sealed.
CREATE TABLE field (
    tag           BLOB NOT NULL CHECK (length(tag) = 32),
    envelope_hash BLOB NOT NULL CHECK (length(envelope_hash) = 32),
    kind          TEXT NOT NULL,
    key_id        BLOB NOT NULL CHECK (length(key_id) = 16),
    expires       TEXT NOT NULL,          -- month after which the row is deleted
    envelope      BLOB NOT NULL,
    PRIMARY KEY (tag, envelope_hash)
) STRICT, WITHOUT ROWID;

-- Data keys of all epochs: public part. Immutable.
CREATE TABLE data_key (
    key_id     BLOB NOT NULL PRIMARY KEY CHECK (length(key_id) = 16),
    suite      TEXT NOT NULL,
    public_key BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Their private items, each wrapped on its own under the passphrase.
CREATE TABLE wrapped_item (
    key_id  BLOB NOT NULL REFERENCES data_key (key_id),
    item    TEXT NOT NULL,                -- mlkem-seed, x25519
    wrapped BLOB NOT NULL,                -- docs/spec/custody.md
    PRIMARY KEY (key_id, item)
) STRICT, WITHOUT ROWID;

-- The same items sealed to the offline recovery key.
CREATE TABLE recovery_grant (
    key_id          BLOB NOT NULL REFERENCES data_key (key_id),
    item            TEXT NOT NULL,
    recovery_key_id BLOB NOT NULL CHECK (length(recovery_key_id) = 16),
    sealed          BLOB NOT NULL,        -- docs/spec/custody.md
    PRIMARY KEY (key_id, item, recovery_key_id)
) STRICT, WITHOUT ROWID;

-- Every key manifest that the site ever signed. Immutable.
CREATE TABLE manifest (
    manifest BLOB NOT NULL PRIMARY KEY CHECK (length(manifest) = 32),
    sequence INTEGER NOT NULL,
    note     TEXT NOT NULL                -- text and signatures
) STRICT, WITHOUT ROWID;

-- Who may sign in.
CREATE TABLE admin (
    name    TEXT NOT NULL PRIMARY KEY,
    record  BLOB NOT NULL,                -- OPAQUE registration record
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is signed in. The token itself is never stored.
CREATE TABLE session (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32), -- SHA-256
    admin      TEXT NOT NULL REFERENCES admin (name),
    started    INTEGER NOT NULL,
    last_used  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who opened what, when and for what purpose. Insert only. Never the tag.
CREATE TABLE opening (
    deposit_id BLOB NOT NULL REFERENCES deposit_index (deposit_id),
    kind       TEXT NOT NULL,
    field_no   INTEGER NOT NULL,          -- which of the deposit's fields of that kind, from 0
    purpose    TEXT NOT NULL,
    admin      TEXT NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX opening_deposit ON opening (deposit_id, at);

-- Deposits that could not be taken in. The body is kept whole, so that nothing a shopper sent is lost; like the outbox,
-- and unlike the rest of the vault, it therefore shows which fields belong together until somebody resolves it.
CREATE TABLE quarantine (
    deposit_id BLOB NOT NULL,
    body_hash  BLOB NOT NULL CHECK (length(body_hash) = 32), -- SHA-256 over nonce and body: the same arrival is one row
    day        TEXT NOT NULL,
    reason     TEXT NOT NULL,
    nonce      BLOB NOT NULL,
    body       BLOB NOT NULL,
    PRIMARY KEY (deposit_id, body_hash)
) STRICT, WITHOUT ROWID;
