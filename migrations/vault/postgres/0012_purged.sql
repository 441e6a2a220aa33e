-- Data keys whose private items were destroyed, because nothing that is sealed to them was left (docs/spec/custody.md). Only
-- added to: a deposit that comes later goes into quarantine, and nothing is granted of such a key any more.
CREATE TABLE purged_key (
    key_id bytea NOT NULL PRIMARY KEY REFERENCES data_key (key_id),
    at     bigint NOT NULL
);

-- Destroys all private items of a data key, however they are kept, and what is remembered of who had them, unless something
-- that is sealed to it is left, or lies in quarantine: a body there holds the key's id. The vault's role can delete no recovery
-- grant but so. Gives 1, or 0 when nothing was destroyed.
--
-- With the locks of settling, intake and grants: rows do not move, come in or are granted between the look and the end.
CREATE FUNCTION purge_key(gone bytea, now bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp
AS $$
BEGIN
    -- With an older snapshot, rows that were committed since would not be seen, and their key destroyed
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'purge_key must run in a read committed transaction';
    END IF;
    PERFORM pg_advisory_xact_lock(7956003915054645250);
    PERFORM pg_advisory_xact_lock(7956003915054645249);
    PERFORM pg_advisory_xact_lock(7956003915054645252);
    IF EXISTS (SELECT FROM deposit_index WHERE key_id = gone)
        OR EXISTS (SELECT FROM field_row WHERE key_id = gone)
        OR EXISTS (SELECT FROM quarantine WHERE position(gone IN body) > 0)
        OR NOT EXISTS (SELECT FROM data_key WHERE key_id = gone)
        OR EXISTS (SELECT FROM purged_key WHERE key_id = gone)
    THEN
        RETURN 0;
    END IF;
    DELETE FROM wrapped_item WHERE key_id = gone;
    DELETE FROM recovery_grant WHERE key_id = gone;
    DELETE FROM admin_grant WHERE key_id = gone;
    DELETE FROM ended_grant WHERE key_id = gone;
    INSERT INTO purged_key (key_id, at) VALUES (gone, now);
    RETURN 1;
END
$$;

COMMENT ON SCHEMA vault IS 'nightsafe vault 12';
