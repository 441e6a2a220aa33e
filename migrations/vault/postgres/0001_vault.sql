-- The vault. Two kinds of row must not join: deposit_index says what a shop knows of an order, field holds what is
-- sealed. They share no column but key id, and kind and key id are all that tells field rows apart besides their month
-- of expiry. Nothing here stores a tag beside a deposit id, except quarantine, which says so.
--
-- Ids and hashes are raw bytes, days YYYY-MM-DD, months YYYY-MM, times Unix seconds. Text is compared byte by byte
-- (COLLATE "C"), as on SQLite.

-- One row a deposit. Immutable.
CREATE TABLE deposit_index (
    deposit_id    bytea NOT NULL PRIMARY KEY CHECK (octet_length(deposit_id) = 32),
    site          text COLLATE "C" NOT NULL,
    reference     text COLLATE "C" NOT NULL,  -- the shop's own, whole
    manifest      bytea NOT NULL CHECK (octet_length(manifest) = 32),
    key_id        bytea NOT NULL CHECK (octet_length(key_id) = 16),
    brand         text COLLATE "C",           -- facets: one column each, NULL when the deposit has none
    last4         text COLLATE "C",
    expiry        text COLLATE "C",
    postal_code   text COLLATE "C",
    country       text COLLATE "C",
    street_number text COLLATE "C",
    area_code     text COLLATE "C",
    email         text COLLATE "C",
    day           text COLLATE "C" NOT NULL,  -- of arrival at ingest; nothing finer is kept
    locator       bytea NOT NULL              -- sealed: secret, facets, and kind, index and hash of every field
);
ALTER TABLE deposit_index ALTER COLUMN locator SET STORAGE EXTERNAL; -- ciphertext does not compress

-- Newest day first, ties by id: the order of every search, and the key of its pages
CREATE INDEX deposit_index_day         ON deposit_index (day DESC, deposit_id);
CREATE INDEX deposit_index_reference   ON deposit_index (reference, day DESC, deposit_id);
CREATE INDEX deposit_index_last4       ON deposit_index (last4, day DESC, deposit_id) WHERE last4 IS NOT NULL;
CREATE INDEX deposit_index_brand       ON deposit_index (brand, day DESC, deposit_id) WHERE brand IS NOT NULL;
CREATE INDEX deposit_index_postal_code ON deposit_index (postal_code, day DESC, deposit_id) WHERE postal_code IS NOT NULL;
CREATE INDEX deposit_index_country     ON deposit_index (country, day DESC, deposit_id) WHERE country IS NOT NULL;

-- One row a sealed field. Immutable; a second envelope under a tag is a second row, never a replacement, so that a
-- resealed field lies beside the one that the shopper's browser sealed.
--
-- PostgreSQL keeps on every row which transaction wrote it (xmin) and where in the file it lies (ctid), and both tell
-- which rows came together. So new rows lie in field_staging, where they can be linked, until settling moves them: once
-- a day each partition of field that gets rows is written anew, whole, in the order of tags, by one transaction.
CREATE TABLE field_staging (
    tag           bytea NOT NULL CHECK (octet_length(tag) = 32),
    envelope_hash bytea NOT NULL CHECK (octet_length(envelope_hash) = 32),
    kind          text COLLATE "C" NOT NULL,
    key_id        bytea NOT NULL CHECK (octet_length(key_id) = 16),
    expires       text COLLATE "C" NOT NULL CHECK (expires ~ '^[0-9]{4}-[0-9]{2}$'), -- month after which the row is deleted
    envelope      bytea NOT NULL,
    PRIMARY KEY (tag, envelope_hash)
);
ALTER TABLE field_staging ALTER COLUMN envelope SET STORAGE EXTERNAL; -- ciphertext does not compress

-- The settled rows, in one partition for each month of expiry; settling makes the partitions. The month is in the
-- primary key because PostgreSQL wants it there; that tag and hash alone are unique is seen to at intake.
CREATE TABLE field (
    tag           bytea NOT NULL,
    envelope_hash bytea NOT NULL,
    kind          text COLLATE "C" NOT NULL,
    key_id        bytea NOT NULL,
    expires       text COLLATE "C" NOT NULL,
    envelope      bytea NOT NULL,
    PRIMARY KEY (tag, envelope_hash, expires)
) PARTITION BY LIST (expires);
ALTER TABLE field ALTER COLUMN envelope SET STORAGE EXTERNAL;

-- All field rows, wherever they lie: what every reader reads.
CREATE VIEW field_row AS
    SELECT tag, envelope_hash, kind, key_id, expires, envelope FROM field_staging
    UNION ALL
    SELECT tag, envelope_hash, kind, key_id, expires, envelope FROM field;

-- Data keys of all epochs: public part. Immutable.
CREATE TABLE data_key (
    key_id     bytea NOT NULL PRIMARY KEY CHECK (octet_length(key_id) = 16),
    suite      text COLLATE "C" NOT NULL,
    public_key bytea NOT NULL
);

-- Their private items, each wrapped on its own under the passphrase.
CREATE TABLE wrapped_item (
    key_id  bytea NOT NULL REFERENCES data_key (key_id),
    item    text COLLATE "C" NOT NULL,        -- mlkem-seed, x25519
    wrapped bytea NOT NULL,                   -- docs/spec/custody.md
    PRIMARY KEY (key_id, item)
);

-- The same items sealed to the offline recovery key.
CREATE TABLE recovery_grant (
    key_id          bytea NOT NULL REFERENCES data_key (key_id),
    item            text COLLATE "C" NOT NULL,
    recovery_key_id bytea NOT NULL CHECK (octet_length(recovery_key_id) = 16),
    sealed          bytea NOT NULL,           -- docs/spec/custody.md
    PRIMARY KEY (key_id, item, recovery_key_id)
);

-- Every key manifest that the site ever signed. Immutable.
CREATE TABLE manifest (
    manifest bytea NOT NULL PRIMARY KEY CHECK (octet_length(manifest) = 32),
    sequence bigint NOT NULL,
    note     text COLLATE "C" NOT NULL        -- text and signatures
);

-- Who may sign in.
CREATE TABLE admin (
    name    text COLLATE "C" NOT NULL PRIMARY KEY,
    record  bytea NOT NULL,                   -- OPAQUE registration record
    created bigint NOT NULL
);

-- Who is signed in. The token itself is never stored.
CREATE TABLE session (
    token_hash bytea NOT NULL PRIMARY KEY CHECK (octet_length(token_hash) = 32), -- SHA-256
    admin      text COLLATE "C" NOT NULL REFERENCES admin (name),
    started    bigint NOT NULL,
    last_used  bigint NOT NULL
);

-- Who opened what, when and for what purpose. Insert only. Never the tag.
CREATE TABLE opening (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- order of openings of the same second
    deposit_id bytea NOT NULL REFERENCES deposit_index (deposit_id),
    kind       text COLLATE "C" NOT NULL,
    field_no   bigint NOT NULL,               -- which of the deposit's fields of that kind, from 0
    purpose    text COLLATE "C" NOT NULL,
    admin      text COLLATE "C" NOT NULL,
    at         bigint NOT NULL
);
CREATE INDEX opening_deposit ON opening (deposit_id, at);

-- Deposits that could not be taken in. The body is kept whole, so that nothing a shopper sent is lost; like the outbox,
-- and unlike the rest of the vault, it therefore shows which fields belong together until somebody resolves it.
CREATE TABLE quarantine (
    deposit_id bytea NOT NULL,
    body_hash  bytea NOT NULL CHECK (octet_length(body_hash) = 32), -- SHA-256 over nonce and body: the same arrival is one row
    day        text COLLATE "C" NOT NULL,
    reason     text COLLATE "C" NOT NULL,
    nonce      bytea NOT NULL,
    body       bytea NOT NULL,
    PRIMARY KEY (deposit_id, body_hash)
);

-- Every role can read this: it is how a program finds the schema's version
COMMENT ON SCHEMA vault IS 'nightsafe vault 1';
