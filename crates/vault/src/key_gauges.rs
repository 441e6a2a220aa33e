//! Metrics of the newest manifest that the vault has: when it ends, and how old the data key is that is sealed to.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use nightsafe_core::epoch;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::clock::Clock;
use nightsafe_serve::metrics::Metrics;
use nightsafe_store::StoreError;
use nightsafe_store::vault::VaultStore;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;

use crate::announce::newest_manifest;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What is shown.
#[derive(Debug, Clone, Default)]
pub struct KeyGauges {
    end: Gauge<u64, AtomicU64>,
    expires: Gauge<u64, AtomicU64>,
    age: Gauge<i64>,
    ahead: Gauge<u64, AtomicU64>,
}

impl KeyGauges {
    /// Registers them, under the names that ingest has them.
    pub fn register(metrics: &mut Metrics) -> Self {
        let gauges = Self::default();
        gauges.age.set(-1);
        let registry = metrics.registry();
        let help = "When the newest manifest ends, as Unix time; 0 when there is none";
        registry.register_with_unit("manifest_end_timestamp", help, Unit::Seconds, gauges.end.clone());
        let help = "Time until the newest manifest ends; 0 when it has, or there is none";
        registry.register_with_unit("manifest_expires", help, Unit::Seconds, gauges.expires.clone());
        let help = "Time since the data key began that is sealed to; -1 when there is none. Overdue above 7776000";
        registry.register_with_unit("data_key_age", help, Unit::Seconds, gauges.age.clone());
        let help = "Data keys that are signed ahead, and follow by themselves";
        registry.register("data_keys_ahead", help, gauges.ahead.clone());
        gauges
    }

    /// Looks every minute, until `stopped` is ready.
    pub async fn watch(self, store: VaultStore, clock: Arc<dyn Clock>, stopped: impl Future<Output = ()>) {
        let mut stopped = pin!(stopped);
        loop {
            if let Err(error) = self.look(&store, clock.now()).await {
                tracing::warn!(%error, "the newest manifest was not read");
            }
            tokio::select! {
                () = &mut stopped => break,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn look(&self, store: &VaultStore, now: UnixTime) -> Result<(), StoreError> {
        let Some(manifest) = newest_manifest(store).await? else { return Ok(()) };
        let end = manifest.not_after.seconds();
        self.end.set(end);
        self.expires.set(end.saturating_sub(now.seconds()));
        let active = manifest.active_key(now).or(manifest.data_keys.first());
        let age = active.map_or(-1, |key| i64::try_from(epoch::age(key, now)).unwrap_or(i64::MAX));
        self.age.set(age);
        self.ahead.set(manifest.data_keys.iter().filter(|key| key.start > now).count() as u64);
        Ok(())
    }
}
