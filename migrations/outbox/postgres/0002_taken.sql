-- Ids of deposits that the vault has taken and the outbox has deleted. Ingest cannot read them: a client's late retry
-- comes to the vault once more, which knows the id and takes nothing in.
CREATE TABLE taken (
    deposit_id bytea NOT NULL PRIMARY KEY CHECK (octet_length(deposit_id) = 32)
);

COMMENT ON SCHEMA outbox IS 'nightsafe outbox 2';
