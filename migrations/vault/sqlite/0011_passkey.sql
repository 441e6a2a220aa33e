-- Passkeys (docs/spec/passkey.md): what an assertion is held against. What the PRF of one unlocks is in wrapped_identity, with
-- the id in hex as its slot. Nothing here is secret; who adds a row has a way to sign in, and no keys by it.
CREATE TABLE passkey (
    passkey_id BLOB NOT NULL PRIMARY KEY CHECK (length(passkey_id) = 16), -- first half of a hash of the credential id
    admin      TEXT NOT NULL REFERENCES admin (name) ON DELETE CASCADE,
    rp_id      TEXT NOT NULL,                 -- host of the admin site it was made at: good there only
    credential BLOB NOT NULL,                 -- WebAuthn credential id
    public_key BLOB NOT NULL,                 -- COSE_Key
    sign_count INTEGER NOT NULL,              -- the authenticator's own count; 0 where it has none
    name       TEXT NOT NULL,
    made       INTEGER NOT NULL,
    last_used  INTEGER NOT NULL               -- 0 before the first sign-in
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_admin ON passkey (admin);
