-- Sessions that a tab proves its part of (docs/spec/session.md). Those of before ended with their tokens: admins sign in again.
DROP TABLE session;

-- Who is signed in. Neither token nor proof is ever stored. The row's half and the wrapped identity unlock nothing without
-- the tab's half, which is never sent here.
CREATE TABLE session (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32), -- SHA-256
    tab_hash   BLOB NOT NULL CHECK (length(tab_hash) = 32),   -- SHA-256 of the tab's proof
    session_id BLOB NOT NULL UNIQUE CHECK (length(session_id) = 16), -- what the admin sees it by
    admin      TEXT NOT NULL REFERENCES admin (name),
    started    INTEGER NOT NULL,
    last_used  INTEGER NOT NULL,
    half       BLOB CHECK (length(half) = 32),
    wrapped    BLOB,                                          -- the identity, under both halves
    CHECK ((half IS NULL) = (wrapped IS NULL))
) STRICT, WITHOUT ROWID;

-- What an admin has set.
CREATE TABLE admin_setting (
    admin      TEXT NOT NULL PRIMARY KEY REFERENCES admin (name) ON DELETE CASCADE,
    lock_after INTEGER NOT NULL CHECK (lock_after > 0)            -- seconds without use
) STRICT, WITHOUT ROWID;
