-- Deposits that ingest has acknowledged and the vault has not taken yet. Whole deposits lie here in the order of their
-- arrival, so this table links what the vault's tables do not.
--
-- Deleting must stay cheap however many deposits pass through. So the table is a ring of 24 slots, one for each hour of
-- the day; the server's clock chooses, and ingest has no right to name another. A slot whose hour is over and whose
-- deposits are all taken is truncated, which gives back its file, its indexes and every dead row in it at once.
-- The price: a retry in the next hour is a second row with the same id. The reader hands one of them out, deletes both.
CREATE TABLE deposit (
    arrival    bigint GENERATED ALWAYS AS IDENTITY,                           -- ascending within a connection
    slot       smallint NOT NULL DEFAULT extract(hour FROM clock_timestamp() AT TIME ZONE 'UTC')::smallint,
    deposit_id bytea NOT NULL CHECK (octet_length(deposit_id) = 32),          -- SHA-256(nonce || body)
    day        text COLLATE "C" NOT NULL CHECK (octet_length(day) = 10),      -- day of arrival, YYYY-MM-DD, UTC
    nonce      bytea NOT NULL CHECK (octet_length(nonce) = 32),               -- dropped by the vault
    body       bytea NOT NULL,                                                -- canonical body, docs/spec/deposit.md
    PRIMARY KEY (deposit_id, slot)
) PARTITION BY LIST (slot);
CREATE INDEX deposit_arrival ON deposit (arrival);

-- Ciphertext does not compress: trying costs time for nothing
ALTER TABLE deposit ALTER COLUMN body SET STORAGE EXTERNAL;

DO $$
BEGIN
    FOR hour IN 0..23 LOOP
        EXECUTE format(
            'CREATE TABLE deposit_%s PARTITION OF deposit FOR VALUES IN (%s) '
            -- Rows live for seconds: what counts is how many are dead, not which part of the table that is
            'WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)',
            to_char(hour, 'FM00'), hour);
    END LOOP;
END
$$;

-- Truncates every slot whose hour is over and which holds no deposit any more; returns how many. The reader may not
-- truncate anything, so this runs with the owner's rights and decides for itself.
CREATE FUNCTION empty_slots() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = outbox, pg_temp SET lock_timeout = '100ms'
AS $$
DECLARE
    this_hour integer;
    is_empty  boolean;
    emptied   integer := 0;
BEGIN
    -- With an older snapshot, a deposit that was committed since would not be seen, and lost
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'empty_slots must run in a read committed transaction';
    END IF;
    this_hour := extract(hour FROM clock_timestamp() AT TIME ZONE 'UTC');
    FOR hour IN 0..23 LOOP
        -- The hour before may still get a row from a statement that began in it
        CONTINUE WHEN hour = this_hour OR hour = (this_hour + 23) % 24;
        CONTINUE WHEN pg_relation_size(format('outbox.deposit_%s', to_char(hour, 'FM00'))::regclass) = 0;
        BEGIN
            EXECUTE format('LOCK TABLE deposit_%s IN ACCESS EXCLUSIVE MODE', to_char(hour, 'FM00'));
            -- A statement of its own, after the lock: it sees everything that is committed, and nobody writes
            EXECUTE format('SELECT NOT EXISTS (SELECT FROM deposit_%s)', to_char(hour, 'FM00')) INTO is_empty;
            IF is_empty THEN
                EXECUTE format('TRUNCATE deposit_%s', to_char(hour, 'FM00'));
                emptied := emptied + 1;
            END IF;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            NULL; -- somebody is at work in it; the next call will find it
        END;
    END LOOP;
    RETURN emptied;
END
$$;

-- Every role can read this: it is how a program without any right to read finds the schema's version
COMMENT ON SCHEMA outbox IS 'nightsafe outbox 1';
