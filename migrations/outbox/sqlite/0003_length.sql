-- No deposit is longer than ingest takes (262144 bytes): a longer row would fill the reader's memory. What is there
-- already stays, but is not handed out: ingest has acknowledged none of it. A table gets no new CHECK here without
-- being written anew, old rows included, so a trigger checks.
CREATE TRIGGER deposit_length BEFORE INSERT ON deposit WHEN length(NEW.body) > 262144
BEGIN
    SELECT RAISE(ABORT, 'the body is longer than any deposit');
END;
CREATE INDEX deposit_too_long ON deposit (arrival) WHERE length(body) > 262144;
