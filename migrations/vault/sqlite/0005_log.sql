-- The audit log (docs/spec/log.md, docs/spec/audit-entry.md): what it proves, and apart from that what it says. Insert
-- only; an operator who erases an entry deletes its row of log_entry, and every proof still holds.

-- The leaves, each the commitment to an entry. None is there twice.
CREATE TABLE log_leaf (
    number     INTEGER NOT NULL PRIMARY KEY CHECK (number >= 0), -- from 0, without a gap
    commitment BLOB NOT NULL UNIQUE CHECK (length(commitment) = 32)
) STRICT;

-- The hash of every complete subtree: 2^level leaves, from leaf number * 2^level on. Less than two rows a leaf; neither
-- appending nor a proof nor a tile reads more than a few of them.
CREATE TABLE log_node (
    level  INTEGER NOT NULL CHECK (level BETWEEN 0 AND 62),
    number INTEGER NOT NULL CHECK (number >= 0),
    hash   BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

-- The entries, sealed to the auditors. A leaf without one was erased, or its entry never was kept.
CREATE TABLE log_entry (
    number INTEGER NOT NULL PRIMARY KEY REFERENCES log_leaf (number),
    key_id BLOB NOT NULL CHECK (length(key_id) = 16), -- the audit key's
    sealed BLOB NOT NULL
) STRICT;

-- Every checkpoint that was signed, one for each time that leaves were appended.
CREATE TABLE checkpoint (
    size INTEGER NOT NULL PRIMARY KEY CHECK (size > 0),
    note TEXT NOT NULL                                -- text and signature
) STRICT;
