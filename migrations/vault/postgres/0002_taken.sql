-- Ids of all deposits that were ever taken in. They stay when retention deletes the rows, so that a deposit that comes
-- again, however late, is known and does not rise from the dead.
CREATE TABLE taken (
    deposit_id bytea NOT NULL PRIMARY KEY CHECK (octet_length(deposit_id) = 32)
);
INSERT INTO taken (deposit_id) SELECT deposit_id FROM deposit_index;

COMMENT ON SCHEMA vault IS 'nightsafe vault 2';
