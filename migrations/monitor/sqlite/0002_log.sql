-- The release log of each site, as far as it was read: with it, a later checkpoint, and one that somebody else was shown, can be
-- held against all that was seen.
CREATE TABLE release_log (
    site TEXT PRIMARY KEY NOT NULL,
    -- The log's public key
    key TEXT NOT NULL,
    -- The last checkpoint, signed: the evidence when another one turns up
    checkpoint TEXT NOT NULL,
    size INTEGER NOT NULL
) STRICT;

CREATE TABLE release_log_entry (
    site TEXT NOT NULL,
    -- The leaf's index
    place INTEGER NOT NULL,
    entry BLOB NOT NULL,
    PRIMARY KEY (site, place)
) STRICT, WITHOUT ROWID;

-- What this witness cosigned last, of each log. A row is written before the cosignature leaves the machine.
CREATE TABLE cosigned (
    origin TEXT PRIMARY KEY NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    -- The checkpoint with the log's signature and the cosignature
    checkpoint TEXT NOT NULL
) STRICT;
