-- Who may do what in schema outbox. Not a migration: `nightsafe db migrate` runs it every time, after the migrations,
-- so that a right that was granted by hand is gone again.
REVOKE ALL ON SCHEMA outbox FROM PUBLIC, nightsafe_ingest, nightsafe_relay, nightsafe_vault;
REVOKE ALL ON ALL TABLES IN SCHEMA outbox FROM PUBLIC, nightsafe_ingest, nightsafe_relay, nightsafe_vault;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA outbox FROM PUBLIC, nightsafe_ingest, nightsafe_relay, nightsafe_vault;
REVOKE ALL ON ALL ROUTINES IN SCHEMA outbox FROM PUBLIC, nightsafe_ingest, nightsafe_relay, nightsafe_vault;

-- Ingest inserts and can do nothing else: no reading, no choice of slot or order
GRANT USAGE ON SCHEMA outbox TO nightsafe_ingest;
GRANT INSERT (deposit_id, day, nonce, body) ON deposit TO nightsafe_ingest;

-- Whoever takes deposits out: the relay on the shop's side, or the vault itself
GRANT USAGE ON SCHEMA outbox TO nightsafe_relay, nightsafe_vault;
GRANT SELECT, DELETE ON deposit TO nightsafe_relay, nightsafe_vault;
GRANT INSERT ON taken TO nightsafe_relay, nightsafe_vault;
GRANT EXECUTE ON FUNCTION empty_slots() TO nightsafe_relay, nightsafe_vault;
