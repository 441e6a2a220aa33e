-- Recovery kits (docs/spec/identity.md): a second registration of an admin, by the code on paper, under a credential
-- identifier of its own. What the code unlocks is in wrapped_identity. Used once; a new kit takes the place of the old one.
CREATE TABLE recovery_kit (
    admin  TEXT NOT NULL PRIMARY KEY REFERENCES admin (name) ON DELETE CASCADE,
    record BLOB NOT NULL,                 -- OPAQUE registration record
    made   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
