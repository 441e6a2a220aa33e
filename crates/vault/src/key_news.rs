//! What becomes of key manifests and data keys, written into the audit log: nobody is at the vault when the site keys sign, or
//! when a key's time comes (docs/spec/audit-entry.md).

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use nightsafe_core::anchor::TrustError;
use nightsafe_core::epoch::epochs;
use nightsafe_core::keys::KeyState;
use nightsafe_core::manifest::{VerifiedManifest, verify_at_any_time};
use nightsafe_store::StoreError;
use nightsafe_store::vault::KeyNews;

use crate::{AuditLogError, State};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Why something is not in the log that belongs there.
#[derive(Debug, thiserror::Error)]
pub enum KeyNewsError {
    /// What does not come from the site keys is no manifest of this site, whoever put it there. The rest was recorded.
    #[error("a key manifest in the vault's database is refused, and not in the audit log: {0}")]
    Manifest(#[from] TrustError),
    /// It could not be written down.
    #[error(transparent)]
    Log(#[from] AuditLogError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Records what is new, now and every minute, until `stopped` is ready.
pub async fn record_key_news(state: State, stopped: impl Future<Output = ()>) {
    let mut stopped = pin!(stopped);
    let mut failing = false;
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => break,
            recorded = state.record_key_news() => match recorded {
                Ok(entries) => {
                    failing = false;
                    if entries > 0 {
                        tracing::info!(entries, "recorded in the audit log what became of key manifests and data keys");
                    }
                }
                // Said once, not every minute
                Err(error) if !failing => {
                    tracing::error!(%error, "what becomes of key manifests and data keys is not in the audit log; it is tried again");
                    failing = true;
                }
                Err(_) => {}
            }
        }
        tokio::select! {
            () = &mut stopped => break,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

impl State {
    /// Writes into the audit log which manifests were published, and into which states data keys have come by them and by now:
    /// each once. Gives how many entries that made. Of states that came and went while nobody looked, the last is recorded.
    /// Without an audit log, a trust anchor or an audit key nothing is written.
    ///
    /// # Errors
    /// [`KeyNewsError`]; with [`KeyNewsError::Manifest`], all but that manifest is recorded.
    pub async fn record_key_news(&self) -> Result<u64, KeyNewsError> {
        let shared = self.shared();
        let (Some(log), Some(anchor)) = (&shared.log, shared.roster.anchor()) else { return Ok(0) };
        let (mut manifests, mut refused) = (Vec::new(), None);
        for note in shared.store.manifests().await? {
            match verify_at_any_time(&note, anchor) {
                Ok(verified) => manifests.push(verified),
                Err(error) => refused = Some(error),
            }
        }
        let now = shared.now();
        let published = manifests.iter().map(|manifest| KeyNews::Published(manifest.hash()));
        let epochs = epochs(manifests.iter().map(VerifiedManifest::manifest), now);
        // That a key is purged is said when its items are destroyed, also of one that was discarded
        let came = epochs.iter().filter(|epoch| epoch.state != KeyState::Purged);
        let came = came.map(|epoch| KeyNews::Came(epoch.key.key_id(), epoch.state));
        let entries = log.record_key_news(&published.chain(came).collect::<Vec<_>>(), now).await?;
        refused.map_or(Ok(entries), |error| Err(error.into()))
    }
}
