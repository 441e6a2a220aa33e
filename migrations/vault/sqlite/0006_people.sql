-- From one admin to several. Nothing here gives anybody anything: that does the roster alone.

-- Who may join under which name, once, by a token that the vault never sees before it is used.
CREATE TABLE invitation (
    name       TEXT NOT NULL PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32), -- SHA-256
    roles      TEXT NOT NULL,             -- with commas between
    invited_by TEXT NOT NULL,
    expires    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who has joined and does not stand in the roster (yet): what the rows of admin and identity are made from when an entry
-- names this identity. Somebody of the roster who lost passphrase or device is here a second time, with new keys.
CREATE TABLE newcomer (
    name        TEXT NOT NULL PRIMARY KEY,
    identity_id BLOB NOT NULL UNIQUE CHECK (length(identity_id) = 16),
    record      BLOB NOT NULL,            -- OPAQUE registration record
    public      BLOB NOT NULL,            -- public identity (docs/spec/identity.md)
    wrapped     BLOB NOT NULL,            -- its private halves, under the sign-in
    roles       TEXT NOT NULL,            -- as in the invitation
    joined      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Entries that follow the roster's last one and wait for a second signature. Gone as soon as one is taken: the others
-- follow an entry that is no longer the last.
CREATE TABLE roster_proposal (
    head BLOB NOT NULL PRIMARY KEY CHECK (length(head) = 32), -- SHA-256 of the entry's text
    note TEXT NOT NULL                    -- text, and the signatures so far
) STRICT, WITHOUT ROWID;
