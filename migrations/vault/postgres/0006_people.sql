-- From one admin to several. Nothing here gives anybody anything: that does the roster alone.

-- Who may join under which name, once, by a token that the vault never sees before it is used.
CREATE TABLE invitation (
    name       text COLLATE "C" NOT NULL PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32), -- SHA-256
    roles      text COLLATE "C" NOT NULL,      -- with commas between
    invited_by text COLLATE "C" NOT NULL,
    expires    bigint NOT NULL
);

-- Who has joined and does not stand in the roster (yet): what the rows of admin and identity are made from when an entry
-- names this identity. Somebody of the roster who lost passphrase or device is here a second time, with new keys.
CREATE TABLE newcomer (
    name        text COLLATE "C" NOT NULL PRIMARY KEY,
    identity_id bytea NOT NULL UNIQUE CHECK (octet_length(identity_id) = 16),
    record      bytea NOT NULL,                -- OPAQUE registration record
    public      bytea NOT NULL,                -- public identity (docs/spec/identity.md)
    wrapped     bytea NOT NULL,                -- its private halves, under the sign-in
    roles       text COLLATE "C" NOT NULL,     -- as in the invitation
    joined      bigint NOT NULL
);

-- Entries that follow the roster's last one and wait for a second signature. Gone as soon as one is taken: the others
-- follow an entry that is no longer the last.
CREATE TABLE roster_proposal (
    head bytea NOT NULL PRIMARY KEY CHECK (octet_length(head) = 32), -- SHA-256 of the entry's text
    note text COLLATE "C" NOT NULL             -- text, and the signatures so far
);

COMMENT ON SCHEMA vault IS 'nightsafe vault 6';
