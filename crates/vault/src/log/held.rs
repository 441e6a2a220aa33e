//! The roster that entries are verified by, and the audit key that it names. Looked at for each request, because it may have
//! grown since the last.

use std::sync::{Arc, Mutex, PoisonError};

use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::roster::Roster;
use nightsafe_core::scalar::KeyFingerprint;
use nightsafe_core::suite::Suite;
use nightsafe_store::vault::VaultStore;

use super::AuditLogError;
use crate::roster::VaultRoster;

/// What holds now.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) roster: Arc<Roster>,
    /// `None` while the roster names none: then nothing is recorded.
    pub(super) audit_key: Option<DataPublicKey>,
}

/// What held last: the key is read from the database only when the roster has changed.
#[derive(Debug, Default)]
pub(super) struct Last(Mutex<Option<Arc<Held>>>);

impl Last {
    /// `None` in an installation that has no roster.
    pub(super) async fn renewed(
        &self,
        store: &VaultStore,
        roster: &VaultRoster,
    ) -> Result<Option<Arc<Held>>, AuditLogError> {
        let Some(roster) = roster.now(store).await? else { return Ok(None) };
        if let Some(last) = self.get().filter(|last| last.roster.head() == roster.head()) {
            return Ok(Some(last));
        }
        let audit_key = match roster.audit_key() {
            Some(fingerprint) => Some(stored(store, &fingerprint).await?),
            None => None,
        };
        let held = Arc::new(Held { roster, audit_key });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&held));
        Ok(Some(held))
    }

    fn get(&self) -> Option<Arc<Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The key that has this fingerprint: the database says nothing about which it is.
async fn stored(store: &VaultStore, fingerprint: &KeyFingerprint) -> Result<DataPublicKey, AuditLogError> {
    let keys = store.audit_keys().await?;
    let mut keys = keys.iter().filter_map(|key| DataPublicKey::parse(Suite::XWing, &key.public_key).ok());
    keys.find(|key| key.fingerprint() == fingerprint).ok_or(AuditLogError::NoAuditKey)
}
