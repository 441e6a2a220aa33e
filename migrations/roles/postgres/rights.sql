-- What the database itself gives: to each role no more than a connection. Runs every time, after the rights on the
-- schemas. Who does not own the database gets warnings here, and `nightsafe db migrate` says what is left open.
DO $$
DECLARE
    -- Reading and writing large objects is for their owner; so whoever cannot make one has none
    large_objects constant text := 'pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), '
                                   'pg_catalog.lo_from_bytea(oid, bytea)';
BEGIN
    -- PUBLIC may connect to every database and make temporary tables in it, unless told otherwise
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC, nightsafe_ingest, nightsafe_relay, nightsafe_vault',
                   current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO nightsafe_vault', current_database());
    IF to_regnamespace('outbox') IS NOT NULL THEN
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO nightsafe_ingest, nightsafe_relay', current_database());
    END IF;
    IF to_regnamespace('public') IS NOT NULL THEN
        REVOKE ALL ON SCHEMA public FROM PUBLIC, nightsafe_ingest, nightsafe_relay, nightsafe_vault;
    END IF;
    IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || large_objects || ' FROM PUBLIC';
    END IF;
END
$$;
