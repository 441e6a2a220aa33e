//! Settling the field rows once a day, so that their places tell nothing of when, and with what, they came.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nightsafe_core::time::UnixTime;
use nightsafe_serve::clock::Clock;
use nightsafe_store::StoreError;
use nightsafe_store::vault::VaultStore;

/// The hour of the day, UTC, at which rows are settled unless a configuration says otherwise.
pub const SETTLE_HOUR: u8 = 3;

/// How often the clock is looked at: it may be set, and the machine may have slept.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How long after a failure it is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(600);

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// Settles at `hour` o'clock UTC every day until `stopped` is ready, also in the middle: settling changes no row and may
/// end at any moment. A machine that is off at that hour settles as soon as it is on.
pub async fn settle_daily(store: VaultStore, hour: u8, clock: Arc<dyn Clock>, stopped: impl Future<Output = ()>) {
    let mut stopped = pin!(stopped);
    loop {
        let settled = tokio::select! {
            biased;
            () = &mut stopped => break,
            settled = settle_if_due(&store, hour, clock.now()) => settled,
        };
        let wait = match settled {
            Ok(_) => LOOK_EVERY,
            Err(error) => {
                tracing::error!(
                    %error,
                    "the field rows were not settled; until they are, a copy of the database shows which came together"
                );
                RETRY_AFTER
            }
        };
        tokio::select! {
            () = &mut stopped => break,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Settles when the hour has come since the last time; returns whether it did.
///
/// # Errors
/// As [`VaultStore::settle`].
pub async fn settle_if_due(store: &VaultStore, hour: u8, now: UnixTime) -> Result<bool, StoreError> {
    if !is_due(now, hour, store.last_settled().await?) {
        return Ok(false);
    }
    let start = Instant::now();
    store.settle(now).await?;
    let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(milliseconds, "the field rows are settled");
    Ok(true)
}

/// Whether the hour has come since `last`. A time that lies ahead, from before the clock was set back, counts for nothing.
fn is_due(now: UnixTime, hour: u8, last: Option<UnixTime>) -> bool {
    let offset = u64::from(hour) * HOUR;
    let number = |time: UnixTime| (time.seconds() + DAY - offset) / DAY;
    last.is_none_or(|last| last > now || number(last) < number(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixTime {
        UnixTime::parse(text).unwrap()
    }

    #[test]
    fn it_is_due_once_between_one_hour_and_the_same_of_the_next_day() {
        let last = Some(at("2026-11-21T03:00:20Z"));
        assert!(!is_due(at("2026-11-21T03:00:20Z"), 3, last));
        assert!(!is_due(at("2026-11-22T02:59:59Z"), 3, last));
        assert!(is_due(at("2026-11-22T03:00:00Z"), 3, last));
        assert!(is_due(at("2026-11-29T12:00:00Z"), 3, last), "the machine was off");
        assert!(is_due(at("2026-11-21T03:00:20Z"), 3, None));
        assert!(is_due(at("2026-11-20T03:00:20Z"), 3, last), "the clock was set back");
        for hour in 0..24 {
            let mut count = 0;
            let mut last = at("2026-11-21T00:00:00Z");
            for minute in 0..(3 * 24 * 60) {
                let now = at("2026-11-21T00:00:00Z").plus(60 * minute);
                if is_due(now, hour, Some(last)) {
                    count += 1;
                    last = now;
                }
            }
            assert_eq!(count, if hour == 0 { 2 } else { 3 }, "{hour}");
        }
    }

    #[tokio::test]
    async fn a_store_is_settled_when_the_hour_has_come() {
        let folder = tempfile::tempdir().unwrap();
        let store = VaultStore::open(&folder.path().join("vault.db").into()).await.unwrap();
        let settled = async |now: &str| settle_if_due(&store, 3, at(now)).await.unwrap();
        assert!(settled("2026-11-21T12:00:00Z").await);
        assert!(!settled("2026-11-22T02:00:00Z").await);
        assert!(settled("2026-11-22T03:00:10Z").await);
        assert!(!settled("2026-11-22T03:01:10Z").await);
        assert_eq!(store.last_settled().await.unwrap(), Some(at("2026-11-22T03:00:10Z")));
    }
}
