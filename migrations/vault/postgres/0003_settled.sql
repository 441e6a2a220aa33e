-- When the field rows were last settled: put into places that say nothing of when, and with what, they came.
CREATE TABLE settled (
    one bigint NOT NULL PRIMARY KEY CHECK (one = 1), -- there is one row at most
    at  bigint NOT NULL
);

-- Statistics of a column hold some of its values: tags that were there together, when they were taken. Rows are looked
-- up by key alone, for which nobody needs them.
ALTER TABLE field_staging
    ALTER COLUMN tag SET STATISTICS 0, ALTER COLUMN envelope_hash SET STATISTICS 0, ALTER COLUMN envelope SET STATISTICS 0;
ALTER TABLE field
    ALTER COLUMN tag SET STATISTICS 0, ALTER COLUMN envelope_hash SET STATISTICS 0, ALTER COLUMN envelope SET STATISTICS 0;

-- Moves all rows of field_staging to where they stay, and returns the months of the partitions that got some.
--
-- Each of these partitions is written anew as a whole, in the order of tags, by this one transaction: so neither ctid nor
-- xmin, nor the numbers of chunks in TOAST, nor the pages of the index tell old rows from new ones. While that is done
-- readers read and intake goes on. Then the new partitions take the place of the old ones, and staging is truncated,
-- which gives it a new file; rows that came meanwhile are put back into it. Only this last part keeps others waiting.
--
-- Whoever calls this must then read the partitions once, in another transaction: the first reader of a row after the
-- commit leaves a mark on it (a hint bit), which would show the rows that were opened since.
CREATE FUNCTION settle(now bigint) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp SET lock_timeout = '1s'
-- Which rows came meanwhile is looked up row by row: never by reading a whole partition while others wait
SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    months    text[];
    month     text;
    name      text;
    is_locked boolean := false;
BEGIN
    -- With an older snapshot, rows that were committed since would not be seen, and lost
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'settle must run in a read committed transaction';
    END IF;
    IF NOT pg_try_advisory_xact_lock(7956003915054645250) THEN
        RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = 'another session is settling';
    END IF;

    months := ARRAY(SELECT DISTINCT expires FROM field_staging ORDER BY expires);
    FOREACH month IN ARRAY months LOOP
        name := 'field_' || replace(month, '-', '_');
        EXECUTE format('CREATE TABLE %I (LIKE field INCLUDING STORAGE, CONSTRAINT month CHECK (expires = %L))',
                       name || '_new', month);
        EXECUTE format('ALTER TABLE %I ALTER COLUMN tag SET STATISTICS 0, ALTER COLUMN envelope_hash SET STATISTICS 0, '
                       'ALTER COLUMN envelope SET STATISTICS 0', name || '_new');
        IF to_regclass(name) IS NOT NULL THEN
            -- Nothing may be deleted from it any more: that would be undone
            EXECUTE format('LOCK TABLE %I IN SHARE MODE', name);
        END IF;
        EXECUTE format('INSERT INTO %I SELECT tag, envelope_hash, kind, key_id, expires, envelope FROM field_row '
                       'WHERE expires = %L ORDER BY tag, envelope_hash', name || '_new', month);
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY (tag, envelope_hash, expires)',
                       name || '_new', name || '_new_pkey');
    END LOOP;

    FOR attempt IN 1..30 LOOP
        BEGIN
            -- The lock of intake, then every lock at once, first that on the table which every statement takes first
            PERFORM pg_advisory_xact_lock(7956003915054645249);
            LOCK TABLE field_staging, field IN ACCESS EXCLUSIVE MODE;
            is_locked := true;
            EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            -- Those who queued behind us go on
            PERFORM pg_sleep(0.3);
        END;
    END LOOP;
    IF NOT is_locked THEN
        RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = 'a long transaction reads the field rows';
    END IF;

    FOREACH month IN ARRAY months LOOP
        name := 'field_' || replace(month, '-', '_');
        IF to_regclass(name) IS NOT NULL THEN
            EXECUTE format('ALTER TABLE field DETACH PARTITION %I', name);
            EXECUTE format('DROP TABLE %I', name);
        END IF;
        EXECUTE format('ALTER TABLE %I RENAME TO %I', name || '_new', name);
        EXECUTE format('ALTER INDEX %I RENAME TO %I', name || '_new_pkey', name || '_pkey');
        EXECUTE format('ALTER TABLE field ATTACH PARTITION %I FOR VALUES IN (%L)', name, month);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT month', name);
    END LOOP;
    CREATE TEMPORARY TABLE came_meanwhile ON COMMIT DROP AS
        SELECT s.* FROM field_staging s WHERE NOT EXISTS (
            SELECT FROM field f WHERE f.tag = s.tag AND f.envelope_hash = s.envelope_hash AND f.expires = s.expires);
    TRUNCATE field_staging;
    INSERT INTO field_staging SELECT * FROM pg_temp.came_meanwhile ORDER BY tag, envelope_hash;
    INSERT INTO settled (one, at) VALUES (1, now) ON CONFLICT (one) DO UPDATE SET at = excluded.at;
    RETURN QUERY SELECT unnest(months);
END
$$;

COMMENT ON SCHEMA vault IS 'nightsafe vault 3';
