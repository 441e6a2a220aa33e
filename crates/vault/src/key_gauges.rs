//! Metrics of the newest manifest that the vault has.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use nightsafe_core::epoch;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::clock::Clock;
use nightsafe_serve::metrics::{KeyGauges, Metrics};
use nightsafe_store::StoreError;
use nightsafe_store::vault::VaultStore;
use prometheus_client::metrics::gauge::Gauge;

use crate::Leavers;
use crate::announce::newest_manifest;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What somebody who has left could do with a copy of the vault.
#[derive(Debug, Clone, Default)]
pub struct LeaverGauges {
    in_use: Gauge<u64, AtomicU64>,
    deposits: Gauge<u64, AtomicU64>,
}

impl LeaverGauges {
    /// Registers them, as those of nobody.
    pub fn register(metrics: &mut Metrics) -> Self {
        let gauges = Self::default();
        let help = "1 when a data key that seals now, or follows, was granted to somebody who has left. Alarm above 0";
        metrics.registry().register("data_key_known_to_leaver", help, gauges.in_use.clone());
        let help =
            "Deposits that somebody who has left could open with a copy of the vault: they are to be sealed anew";
        metrics.registry().register("deposits_to_reseal", help, gauges.deposits.clone());
        gauges
    }
}

/// Keeps the gauges what the newest manifest says, until `stopped` is ready.
pub async fn watch_keys(
    (gauges, leaver_gauges): (KeyGauges, LeaverGauges),
    store: VaultStore,
    leavers: Leavers,
    clock: Arc<dyn Clock>,
    stopped: impl Future<Output = ()>,
) {
    let mut stopped = pin!(stopped);
    loop {
        if let Err(error) = look((&gauges, &leaver_gauges), &store, &leavers, clock.now()).await {
            tracing::warn!(%error, "the newest manifest was not read");
        }
        tokio::select! {
            () = &mut stopped => break,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn look(
    (gauges, leaver_gauges): (&KeyGauges, &LeaverGauges),
    store: &VaultStore,
    leavers: &Leavers,
    now: UnixTime,
) -> Result<(), StoreError> {
    let manifest = newest_manifest(store).await?;
    gauges.set(manifest.as_ref(), now);
    let known = leavers.keys(store).await;
    let due = manifest.map(|manifest| epoch::due(&manifest, &known, now)).unwrap_or_default();
    let is_due = due.iter().any(|due| matches!(due, epoch::Due::KeyKnownToLeaver { .. }));
    leaver_gauges.in_use.set(is_due.into());
    let mut deposits = 0_u64;
    for (_, left) in store.deposits_under(&known).await? {
        deposits = deposits.saturating_add(left);
    }
    leaver_gauges.deposits.set(deposits);
    Ok(())
}
