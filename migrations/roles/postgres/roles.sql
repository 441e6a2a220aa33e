-- The roles of the servers. They belong to the whole PostgreSQL server, not to one database. Each may log in but has no
-- password: that is for whoever runs the server to set, or pg_hba.conf lets it in by certificate or Unix user.
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['nightsafe_ingest', 'nightsafe_relay', 'nightsafe_vault'] LOOP
        IF to_regrole(role) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', role);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- made at this moment for another database of the same server
            END;
        END IF;
    END LOOP;
END
$$;
