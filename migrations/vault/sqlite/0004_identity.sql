-- Identities of admins: public halves (docs/spec/identity.md). Immutable. What a person is called and may do is said by
-- the roster alone: a row here gives nobody anything.
CREATE TABLE identity (
    identity_id BLOB NOT NULL PRIMARY KEY CHECK (length(identity_id) = 16),
    public      BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Which identity a name unlocks after sign-in. Who changes it locks somebody out, and gains nothing.
CREATE TABLE admin_identity (
    admin       TEXT NOT NULL PRIMARY KEY REFERENCES admin (name),
    identity_id BLOB NOT NULL UNIQUE REFERENCES identity (identity_id)
) STRICT, WITHOUT ROWID;

-- Their private halves, wrapped: one row for each way to unlock. Handed out after sign-in only.
CREATE TABLE wrapped_identity (
    identity_id BLOB NOT NULL REFERENCES identity (identity_id),
    method      TEXT NOT NULL,            -- login, passkey, recovery-code
    slot        TEXT NOT NULL,            -- which passkey; empty for the other methods
    wrapped     BLOB NOT NULL,
    PRIMARY KEY (identity_id, method, slot)
) STRICT, WITHOUT ROWID;

-- The roster of admins, entry by entry (docs/spec/roster.md). Only added to; browsers verify it.
CREATE TABLE roster_entry (
    sequence INTEGER NOT NULL PRIMARY KEY CHECK (sequence >= 0),
    head     BLOB NOT NULL UNIQUE CHECK (length(head) = 32), -- SHA-256 of the entry's text
    note     TEXT NOT NULL                -- text and signatures
) STRICT;

-- Private items of data keys, each sealed to one admin and signed by one (docs/spec/custody.md).
CREATE TABLE admin_grant (
    key_id    BLOB NOT NULL REFERENCES data_key (key_id),
    recipient BLOB NOT NULL REFERENCES identity (identity_id),
    item      TEXT NOT NULL,              -- mlkem-seed, x25519
    granted   BLOB NOT NULL,
    PRIMARY KEY (key_id, recipient, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX admin_grant_recipient ON admin_grant (recipient);
