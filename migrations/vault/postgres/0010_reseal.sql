-- What identities that have ended were granted: their grants themselves are deleted. Which of these people have left is said
-- by the roster alone; what they could open is sealed anew, and no key of theirs seals any more (docs/spec/custody.md).
CREATE TABLE ended_grant (
    key_id    bytea NOT NULL REFERENCES data_key (key_id),
    recipient bytea NOT NULL REFERENCES identity (identity_id),
    PRIMARY KEY (key_id, recipient)
);

-- Nobody wrote down before what they had been granted: so it is every key of now. One too many is sealed anew, none too few
INSERT INTO ended_grant (key_id, recipient)
    SELECT k.key_id, i.identity_id FROM data_key k CROSS JOIN identity i
    WHERE NOT EXISTS (SELECT 1 FROM admin_identity a WHERE a.identity_id = i.identity_id);

-- How many are left to be sealed anew, and the next of them
CREATE INDEX deposit_index_key ON deposit_index (key_id, deposit_id);

-- Puts an envelope in the place of another: same tag, kind and month. The vault's role can exchange a row so, and can delete
-- none. The new row goes to staging like any other, and as its month is that of the old one, settling writes the old one's
-- partition anew, too: until then the two are linked, as rows of one deposit are that have just come.
--
-- Never while rows are settled: what settling has read already would come back. Gives how many rows there were: 1, or 0.
CREATE FUNCTION replace_field(old_tag bytea, old_hash bytea, new_hash bytea, new_key bytea, new_envelope bytea) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp
AS $$
DECLARE
    old_kind  text;
    old_month text;
BEGIN
    PERFORM pg_advisory_xact_lock(7956003915054645250);
    DELETE FROM field_staging WHERE tag = old_tag AND envelope_hash = old_hash RETURNING kind, expires INTO old_kind, old_month;
    IF NOT FOUND THEN
        SELECT kind, expires INTO old_kind, old_month FROM field WHERE tag = old_tag AND envelope_hash = old_hash;
        IF NOT FOUND THEN
            RETURN 0;
        END IF;
        DELETE FROM field WHERE tag = old_tag AND envelope_hash = old_hash AND expires = old_month;
    END IF;
    INSERT INTO field_staging (tag, envelope_hash, kind, key_id, expires, envelope)
        VALUES (old_tag, new_hash, old_kind, new_key, old_month, new_envelope);
    RETURN 1;
END
$$;

COMMENT ON SCHEMA vault IS 'nightsafe vault 10';
