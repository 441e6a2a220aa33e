-- Deposits that ingest has acknowledged and the vault has not taken yet. Whole deposits lie here in
-- the order of their arrival, so this table links what the vault's tables do not.
CREATE TABLE deposit (
    deposit_id BLOB NOT NULL PRIMARY KEY CHECK (length(deposit_id) = 32), -- SHA-256(nonce || body)
    day        TEXT NOT NULL CHECK (length(day) = 10),                    -- day of arrival, YYYY-MM-DD, UTC
    nonce      BLOB NOT NULL CHECK (length(nonce) = 32),                  -- dropped by the vault
    body       BLOB NOT NULL                                              -- canonical body, docs/spec/deposit.md
) STRICT;
