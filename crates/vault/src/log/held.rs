//! The roster as the vault holds it, and the audit key that it names. Looked at for each request, because it may have
//! grown since the last; verified only when it has.

use std::sync::{Arc, Mutex, PoisonError};

use nightsafe_core::anchor::TrustAnchor;
use nightsafe_core::keys::DataPublicKey;
use nightsafe_core::roster::{self, Roster};
use nightsafe_core::scalar::KeyFingerprint;
use nightsafe_core::suite::Suite;
use nightsafe_store::vault::VaultStore;

use super::AuditLogError;

/// What holds now.
#[derive(Debug)]
pub(super) struct Held {
    entries: Vec<String>,
    pub(super) roster: Roster,
    /// `None` while the roster names none: then nothing is recorded.
    pub(super) audit_key: Option<DataPublicKey>,
}

/// What was verified last. A roster that does not go on from it is not taken.
#[derive(Debug, Default)]
pub(super) struct Last(Mutex<Option<Arc<Held>>>);

impl Last {
    /// `None` in an installation that has no roster.
    pub(super) async fn renewed(
        &self,
        store: &VaultStore,
        anchor: &TrustAnchor,
    ) -> Result<Option<Arc<Held>>, AuditLogError> {
        let entries = store.roster().await?;
        let last = self.get();
        match last {
            None if entries.is_empty() => return Ok(None),
            Some(last) if last.entries == entries => return Ok(Some(last)),
            _ => {}
        }
        let roster = roster::verify_at_any_time(&entries, anchor)?;
        roster.check_follows(last.map(|last| last.roster.remember()))?;
        let audit_key = match roster.audit_key() {
            Some(fingerprint) => Some(stored(store, &fingerprint).await?),
            None => None,
        };
        let held = Arc::new(Held { entries, roster, audit_key });
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
