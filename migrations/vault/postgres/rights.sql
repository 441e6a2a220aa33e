-- Who may do what in schema vault. Not a migration: `nightsafe db migrate` runs it every time, after the migrations, so
-- that a right that was granted by hand is gone again.
REVOKE ALL ON SCHEMA vault FROM PUBLIC, nightsafe_ingest, nightsafe_relay, nightsafe_vault;
REVOKE ALL ON ALL TABLES IN SCHEMA vault FROM PUBLIC, nightsafe_ingest, nightsafe_relay, nightsafe_vault;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA vault FROM PUBLIC, nightsafe_ingest, nightsafe_relay, nightsafe_vault;
REVOKE ALL ON ALL ROUTINES IN SCHEMA vault FROM PUBLIC, nightsafe_ingest, nightsafe_relay, nightsafe_vault;

-- The vault alone; what is written once is never changed or deleted by it, but for who has gone and what is sealed anew
GRANT USAGE ON SCHEMA vault TO nightsafe_vault;
GRANT SELECT, INSERT ON deposit_index, taken, data_key, wrapped_item, recovery_grant, manifest, admin, quarantine,
    identity, admin_identity, wrapped_identity, roster_entry, admin_grant, audit_key, audit_grant, audit_recovery_grant,
    ended_grant TO nightsafe_vault;
-- People come and go by entries of the roster; what belongs to who has gone is deleted
GRANT SELECT, INSERT, DELETE ON invitation, newcomer, roster_proposal TO nightsafe_vault;
-- A kit is used once, dropped, or makes room for the next
GRANT SELECT, INSERT, DELETE ON recovery_kit TO nightsafe_vault;
-- Passkeys are added and removed; a sign-in by one leaves when, and the authenticator's count
GRANT SELECT, INSERT, DELETE, UPDATE (sign_count, last_used) ON passkey TO nightsafe_vault;
GRANT DELETE ON admin, admin_identity, wrapped_identity, admin_grant, audit_grant TO nightsafe_vault;
-- A new passphrase: one record and one wrapping are replaced
GRANT UPDATE (record) ON admin TO nightsafe_vault;
GRANT UPDATE (wrapped) ON wrapped_identity TO nightsafe_vault;
-- Sealed anew: whose deposit it is and what stays readable of it does not change
GRANT UPDATE (manifest, key_id, locator) ON deposit_index TO nightsafe_vault;
GRANT EXECUTE ON FUNCTION replace_field(bytea, bytea, bytea, bytea, bytea) TO nightsafe_vault;
-- The items of a data key are destroyed whole, and only when nothing is sealed to it any more. (INSERT is for copying a vault)
GRANT SELECT, INSERT ON purged_key TO nightsafe_vault;
GRANT EXECUTE ON FUNCTION purge_key(bytea, bigint) TO nightsafe_vault;
GRANT SELECT ON field_row TO nightsafe_vault;
GRANT INSERT ON field_staging TO nightsafe_vault;
GRANT SELECT, INSERT (deposit_id, kind, field_no, purpose, admin, at) ON opening TO nightsafe_vault;
GRANT SELECT, INSERT, DELETE, UPDATE (last_used, half, wrapped, recorded) ON session TO nightsafe_vault;
GRANT SELECT, INSERT, UPDATE (lock_after) ON admin_setting TO nightsafe_vault;
GRANT SELECT ON settled TO nightsafe_vault;
-- Erasing an entry is the operator's
GRANT SELECT, INSERT ON log_leaf, log_node, log_entry, checkpoint TO nightsafe_vault;
-- What was said there of manifests and keys is not said again
GRANT SELECT, INSERT ON logged_manifest, logged_key TO nightsafe_vault;
-- What more settling needs, the function has: it runs with the owner's rights
GRANT EXECUTE ON FUNCTION settle(bigint) TO nightsafe_vault;
