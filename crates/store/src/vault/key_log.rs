//! What the audit log says of key manifests and data keys, so that it says each once: after every restart, and with several
//! vaults on one database.

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_core::keys::KeyState;
use nightsafe_core::log::{CheckpointError, Hash};
use nightsafe_core::scalar::{KeyId, ManifestHash};

use super::log::append;
use super::{AppendError, Appended, LOG_LOCK, NewLeaf, VaultStore, damaged, unavailable};
use crate::StoreError;
use crate::sql::{Row, Transaction, statement};

/// Something about keys that the log is to say once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyNews {
    /// A manifest was published.
    Published(ManifestHash),
    /// A data key has come into a state. `Purged` is not said so, but in the transaction that destroys the key.
    Came(KeyId, KeyState),
}

/// What the log says of it by now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyLog {
    manifests: BTreeSet<ManifestHash>,
    /// The furthest of each key.
    states: BTreeMap<KeyId, KeyState>,
}

impl KeyLog {
    /// Whether there is nothing to add: it was said, or a later state of the key was. Keys go forwards only, whatever a clock
    /// that was set back makes of them.
    pub fn has(&self, news: &KeyNews) -> bool {
        match news {
            KeyNews::Published(manifest) => self.manifests.contains(manifest),
            KeyNews::Came(key, state) => self.states.get(key).is_some_and(|said| said >= state),
        }
    }
}

impl VaultStore {
    /// What the log says of manifests and data keys.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub async fn key_log(&self) -> Result<KeyLog, StoreError> {
        let manifests = statement("/* vault logged_manifests */ SELECT manifest FROM logged_manifest")
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable)?;
        let states = statement(
            "/* vault logged_keys */ SELECT key_id, max(state) AS state FROM (SELECT key_id, state FROM logged_key \
             UNION ALL SELECT key_id, 4 AS state FROM purged_key) said GROUP BY key_id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
        let furthest = |row: &Row| Ok((super::key_id(row)?, state(row.get("state").map_err(unavailable)?)?));
        Ok(KeyLog {
            manifests: manifests.iter().map(super::manifest).collect::<Result<_, _>>()?,
            states: states.iter().map(furthest).collect::<Result<_, StoreError>>()?,
        })
    }

    /// Appends the leaves of what the log does not say yet, in their order, and remembers that it does, all or nothing. `None`
    /// when it says all of it.
    ///
    /// # Errors
    /// [`AppendError`]
    pub async fn append_key_news<S>(
        &self,
        news: &[(KeyNews, NewLeaf)],
        sign: S,
    ) -> Result<Option<Appended>, AppendError>
    where
        S: FnOnce(u64, Hash) -> Result<String, CheckpointError>,
    {
        let mut transaction = self.write().await?;
        // First: who records the same at this moment waits here, and then sees that it is done
        transaction.serialise(LOG_LOCK).await.map_err(unavailable)?;
        let mut leaves = Vec::new();
        for (news, leaf) in news {
            if remember(&mut transaction, news).await? {
                leaves.push(leaf.clone());
            }
        }
        if leaves.is_empty() {
            return Ok(None);
        }
        let appended = append(&mut transaction, &leaves, sign).await?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(Some(appended))
    }
}

/// Whether it is new. That a key is purged is the last that is said of it.
async fn remember(transaction: &mut Transaction, news: &KeyNews) -> Result<bool, StoreError> {
    let added =
        match news {
            KeyNews::Published(manifest) => statement(
                "/* vault log manifest */ INSERT INTO logged_manifest (manifest) VALUES ($1) ON CONFLICT DO NOTHING",
            )
            .bind(&manifest.0)
            .execute(transaction)
            .await,
            KeyNews::Came(key, state) => {
                statement(
                    "/* vault log key */ INSERT INTO logged_key (key_id, state) SELECT $1, $2 WHERE $2 < 4 \
                 AND NOT EXISTS (SELECT 1 FROM logged_key WHERE key_id = $1 AND state >= $2) \
                 AND NOT EXISTS (SELECT 1 FROM purged_key WHERE key_id = $1)",
                )
                .bind(&key.0)
                .bind(number(*state))
                .execute(transaction)
                .await
            }
        };
    Ok(added.map_err(unavailable)? > 0)
}

const fn number(state: KeyState) -> i64 {
    match state {
        KeyState::Pending => 0,
        KeyState::Active => 1,
        KeyState::Retiring => 2,
        KeyState::Retired => 3,
        KeyState::Purged => 4,
    }
}

fn state(number: i64) -> Result<KeyState, StoreError> {
    KeyState::ALL.into_iter().find(|state| self::number(*state) == number).ok_or_else(|| damaged("state"))
}
