//! Which data keys somebody who has left opens, as the roster has it, and which nobody opens any more: nothing is sealed to them.

use anyhow::{Context, Result};
use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::manifest::{DataKey, KeyManifest};
use nightsafe_core::roster::{self, Roster};
use nightsafe_core::scalar::{IdentityId, KeyId};
use nightsafe_core::time::UnixTime;
use nightsafe_store::vault::VaultStore;

/// What was granted to people who have left.
#[derive(Debug, Default)]
pub(crate) struct Leavers {
    roster: Option<Roster>,
    ended: Vec<(KeyId, IdentityId)>,
    keys: Vec<KeyId>,
    purged: Vec<KeyId>,
}

impl Leavers {
    pub(crate) async fn read(store: &VaultStore, anchor: &TrustAnchor) -> Result<Self> {
        let entries = store.roster().await?;
        let purged = store.purged_keys().await?.iter().map(|key| key.key_id).collect();
        if entries.is_empty() {
            return Ok(Self { purged, ..Self::default() });
        }
        let roster = roster::verify_at_any_time(&entries, anchor).context("the vault's roster of admins is refused")?;
        let ended = store.ended_grants().await?;
        let keys = roster.known_to_leavers(&ended);
        Ok(Self { roster: Some(roster), ended, keys, purged })
    }

    /// The keys.
    pub(crate) fn keys(&self) -> &[KeyId] {
        &self.keys
    }

    /// Keys whose private items were destroyed.
    pub(crate) fn purged(&self) -> &[KeyId] {
        &self.purged
    }

    /// A line for each key of `before` that seals now, or was to, and must not any more.
    pub(crate) fn told(&self, before: &KeyManifest, now: UnixTime) -> Vec<String> {
        let active = before.active_key(now).map(DataKey::key_id);
        let known = before.data_keys.iter().filter(|key| self.keys.contains(&key.key_id()));
        let known = known.filter(|key| key.start > now || Some(key.key_id()) == active);
        known
            .map(|key| {
                let what = if key.start > now { "is discarded before its start" } else { "seals no more from now on" };
                format!(
                    "Data key {} {what}: it was granted to {}, not in the roster any more.",
                    key.key_id(),
                    self.names(key.key_id())
                )
            })
            .collect()
    }

    fn names(&self, key: KeyId) -> String {
        let Some(roster) = &self.roster else { return String::new() };
        let ids = self.ended.iter().filter(|(id, who)| *id == key && roster.has_left(who)).map(|(_, who)| who);
        ids.filter_map(|who| roster.admin(who)).map(|admin| admin.name().as_str()).collect::<Vec<_>>().join(", ")
    }
}
