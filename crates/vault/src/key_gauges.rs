//! Metrics of the newest manifest that the vault has.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use nightsafe_core::time::UnixTime;
use nightsafe_serve::clock::Clock;
use nightsafe_serve::metrics::KeyGauges;
use nightsafe_store::StoreError;
use nightsafe_store::vault::VaultStore;

use crate::announce::newest_manifest;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Keeps the gauges what the newest manifest says, until `stopped` is ready.
pub async fn watch_keys(
    gauges: KeyGauges,
    store: VaultStore,
    clock: Arc<dyn Clock>,
    stopped: impl Future<Output = ()>,
) {
    let mut stopped = pin!(stopped);
    loop {
        if let Err(error) = look(&gauges, &store, clock.now()).await {
            tracing::warn!(%error, "the newest manifest was not read");
        }
        tokio::select! {
            () = &mut stopped => break,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn look(gauges: &KeyGauges, store: &VaultStore, now: UnixTime) -> Result<(), StoreError> {
    gauges.set(newest_manifest(store).await?.as_ref(), now);
    Ok(())
}
