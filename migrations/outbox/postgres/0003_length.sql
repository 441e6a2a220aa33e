-- No deposit is longer than ingest takes (262144 bytes): a longer row would fill the reader's memory. What is there
-- already stays (NOT VALID), but is not handed out: ingest has acknowledged none of it.
ALTER TABLE deposit ADD CONSTRAINT deposit_length CHECK (length(body) <= 262144) NOT VALID;
CREATE INDEX deposit_too_long ON deposit (arrival) WHERE length(body) > 262144;

COMMENT ON SCHEMA outbox IS 'nightsafe outbox 3';
