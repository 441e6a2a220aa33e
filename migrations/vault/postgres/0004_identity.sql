-- Identities of admins: public halves (docs/spec/identity.md). Immutable. What a person is called and may do is said by
-- the roster alone: a row here gives nobody anything.
CREATE TABLE identity (
    identity_id bytea NOT NULL PRIMARY KEY CHECK (octet_length(identity_id) = 16),
    public      bytea NOT NULL
);

-- Which identity a name unlocks after sign-in. Who changes it locks somebody out, and gains nothing.
CREATE TABLE admin_identity (
    admin       text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES admin (name),
    identity_id bytea NOT NULL UNIQUE REFERENCES identity (identity_id)
);

-- Their private halves, wrapped: one row for each way to unlock. Handed out after sign-in only.
CREATE TABLE wrapped_identity (
    identity_id bytea NOT NULL REFERENCES identity (identity_id),
    method      text COLLATE "C" NOT NULL,     -- login, passkey, recovery-code
    slot        text COLLATE "C" NOT NULL,     -- which passkey; empty for the other methods
    wrapped     bytea NOT NULL,
    PRIMARY KEY (identity_id, method, slot)
);

-- The roster of admins, entry by entry (docs/spec/roster.md). Only added to; browsers verify it.
CREATE TABLE roster_entry (
    sequence bigint NOT NULL PRIMARY KEY CHECK (sequence >= 0),
    head     bytea NOT NULL UNIQUE CHECK (octet_length(head) = 32), -- SHA-256 of the entry's text
    note     text COLLATE "C" NOT NULL         -- text and signatures
);

-- Private items of data keys, each sealed to one admin and signed by one (docs/spec/custody.md).
CREATE TABLE admin_grant (
    key_id    bytea NOT NULL REFERENCES data_key (key_id),
    recipient bytea NOT NULL REFERENCES identity (identity_id),
    item      text COLLATE "C" NOT NULL,       -- mlkem-seed, x25519
    granted   bytea NOT NULL,
    PRIMARY KEY (key_id, recipient, item)
);
CREATE INDEX admin_grant_recipient ON admin_grant (recipient);

COMMENT ON SCHEMA vault IS 'nightsafe vault 4';
