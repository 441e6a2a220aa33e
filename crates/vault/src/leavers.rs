//! Which data keys somebody who has left opens: what was granted is in the database, who has left is said by the roster.

use std::sync::Arc;

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::scalar::KeyId;
use nightsafe_store::vault::VaultStore;

use crate::roster::{RosterUnknown, VaultRoster};

/// Asks roster and database. Clones share what was verified.
#[derive(Debug, Clone)]
pub struct Leavers(Arc<VaultRoster>);

impl Leavers {
    /// By the trust anchor that the roster is verified by; without one nobody has left.
    pub fn new(anchor: Option<TrustAnchor>) -> Self {
        Self(Arc::new(VaultRoster::new(anchor)))
    }

    /// The keys, in the order of their ids. A roster that is refused is told in the server's log: nothing is known of it then.
    pub async fn keys(&self, store: &VaultStore) -> Vec<KeyId> {
        known_to_leavers(&self.0, store).await.unwrap_or_else(|error| {
            tracing::error!(%error, "it is not known which data keys somebody who has left opens");
            Vec::new()
        })
    }
}

/// The same for a handler, which refuses.
pub(crate) async fn known_to_leavers(roster: &VaultRoster, store: &VaultStore) -> Result<Vec<KeyId>, RosterUnknown> {
    let ended = store.ended_grants().await?;
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    Ok(roster.now(store).await?.map(|roster| roster.known_to_leavers(&ended)).unwrap_or_default())
}
