//! Keeps the release log up to date: what admins do to their roster goes into it by itself.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use nightsafe_serve::stamp::Stamp;

use crate::config::Config;
use crate::data_dir::DataDir;
use crate::keys::now;
use crate::{manifests, release_log};

/// A monitor waits so long for a head of the roster that it has seen elsewhere.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looks between two that also ask witnesses which have not cosigned yet.
const ASK_EVERY: u32 = 60;

/// Puts into the log what is not in it; a log that cannot be written stops no checkout, and monitors tell of it, too.
pub(super) async fn record(data: &DataDir) {
    let of = data.clone();
    let recorded = tokio::task::spawn_blocking(move || {
        let anchor = manifests::read_anchor(&of)?;
        release_log::record(&of, &anchor)
    });
    match recorded.await {
        Ok(Ok(size)) => tracing::info!(size, "the release log is up to date"),
        Ok(Err(error)) => tracing::error!("the release log is not up to date: {error:#}"),
        Err(error) => tracing::error!(%error, "the release log is not up to date"),
    }
}

/// Does so again when the roster has changed, and asks witnesses from time to time, until `stopped` is ready.
pub(super) async fn keep(data: DataDir, config: Config, stopped: impl Future<Output = ()>) {
    let mut stopped = pin!(stopped);
    let mut recorded = Stamp::of(&data.roster());
    for look in (0..ASK_EVERY).cycle() {
        let stamp = Stamp::of(&data.roster());
        if stamp != recorded {
            record(&data).await;
            recorded = stamp;
        }
        if look == 0 && !config.release_log.witness.is_empty() {
            let asked = release_log::cosign(&data, &config, now()).await.map(drop);
            if let Err(error) = asked.and_then(|()| release_log::mirror(&data, &data.served())) {
                tracing::error!("the release log was not cosigned: {error:#}");
            }
        }
        tokio::select! {
            () = &mut stopped => break,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}
