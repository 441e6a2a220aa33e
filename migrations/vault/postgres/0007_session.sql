-- Sessions that a tab proves its part of (docs/spec/session.md). Those of before ended with their tokens: admins sign in again.
DROP TABLE session;

-- Who is signed in. Neither token nor proof is ever stored. The row's half and the wrapped identity unlock nothing without
-- the tab's half, which is never sent here.
CREATE TABLE session (
    token_hash bytea NOT NULL PRIMARY KEY CHECK (octet_length(token_hash) = 32), -- SHA-256
    tab_hash   bytea NOT NULL CHECK (octet_length(tab_hash) = 32),   -- SHA-256 of the tab's proof
    session_id bytea NOT NULL UNIQUE CHECK (octet_length(session_id) = 16), -- what the admin sees it by
    admin      text COLLATE "C" NOT NULL REFERENCES admin (name),
    started    bigint NOT NULL,
    last_used  bigint NOT NULL,
    half       bytea CHECK (octet_length(half) = 32),
    wrapped    bytea,                                          -- the identity, under both halves
    CHECK ((half IS NULL) = (wrapped IS NULL))
);

-- What an admin has set.
CREATE TABLE admin_setting (
    admin      text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES admin (name) ON DELETE CASCADE,
    lock_after bigint NOT NULL CHECK (lock_after > 0)            -- seconds without use
);

COMMENT ON SCHEMA vault IS 'nightsafe vault 7';
