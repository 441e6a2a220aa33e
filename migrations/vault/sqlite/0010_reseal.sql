-- What identities that have ended were granted: their grants themselves are deleted. Which of these people have left is said
-- by the roster alone; what they could open is sealed anew, and no key of theirs seals any more (docs/spec/custody.md).
CREATE TABLE ended_grant (
    key_id    BLOB NOT NULL REFERENCES data_key (key_id),
    recipient BLOB NOT NULL REFERENCES identity (identity_id),
    PRIMARY KEY (key_id, recipient)
) STRICT, WITHOUT ROWID;

-- Nobody wrote down before what they had been granted: so it is every key of now. One too many is sealed anew, none too few
INSERT INTO ended_grant (key_id, recipient)
    SELECT k.key_id, i.identity_id FROM data_key k CROSS JOIN identity i
    WHERE NOT EXISTS (SELECT 1 FROM admin_identity a WHERE a.identity_id = i.identity_id);

-- How many are left to be sealed anew, and the next of them
CREATE INDEX deposit_index_key ON deposit_index (key_id, deposit_id);
