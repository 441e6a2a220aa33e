//! Purging data keys: once no browser seals to a key any more, and nothing that is sealed to it is left, its private items are
//! destroyed (docs/spec/custody.md).

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use nightsafe_core::epoch::{Epoch, epochs};
use nightsafe_core::keys::KeyState;
use nightsafe_core::manifest::KeyManifest;
use nightsafe_core::note::Note;
use nightsafe_core::scalar::KeyId;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::metrics::Metrics;
use nightsafe_store::StoreError;
use nightsafe_store::vault::VaultStore;
use prometheus_client::metrics::gauge::Gauge;

use crate::{AuditLogError, Progress, State};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(3600);
/// And at the start.
const FIRST_LOOK: Duration = Duration::from_secs(60);

/// How many data keys wait for their end, and how many have come to it.
#[derive(Debug, Clone, Default)]
pub struct PurgeGauges {
    retired: Gauge<u64, AtomicU64>,
    purged: Gauge<u64, AtomicU64>,
}

/// Why keys were not purged.
#[derive(Debug, thiserror::Error)]
pub enum PurgeError {
    /// A key might look older than it is without it.
    #[error(
        "a key manifest in the vault's database cannot be read: restore it from a copy; no data key is purged meanwhile"
    )]
    Manifest,
    /// It could not be written down.
    #[error(transparent)]
    Log(#[from] AuditLogError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PurgeGauges {
    /// Registers them, as those of no key.
    pub fn register(metrics: &mut Metrics) -> Self {
        let gauges = Self::default();
        let help = "Data keys that no browser seals to any more, and whose private items are kept for what is left";
        metrics.registry().register("data_keys_retired", help, gauges.retired.clone());
        let help = "Data keys whose private items were destroyed because nothing that is sealed to them was left";
        metrics.registry().register("data_keys_purged", help, gauges.purged.clone());
        gauges
    }
}

/// Purges what is to be purged, now and every hour, until `stopped` is ready.
pub async fn purge_hourly(
    state: State,
    progress: Arc<Progress>,
    gauges: PurgeGauges,
    stopped: impl Future<Output = ()>,
) {
    let mut stopped = pin!(stopped);
    loop {
        // Until the queue was seen to its end, which is soon, nothing is purged
        let wait = if progress.drained().is_some() { LOOK_EVERY } else { FIRST_LOOK };
        tokio::select! {
            biased;
            () = &mut stopped => break,
            purged = state.purge_keys(progress.drained(), &gauges) => {
                if let Err(error) = purged {
                    tracing::error!(%error, "data keys that nothing is sealed to any more were not purged");
                }
            }
        }
        tokio::select! {
            () = &mut stopped => break,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

impl State {
    /// Destroys the private items of every data key that was over when the queue of deposits was last seen to its end, at
    /// `drained`, and under which nothing is left; gives the keys. A deposit may have waited in an outbox for days, with a
    /// receipt for it in a shop: what opens it is kept until it has come.
    ///
    /// # Errors
    /// [`PurgeError`]; what was purged before it stays purged.
    pub async fn purge_keys(&self, drained: Option<UnixTime>, gauges: &PurgeGauges) -> Result<Vec<KeyId>, PurgeError> {
        let shared = self.shared();
        let (store, now) = (&shared.store, shared.now());
        let epochs = epochs(&manifests(store).await?, drained.unwrap_or_default().min(now));
        let held: Vec<KeyId> = store.custody().await?.iter().map(|key| key.key_id).collect();
        let mut purged = Vec::new();
        for epoch in epochs.iter().filter(|epoch| epoch.is_over()) {
            let key = epoch.key.key_id();
            if !held.contains(&key) || !is_time(store, epoch, &epochs).await? || store.has_sealed(&key).await? {
                continue;
            }
            let is_done = match &shared.log {
                Some(log) => log.purge(key, now).await?,
                None => store.purge_key(&key, now).await?,
            };
            if is_done {
                tracing::info!(%key, "purged a data key: nothing that was sealed to it is left");
                purged.push(key);
            } else {
                tracing::info!(%key, "a data key is not purged yet: something that is sealed to it has come, or is in quarantine");
            }
        }
        let kept = |epoch: &&Epoch| epoch.is_over() && held.contains(&epoch.key.key_id());
        gauges.retired.set(epochs.iter().filter(kept).count().saturating_sub(purged.len()) as u64);
        gauges.purged.set(store.purged_keys().await?.len() as u64);
        Ok(purged)
    }
}

/// All that were ever signed: one that is missing could make a key look older than it is.
async fn manifests(store: &VaultStore) -> Result<Vec<KeyManifest>, PurgeError> {
    let read = |note: &String| KeyManifest::parse(Note::parse(note).ok()?.text()).ok();
    store.manifests().await?.iter().map(|note| read(note).ok_or(PurgeError::Manifest)).collect()
}

/// Whether others than this machine's clock say that a key's time is over: somebody's browser has sealed to one that began
/// later. A clock that was set a year ahead must not destroy the keys that are signed ahead. What was discarded is over by the
/// manifests alone.
async fn is_time(store: &VaultStore, epoch: &Epoch, all: &[Epoch]) -> Result<bool, StoreError> {
    if epoch.state == KeyState::Purged {
        return Ok(true);
    }
    let later = all.iter().filter(|other| other.key.start >= epoch.key.start);
    let later: Vec<KeyId> = later.map(|epoch| epoch.key.key_id()).collect();
    Ok(store.deposits_under(&later).await?.iter().any(|(_, deposits)| *deposits > 0))
}
