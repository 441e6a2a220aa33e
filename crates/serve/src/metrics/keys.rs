//! What a manifest says of itself and its data keys, under the same names in every server that has one.

use std::sync::atomic::AtomicU64;

use nightsafe_core::epoch;
use nightsafe_core::manifest::KeyManifest;
use nightsafe_core::time::UnixTime;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;

use super::Metrics;

/// When the manifest ends, and how old the data key is that is sealed to.
#[derive(Debug, Clone, Default)]
pub struct KeyGauges {
    end: Gauge<u64, AtomicU64>,
    expires: Gauge<u64, AtomicU64>,
    age: Gauge<i64>,
    ahead: Gauge<u64, AtomicU64>,
}

impl KeyGauges {
    /// Registers them, as those of no manifest.
    pub fn register(metrics: &mut Metrics) -> Self {
        let gauges = Self::default();
        gauges.set(None, UnixTime::default());
        let registry = metrics.registry();
        let help = "When the manifest ends, as Unix time; 0 when there is none";
        registry.register_with_unit("manifest_end_timestamp", help, Unit::Seconds, gauges.end.clone());
        let help = "Time until the manifest ends; 0 when it has, or there is none, and the form stands still";
        registry.register_with_unit("manifest_expires", help, Unit::Seconds, gauges.expires.clone());
        let help = "Time since the data key began that is sealed to; -1 when there is none. Overdue above 7776000";
        registry.register_with_unit("data_key_age", help, Unit::Seconds, gauges.age.clone());
        let help = "Data keys that are signed ahead, and follow by themselves";
        registry.register("data_keys_ahead", help, gauges.ahead.clone());
        gauges
    }

    /// To what they are at this time.
    pub fn set(&self, manifest: Option<&KeyManifest>, now: UnixTime) {
        let end = manifest.map_or(0, |manifest| manifest.not_after.seconds());
        self.end.set(end);
        self.expires.set(end.saturating_sub(now.seconds()));
        let active = manifest.and_then(|manifest| manifest.active_key(now).or(manifest.data_keys.first()));
        self.age.set(active.map_or(-1, |key| i64::try_from(epoch::age(key, now)).unwrap_or(i64::MAX)));
        let keys = manifest.map_or(&[][..], |manifest| &manifest.data_keys);
        self.ahead.set(keys.iter().filter(|key| key.start > now).count() as u64);
    }
}
