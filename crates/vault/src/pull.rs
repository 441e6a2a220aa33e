//! Moving deposits from the outbox into the vault.
//!
//! Commit first, delete then: a crash in between leaves deposits in both, and the next step finds them
//! [`Outcome::AlreadyThere`] and deletes them. Nothing is ever in neither.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use nightsafe_core::encoding;
use nightsafe_core::scalar::Site;
use nightsafe_store::StoreError;
use nightsafe_store::outbox::OutboxReader;
use nightsafe_store::vault::{Arrival, Outcome, VaultStore};
use tokio::sync::Notify;

use crate::intake;

/// Deposits of one vault transaction.
const BATCH: u32 = 256;

/// Takes deposits out of the outbox, a batch at a time.
#[derive(Debug)]
pub struct Puller {
    outbox: OutboxReader,
    store: VaultStore,
    site: Site,
    batch: u32,
}

/// What one step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Deposits that are new in the vault.
    pub stored: usize,
    /// Deposits that an earlier step, or an earlier run, had committed already.
    pub already_there: usize,
    /// Deposits that went into quarantine.
    pub quarantined: usize,
    /// Whether more may wait.
    pub more: bool,
}

impl Puller {
    /// For deposits of `site`.
    pub fn new(outbox: OutboxReader, store: VaultStore, site: Site) -> Self {
        Self { outbox, store, site, batch: BATCH }
    }

    /// Takes at most so many deposits a step.
    #[must_use]
    pub fn with_batch(self, batch: u32) -> Self {
        Self { batch: batch.max(1), ..self }
    }

    /// Takes one batch: one vault transaction, then the deletion from the outbox.
    ///
    /// # Errors
    /// [`StoreError`]: nothing is lost, the next step does it again.
    pub async fn step(&self) -> Result<Pulled, StoreError> {
        let (pulled, ids) = self.commit_batch().await?;
        if !ids.is_empty() {
            self.outbox.delete(&ids).await?;
        }
        Ok(pulled)
    }

    /// Steps whenever `wake` is notified, and after `interval` at the latest, until `shutdown` is ready. A batch that
    /// was begun is finished. Failures are logged and tried again after `interval`.
    pub async fn run(self, wake: Arc<Notify>, interval: Duration, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        loop {
            let more = match self.step().await {
                Ok(pulled) => pulled.more,
                Err(error) => {
                    tracing::error!(%error, "deposits were not taken from the outbox; they stay there");
                    false
                }
            };
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                () = std::future::ready(()), if more => {}
                () = wake.notified() => {}
                () = tokio::time::sleep(interval) => {}
            }
        }
        self.outbox.close().await;
    }

    /// The first half of a step. The ids are safe to delete from the outbox.
    async fn commit_batch(&self) -> Result<(Pulled, Vec<[u8; 32]>), StoreError> {
        let rows = self.outbox.next_batch(self.batch).await?;
        if rows.is_empty() {
            return Ok((Pulled::default(), Vec::new()));
        }
        let more = u32::try_from(rows.len()).is_ok_and(|count| count == self.batch);
        let arrivals: Vec<Arrival> = rows.into_iter().map(|row| intake::arrival(row, &self.site)).collect();
        let outcomes = self.store.take_in(&arrivals).await?;
        let mut pulled = Pulled { more, ..Pulled::default() };
        for (arrival, outcome) in arrivals.iter().zip(outcomes) {
            match outcome {
                Outcome::Stored => pulled.stored = pulled.stored.saturating_add(1),
                Outcome::AlreadyThere => pulled.already_there = pulled.already_there.saturating_add(1),
                Outcome::Quarantined(reason) => {
                    pulled.quarantined = pulled.quarantined.saturating_add(1);
                    tracing::error!(
                        deposit = encoding::hex(&arrival.deposit_id),
                        reason = reason.as_str(),
                        "a deposit is in quarantine: it could not be taken in; it is kept whole"
                    );
                }
            }
        }
        tracing::info!(
            stored = pulled.stored,
            already_there = pulled.already_there,
            quarantined = pulled.quarantined,
            "deposits taken from the outbox"
        );
        Ok((pulled, arrivals.iter().map(|arrival| arrival.deposit_id).collect()))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use nightsafe_store::outbox::{OutboxRow, OutboxWriter, WriterLimits};

    use super::*;

    async fn puller(folder: &Path) -> Puller {
        let outbox = OutboxReader::open(&folder.join("outbox.db").into()).await.unwrap();
        let store = VaultStore::open(&folder.join("vault.db").into()).await.unwrap();
        Puller::new(outbox, store, Site::parse("demo.nightsafe.example").unwrap())
    }

    /// The process ends between the vault's commit and the outbox's deletion: whoever comes next does the same again,
    /// with the same result. What is in quarantine counts like everything else.
    #[tokio::test]
    async fn a_crash_between_commit_and_delete_is_repaired_by_the_next_step() {
        let folder = tempfile::tempdir().unwrap();
        let limits = WriterLimits::default();
        let (writer, task) = OutboxWriter::open(&folder.path().join("outbox.db").into(), limits).await.unwrap();
        let row = OutboxRow { deposit_id: [1; 32], day: "2026-11-21".into(), nonce: [2; 32], body: vec![3; 10] };
        writer.insert(row).await.unwrap();
        drop(writer);
        task.finished().await;

        let first = puller(folder.path()).await;
        let (pulled, ids) = first.commit_batch().await.unwrap();
        assert_eq!((pulled.quarantined, ids.len()), (1, 1));
        drop(first);

        let next = puller(folder.path()).await;
        assert_eq!(next.outbox.backlog().await.unwrap(), 1);
        assert_eq!(next.step().await.unwrap().quarantined, 1);
        assert_eq!(next.outbox.backlog().await.unwrap(), 0);
        assert_eq!(next.store.quarantined(10).await.unwrap().len(), 1);
        assert_eq!(next.step().await.unwrap(), Pulled::default());
    }
}
