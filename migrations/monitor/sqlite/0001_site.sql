-- What a monitor remembers of each site that it looks at: enough to know what is older, and nothing else.
CREATE TABLE site (
    site TEXT PRIMARY KEY NOT NULL,
    -- The trust anchor that everything was verified against, as text
    anchor TEXT NOT NULL,
    -- Times are seconds since 1970
    first_seen INTEGER NOT NULL,
    last_ok INTEGER,
    -- The highest ones that were signed as they must be, and the hashes of their texts; 0 before there was one
    release_sequence INTEGER NOT NULL,
    release_hash BLOB,
    manifest_sequence INTEGER NOT NULL,
    manifest_hash BLOB,
    -- The head of the roster of admins that the last timestamp note named
    roster_head BLOB
) STRICT;
