-- The keys that entries of the audit log are sealed to. Which of them is used is said by the roster alone
-- (docs/spec/roster.md): a row here makes nobody an auditor. Immutable.
CREATE TABLE audit_key (
    key_id     bytea NOT NULL PRIMARY KEY CHECK (octet_length(key_id) = 16),
    public_key bytea NOT NULL                  -- X-Wing
);

-- Their private items, each sealed to one admin and signed by one, like those of data keys (docs/spec/custody.md).
CREATE TABLE audit_grant (
    key_id    bytea NOT NULL REFERENCES audit_key (key_id),
    recipient bytea NOT NULL REFERENCES identity (identity_id),
    item      text COLLATE "C" NOT NULL,       -- mlkem-seed, x25519
    granted   bytea NOT NULL,
    PRIMARY KEY (key_id, recipient, item)
);
CREATE INDEX audit_grant_recipient ON audit_grant (recipient);

-- The same items, sealed to the organisation's recovery key.
CREATE TABLE audit_recovery_grant (
    key_id          bytea NOT NULL REFERENCES audit_key (key_id),
    item            text COLLATE "C" NOT NULL,
    recovery_key_id bytea NOT NULL CHECK (octet_length(recovery_key_id) = 16),
    sealed          bytea NOT NULL,
    PRIMARY KEY (key_id, item, recovery_key_id)
);

-- Whether the sign-in is in the audit log: 1 when it is. Until then nothing is searched or handed out, where there is a
-- log.
ALTER TABLE session ADD COLUMN recorded bigint NOT NULL DEFAULT 0;

COMMENT ON SCHEMA vault IS 'nightsafe vault 8';
