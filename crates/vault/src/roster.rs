//! The vault's own view of its roster: verified from the trust anchor down, like a browser's. It keeps mistakes and strangers
//! out; browsers trust nothing of it.

use std::sync::{Arc, Mutex, PoisonError};

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::roster::{Roster, RosterError, verify_at_any_time};
use nightsafe_store::StoreError;
use nightsafe_store::vault::VaultStore;

/// Verifies the roster again whenever it has changed, by this vault or by another on the same database.
#[derive(Debug)]
pub(crate) struct VaultRoster {
    anchor: Option<TrustAnchor>,
    last: Mutex<Option<Arc<Roster>>>,
}

/// Why nothing is known of the roster.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RosterUnknown {
    /// It was not signed from the site keys down.
    #[error("the roster in the vault's database is refused: {0}")]
    Refused(#[from] RosterError),
    /// There is one, and nothing to verify it by.
    #[error("there is a roster in the vault's database, and no trust anchor to verify it by: set site.anchor")]
    NoAnchor,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl VaultRoster {
    pub(crate) fn new(anchor: Option<TrustAnchor>) -> Self {
        Self { anchor, last: Mutex::default() }
    }

    /// What it is verified by.
    pub(crate) const fn anchor(&self) -> Option<&TrustAnchor> {
        self.anchor.as_ref()
    }

    /// The roster as it is now; `None` before it begins.
    pub(crate) async fn now(&self, store: &VaultStore) -> Result<Option<Arc<Roster>>, RosterUnknown> {
        let Some(head) = store.roster_head().await? else { return Ok(None) };
        // An anchor that is gone from the configuration must not make everybody an admin again
        let anchor = self.anchor.as_ref().ok_or(RosterUnknown::NoAnchor)?;
        if let Some(last) = self.last().filter(|last| last.head() == head) {
            return Ok(Some(last));
        }
        let roster = Arc::new(verify_at_any_time(&store.roster().await?, anchor)?);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&roster));
        Ok(Some(roster))
    }

    fn last(&self) -> Option<Arc<Roster>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
