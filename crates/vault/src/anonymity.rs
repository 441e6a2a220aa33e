//! Metrics of what a copy of the database would show: when it was last settled, and how small the sets are in which a
//! thief has to guess.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use nightsafe_core::time::UnixTime;
use nightsafe_serve::metrics::Metrics;
use nightsafe_store::StoreError;
use nightsafe_store::vault::VaultStore;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;

/// How often it is looked whether the rows have been settled again.
const LOOK_EVERY: Duration = Duration::from_secs(60);

type UnsignedGauge = Gauge<u64, AtomicU64>;

/// What is shown.
#[derive(Debug, Clone, Default)]
pub struct AnonymityGauges {
    settled: UnsignedGauge,
    sets: UnsignedGauge,
    smallest: UnsignedGauge,
}

impl AnonymityGauges {
    /// Registers them. Alarm when the time of settling is more than two days ago.
    pub fn register(metrics: &mut Metrics) -> Self {
        let gauges = Self::default();
        let registry = metrics.registry();
        let help = "When the field rows were last settled, as Unix time; 0 when they never were";
        registry.register_with_unit("settled_timestamp", help, Unit::Seconds, gauges.settled.clone());
        let help = "Sets of field rows that nothing tells apart, when they were last settled";
        registry.register("anonymity_sets", help, gauges.sets.clone());
        let help = "Rows in the smallest of these sets; 0 without any";
        registry.register("anonymity_smallest_rows", help, gauges.smallest.clone());
        gauges
    }

    /// Looks now, and after each settling, until `stopped` is ready. Counting reads every field row.
    pub async fn watch(self, store: VaultStore, stopped: impl Future<Output = ()>) {
        let mut stopped = pin!(stopped);
        let mut seen = None;
        loop {
            match self.look(&store, seen).await {
                Ok(settled) => seen = Some(settled),
                Err(error) => {
                    tracing::warn!(%error, "the sets of field rows that nothing tells apart were not counted")
                }
            }
            tokio::select! {
                () = &mut stopped => break,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Counts when the rows were settled at another time than the one `seen`.
    async fn look(&self, store: &VaultStore, seen: Option<Option<UnixTime>>) -> Result<Option<UnixTime>, StoreError> {
        let settled = store.last_settled().await?;
        if seen != Some(settled) {
            let sets = store.anonymity_sets().await?;
            self.sets.set(sets.len() as u64);
            self.smallest.set(sets.first().map_or(0, |set| set.rows));
            self.settled.set(settled.map_or(0, UnixTime::seconds));
        }
        Ok(settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_gauges_follow_the_settling() {
        let folder = tempfile::tempdir().unwrap();
        let store = VaultStore::open(&folder.path().join("vault.db").into()).await.unwrap();
        let gauges = AnonymityGauges::register(&mut Metrics::new("test", "0"));
        assert_eq!(gauges.look(&store, None).await.unwrap(), None);
        assert_eq!((gauges.settled.get(), gauges.sets.get(), gauges.smallest.get()), (0, 0, 0));
        let now = UnixTime::from_seconds(1_795_219_200);
        store.settle(now).await.unwrap();
        assert_eq!(gauges.look(&store, Some(None)).await.unwrap(), Some(now));
        assert_eq!(gauges.settled.get(), now.seconds());
    }
}
