-- The audit log (docs/spec/log.md, docs/spec/audit-entry.md): what it proves, and apart from that what it says. Insert
-- only; an operator who erases an entry deletes its row of log_entry, and every proof still holds.

-- The leaves, each the commitment to an entry. None is there twice.
CREATE TABLE log_leaf (
    number     bigint NOT NULL PRIMARY KEY CHECK (number >= 0), -- from 0, without a gap
    commitment bytea NOT NULL UNIQUE CHECK (octet_length(commitment) = 32)
);

-- The hash of every complete subtree: 2^level leaves, from leaf number * 2^level on. Less than two rows a leaf; neither
-- appending nor a proof nor a tile reads more than a few of them.
CREATE TABLE log_node (
    level  bigint NOT NULL CHECK (level BETWEEN 0 AND 62),
    number bigint NOT NULL CHECK (number >= 0),
    hash   bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (level, number)
);

-- The entries, sealed to the auditors. A leaf without one was erased, or its entry never was kept.
CREATE TABLE log_entry (
    number bigint NOT NULL PRIMARY KEY REFERENCES log_leaf (number),
    key_id bytea NOT NULL CHECK (octet_length(key_id) = 16), -- the audit key's
    sealed bytea NOT NULL
);
ALTER TABLE log_entry ALTER COLUMN sealed SET STORAGE EXTERNAL; -- ciphertext does not compress

-- Every checkpoint that was signed, one for each time that leaves were appended.
CREATE TABLE checkpoint (
    size bigint NOT NULL PRIMARY KEY CHECK (size > 0),
    note text COLLATE "C" NOT NULL                           -- text and signature
);

COMMENT ON SCHEMA vault IS 'nightsafe vault 5';
