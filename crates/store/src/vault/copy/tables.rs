//! The tables of a vault as they are copied: how each is read in the order of its key, and how it is written.

use Column::{Bytes, Number, Text};

/// A table that is copied.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Takes the key after which the page begins, then the page's size.
    pub(super) read: &'static str,
    pub(super) write: &'static str,
    pub(super) columns: &'static [Column],
    /// How many of the first columns are the key.
    pub(super) key: usize,
    /// How many of the first columns are not written.
    pub(super) unwritten: usize,
}

/// A column's type and name.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Bytes(&'static str),
    Text(&'static str),
    Number(&'static str),
}

/// Those that others refer to come first. Sessions are not copied: admins sign in again. Nor is the time of settling:
/// the target is not settled.
pub(super) const TABLES: [Table; 32] = [
    Table {
        name: "admin",
        read: "/* vault copy admin */ SELECT name, record, created FROM admin WHERE name > $1 ORDER BY name LIMIT \
               $2",
        write: "/* vault put admin */ INSERT INTO admin (name, record, created) VALUES ($1, $2, $3)",
        columns: &[Text("name"), Bytes("record"), Number("created")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "data_key",
        read: "/* vault copy data_key */ SELECT key_id, suite, public_key FROM data_key WHERE key_id > $1 ORDER BY \
               key_id LIMIT $2",
        write: "/* vault put data_key */ INSERT INTO data_key (key_id, suite, public_key) VALUES ($1, $2, $3)",
        columns: &[Bytes("key_id"), Text("suite"), Bytes("public_key")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "purged_key",
        read: "/* vault copy purged_key */ SELECT key_id, at FROM purged_key WHERE key_id > $1 ORDER BY key_id LIMIT $2",
        write: "/* vault put purged_key */ INSERT INTO purged_key (key_id, at) VALUES ($1, $2)",
        columns: &[Bytes("key_id"), Number("at")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "wrapped_item",
        read: "/* vault copy wrapped_item */ SELECT key_id, item, wrapped FROM wrapped_item WHERE (key_id, item) > \
               ($1, $2) ORDER BY key_id, item LIMIT $3",
        write: "/* vault put wrapped_item */ INSERT INTO wrapped_item (key_id, item, wrapped) VALUES ($1, $2, $3)",
        columns: &[Bytes("key_id"), Text("item"), Bytes("wrapped")],
        key: 2,
        unwritten: 0,
    },
    Table {
        name: "recovery_grant",
        read: "/* vault copy recovery_grant */ SELECT key_id, item, recovery_key_id, sealed FROM recovery_grant \
               WHERE (key_id, item, recovery_key_id) > ($1, $2, $3) ORDER BY key_id, item, recovery_key_id LIMIT $4",
        write: "/* vault put recovery_grant */ INSERT INTO recovery_grant (key_id, item, recovery_key_id, sealed) \
                VALUES ($1, $2, $3, $4)",
        columns: &[Bytes("key_id"), Text("item"), Bytes("recovery_key_id"), Bytes("sealed")],
        key: 3,
        unwritten: 0,
    },
    Table {
        name: "identity",
        read: "/* vault copy identity */ SELECT identity_id, public FROM identity WHERE identity_id > $1 ORDER BY \
               identity_id LIMIT $2",
        write: "/* vault put identity */ INSERT INTO identity (identity_id, public) VALUES ($1, $2)",
        columns: &[Bytes("identity_id"), Bytes("public")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "admin_identity",
        read: "/* vault copy admin_identity */ SELECT admin, identity_id FROM admin_identity WHERE admin > $1 ORDER \
               BY admin LIMIT $2",
        write: "/* vault put admin_identity */ INSERT INTO admin_identity (admin, identity_id) VALUES ($1, $2)",
        columns: &[Text("admin"), Bytes("identity_id")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "admin_setting",
        read: "/* vault copy admin_setting */ SELECT admin, lock_after FROM admin_setting WHERE admin > $1 ORDER BY \
               admin LIMIT $2",
        write: "/* vault put admin_setting */ INSERT INTO admin_setting (admin, lock_after) VALUES ($1, $2)",
        columns: &[Text("admin"), Number("lock_after")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "recovery_kit",
        read: "/* vault copy recovery_kit */ SELECT admin, record, made FROM recovery_kit WHERE admin > $1 ORDER BY \
               admin LIMIT $2",
        write: "/* vault put recovery_kit */ INSERT INTO recovery_kit (admin, record, made) VALUES ($1, $2, $3)",
        columns: &[Text("admin"), Bytes("record"), Number("made")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "passkey",
        read: "/* vault copy passkey */ SELECT passkey_id, admin, rp_id, credential, public_key, sign_count, name, made, \
               last_used FROM passkey WHERE passkey_id > $1 ORDER BY passkey_id LIMIT $2",
        write: "/* vault put passkey */ INSERT INTO passkey (passkey_id, admin, rp_id, credential, public_key, \
                sign_count, name, made, last_used) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        columns: &[
            Bytes("passkey_id"),
            Text("admin"),
            Text("rp_id"),
            Bytes("credential"),
            Bytes("public_key"),
            Number("sign_count"),
            Text("name"),
            Number("made"),
            Number("last_used"),
        ],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "wrapped_identity",
        read: "/* vault copy wrapped_identity */ SELECT identity_id, method, slot, wrapped FROM wrapped_identity \
               WHERE (identity_id, method, slot) > ($1, $2, $3) ORDER BY identity_id, method, slot LIMIT $4",
        write: "/* vault put wrapped_identity */ INSERT INTO wrapped_identity (identity_id, method, slot, wrapped) \
                VALUES ($1, $2, $3, $4)",
        columns: &[Bytes("identity_id"), Text("method"), Text("slot"), Bytes("wrapped")],
        key: 3,
        unwritten: 0,
    },
    Table {
        name: "roster_entry",
        read: "/* vault copy roster_entry */ SELECT sequence, head, note FROM roster_entry WHERE sequence > $1 ORDER \
               BY sequence LIMIT $2",
        write: "/* vault put roster_entry */ INSERT INTO roster_entry (sequence, head, note) VALUES ($1, $2, $3)",
        columns: &[Number("sequence"), Bytes("head"), Text("note")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "roster_proposal",
        read: "/* vault copy roster_proposal */ SELECT head, note FROM roster_proposal WHERE head > $1 ORDER BY head \
               LIMIT $2",
        write: "/* vault put roster_proposal */ INSERT INTO roster_proposal (head, note) VALUES ($1, $2)",
        columns: &[Bytes("head"), Text("note")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "invitation",
        read: "/* vault copy invitation */ SELECT name, token_hash, roles, invited_by, expires FROM invitation WHERE \
               name > $1 ORDER BY name LIMIT $2",
        write: "/* vault put invitation */ INSERT INTO invitation (name, token_hash, roles, invited_by, expires) \
                VALUES ($1, $2, $3, $4, $5)",
        columns: &[Text("name"), Bytes("token_hash"), Text("roles"), Text("invited_by"), Number("expires")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "newcomer",
        read: "/* vault copy newcomer */ SELECT name, identity_id, record, public, wrapped, roles, joined FROM \
               newcomer WHERE name > $1 ORDER BY name LIMIT $2",
        write: "/* vault put newcomer */ INSERT INTO newcomer (name, identity_id, record, public, wrapped, roles, \
                joined) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        columns: &[
            Text("name"),
            Bytes("identity_id"),
            Bytes("record"),
            Bytes("public"),
            Bytes("wrapped"),
            Text("roles"),
            Number("joined"),
        ],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "admin_grant",
        read: "/* vault copy admin_grant */ SELECT key_id, recipient, item, granted FROM admin_grant WHERE (key_id, \
               recipient, item) > ($1, $2, $3) ORDER BY key_id, recipient, item LIMIT $4",
        write: "/* vault put admin_grant */ INSERT INTO admin_grant (key_id, recipient, item, granted) VALUES ($1, \
                $2, $3, $4)",
        columns: &[Bytes("key_id"), Bytes("recipient"), Text("item"), Bytes("granted")],
        key: 3,
        unwritten: 0,
    },
    Table {
        name: "ended_grant",
        read: "/* vault copy ended_grant */ SELECT key_id, recipient FROM ended_grant WHERE (key_id, recipient) > \
               ($1, $2) ORDER BY key_id, recipient LIMIT $3",
        write: "/* vault put ended_grant */ INSERT INTO ended_grant (key_id, recipient) VALUES ($1, $2)",
        columns: &[Bytes("key_id"), Bytes("recipient")],
        key: 2,
        unwritten: 0,
    },
    Table {
        name: "audit_key",
        read: "/* vault copy audit_key */ SELECT key_id, public_key FROM audit_key WHERE key_id > $1 ORDER BY key_id \
               LIMIT $2",
        write: "/* vault put audit_key */ INSERT INTO audit_key (key_id, public_key) VALUES ($1, $2)",
        columns: &[Bytes("key_id"), Bytes("public_key")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "audit_grant",
        read: "/* vault copy audit_grant */ SELECT key_id, recipient, item, granted FROM audit_grant WHERE (key_id, \
               recipient, item) > ($1, $2, $3) ORDER BY key_id, recipient, item LIMIT $4",
        write: "/* vault put audit_grant */ INSERT INTO audit_grant (key_id, recipient, item, granted) VALUES ($1, \
                $2, $3, $4)",
        columns: &[Bytes("key_id"), Bytes("recipient"), Text("item"), Bytes("granted")],
        key: 3,
        unwritten: 0,
    },
    Table {
        name: "audit_recovery_grant",
        read: "/* vault copy audit_recovery_grant */ SELECT key_id, item, recovery_key_id, sealed FROM \
               audit_recovery_grant WHERE (key_id, item, recovery_key_id) > ($1, $2, $3) ORDER BY key_id, item, \
               recovery_key_id LIMIT $4",
        write: "/* vault put audit_recovery_grant */ INSERT INTO audit_recovery_grant (key_id, item, recovery_key_id, \
                sealed) VALUES ($1, $2, $3, $4)",
        columns: &[Bytes("key_id"), Text("item"), Bytes("recovery_key_id"), Bytes("sealed")],
        key: 3,
        unwritten: 0,
    },
    Table {
        name: "manifest",
        read: "/* vault copy manifest */ SELECT manifest, sequence, note FROM manifest WHERE manifest > $1 ORDER \
               BY manifest LIMIT $2",
        write: "/* vault put manifest */ INSERT INTO manifest (manifest, sequence, note) VALUES ($1, $2, $3)",
        columns: &[Bytes("manifest"), Number("sequence"), Text("note")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "deposit_index",
        read: "/* vault copy deposit_index */ SELECT deposit_id, site, reference, manifest, key_id, brand, last4, \
               expiry, postal_code, country, street_number, area_code, email, day, locator FROM deposit_index WHERE \
               deposit_id > $1 ORDER BY deposit_id LIMIT $2",
        write: "/* vault put deposit_index */ INSERT INTO deposit_index (deposit_id, site, reference, manifest, \
                key_id, brand, last4, expiry, postal_code, country, street_number, area_code, email, day, locator) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        columns: &[
            Bytes("deposit_id"),
            Text("site"),
            Text("reference"),
            Bytes("manifest"),
            Bytes("key_id"),
            Text("brand"),
            Text("last4"),
            Text("expiry"),
            Text("postal_code"),
            Text("country"),
            Text("street_number"),
            Text("area_code"),
            Text("email"),
            Text("day"),
            Bytes("locator"),
        ],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "taken",
        read: "/* vault copy taken */ SELECT deposit_id FROM taken WHERE deposit_id > $1 ORDER BY deposit_id LIMIT \
               $2",
        write: "/* vault put taken */ INSERT INTO taken (deposit_id) VALUES ($1)",
        columns: &[Bytes("deposit_id")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "field",
        read: "/* vault copy field */ SELECT tag, envelope_hash, kind, key_id, expires, envelope FROM field_row \
               WHERE (tag, envelope_hash) > ($1, $2) ORDER BY tag, envelope_hash LIMIT $3",
        write: "/* vault put field */ INSERT INTO field (tag, envelope_hash, kind, key_id, expires, envelope) \
                VALUES ($1, $2, $3, $4, $5, $6)",
        columns: &[
            Bytes("tag"),
            Bytes("envelope_hash"),
            Text("kind"),
            Bytes("key_id"),
            Text("expires"),
            Bytes("envelope"),
        ],
        key: 2,
        unwritten: 0,
    },
    Table {
        name: "opening",
        read: "/* vault copy opening */ SELECT number, deposit_id, kind, field_no, purpose, admin, at FROM opening \
               WHERE number > $1 ORDER BY number LIMIT $2",
        // The numbers are the target's own; their order stays
        write: "/* vault put opening */ INSERT INTO opening (deposit_id, kind, field_no, purpose, admin, at) \
                VALUES ($1, $2, $3, $4, $5, $6)",
        columns: &[
            Number("number"),
            Bytes("deposit_id"),
            Text("kind"),
            Number("field_no"),
            Text("purpose"),
            Text("admin"),
            Number("at"),
        ],
        key: 1,
        unwritten: 1,
    },
    Table {
        name: "logged_manifest",
        read: "/* vault copy logged_manifest */ SELECT manifest FROM logged_manifest WHERE manifest > $1 ORDER BY \
               manifest LIMIT $2",
        write: "/* vault put logged_manifest */ INSERT INTO logged_manifest (manifest) VALUES ($1)",
        columns: &[Bytes("manifest")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "logged_key",
        read: "/* vault copy logged_key */ SELECT key_id, state FROM logged_key WHERE (key_id, state) > ($1, $2) ORDER \
               BY key_id, state LIMIT $3",
        write: "/* vault put logged_key */ INSERT INTO logged_key (key_id, state) VALUES ($1, $2)",
        columns: &[Bytes("key_id"), Number("state")],
        key: 2,
        unwritten: 0,
    },
    // Byte for byte: the copy is the same log, with the same checkpoints
    Table {
        name: "log_leaf",
        read: "/* vault copy log_leaf */ SELECT number, commitment FROM log_leaf WHERE number > $1 ORDER BY number \
               LIMIT $2",
        write: "/* vault put log_leaf */ INSERT INTO log_leaf (number, commitment) VALUES ($1, $2)",
        columns: &[Number("number"), Bytes("commitment")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "log_node",
        read: "/* vault copy log_node */ SELECT level, number, hash FROM log_node WHERE (level, number) > ($1, $2) \
               ORDER BY level, number LIMIT $3",
        write: "/* vault put log_node */ INSERT INTO log_node (level, number, hash) VALUES ($1, $2, $3)",
        columns: &[Number("level"), Number("number"), Bytes("hash")],
        key: 2,
        unwritten: 0,
    },
    Table {
        name: "log_entry",
        read: "/* vault copy log_entry */ SELECT number, key_id, sealed FROM log_entry WHERE number > $1 ORDER BY \
               number LIMIT $2",
        write: "/* vault put log_entry */ INSERT INTO log_entry (number, key_id, sealed) VALUES ($1, $2, $3)",
        columns: &[Number("number"), Bytes("key_id"), Bytes("sealed")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "checkpoint",
        read: "/* vault copy checkpoint */ SELECT size, note FROM checkpoint WHERE size > $1 ORDER BY size LIMIT $2",
        write: "/* vault put checkpoint */ INSERT INTO checkpoint (size, note) VALUES ($1, $2)",
        columns: &[Number("size"), Text("note")],
        key: 1,
        unwritten: 0,
    },
    Table {
        name: "quarantine",
        read: "/* vault copy quarantine */ SELECT deposit_id, body_hash, day, reason, nonce, body FROM quarantine \
               WHERE (deposit_id, body_hash) > ($1, $2) ORDER BY deposit_id, body_hash LIMIT $3",
        write: "/* vault put quarantine */ INSERT INTO quarantine (deposit_id, body_hash, day, reason, nonce, \
                body) VALUES ($1, $2, $3, $4, $5, $6)",
        columns: &[Bytes("deposit_id"), Bytes("body_hash"), Text("day"), Text("reason"), Bytes("nonce"), Bytes("body")],
        key: 2,
        unwritten: 0,
    },
];

/// New rows lie apart on PostgreSQL, until settling.
pub(super) const PUT_STAGED: &str = "/* vault put field_staging */ INSERT INTO field_staging \
    (tag, envelope_hash, kind, key_id, expires, envelope) VALUES ($1, $2, $3, $4, $5, $6)";

#[cfg(test)]
mod tests {
    use super::{Column, TABLES};
    use crate::vault::SQLITE;

    /// Tables that are left out on purpose.
    const LEFT: [&str; 3] = ["_sqlx_migrations", "session", "settled"];

    /// A table or column that a later migration adds must be copied, or left on purpose.
    #[tokio::test]
    async fn every_column_of_every_table_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let pool = crate::sqlite::open(&folder.path().join("vault.db"), &SQLITE, 1).await.unwrap();
        let found: Vec<(String, String)> = sqlx::query_as(
            "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY 1, 2",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        let found: Vec<_> = found.into_iter().filter(|(table, _)| !LEFT.contains(&table.as_str())).collect();
        let name = |column: &Column| match *column {
            Column::Bytes(name) | Column::Text(name) | Column::Number(name) => name.to_owned(),
        };
        let mut copied: Vec<(String, String)> = TABLES
            .iter()
            .flat_map(|table| table.columns.iter().map(|column| (table.name.to_owned(), name(column))))
            .collect();
        copied.sort();
        assert_eq!(copied, found);
    }
}
