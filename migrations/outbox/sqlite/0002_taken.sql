-- Ids of deposits that the vault has taken and the outbox has deleted: a client that retries late is told the same as
-- before, and its deposit does not come twice.
CREATE TABLE taken (
    deposit_id BLOB NOT NULL PRIMARY KEY CHECK (length(deposit_id) = 32)
) STRICT, WITHOUT ROWID;

-- The order of arrival gets a name, the same as on PostgreSQL.
CREATE TABLE arrived (
    arrival    INTEGER PRIMARY KEY,                                      -- ascending
    deposit_id BLOB NOT NULL UNIQUE CHECK (length(deposit_id) = 32),     -- SHA-256(nonce || body)
    day        TEXT NOT NULL CHECK (length(day) = 10),                   -- day of arrival, YYYY-MM-DD, UTC
    nonce      BLOB NOT NULL CHECK (length(nonce) = 32),                 -- dropped by the vault
    body       BLOB NOT NULL                                             -- canonical body, docs/spec/deposit.md
) STRICT;
INSERT INTO arrived (deposit_id, day, nonce, body) SELECT deposit_id, day, nonce, body FROM deposit ORDER BY rowid;
DROP TABLE deposit;
ALTER TABLE arrived RENAME TO deposit;
