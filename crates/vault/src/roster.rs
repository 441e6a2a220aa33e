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
    /// It was not signed from the site keys down, or does not go on from what was verified before.
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

    /// The roster as it is now; `None` before it begins. One that does not go on from the last that was verified is not taken:
    /// nobody who was removed comes back while the vault runs.
    pub(crate) async fn now(&self, store: &VaultStore) -> Result<Option<Arc<Roster>>, RosterUnknown> {
        // Before the database is asked: else what others have verified meanwhile would be ahead of its answer
        let last = self.last();
        let head = store.roster_head().await?;
        match &last {
            None if head.is_none() => return Ok(None),
            Some(last) if head == Some(last.head()) => return Ok(Some(Arc::clone(last))),
            _ => {}
        }
        // An anchor that is gone from the configuration must not make everybody an admin again
        let anchor = self.anchor.as_ref().ok_or(RosterUnknown::NoAnchor)?;
        let roster = Arc::new(verify_at_any_time(&store.roster().await?, anchor)?);
        roster.check_follows(last.map(|last| last.remember()))?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&roster));
        Ok(Some(roster))
    }

    fn last(&self) -> Option<Arc<Roster>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
