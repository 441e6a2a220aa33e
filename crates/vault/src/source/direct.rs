use nightsafe_store::outbox::OutboxReader;

use super::{Batch, Source, SourceError, Taken};

/// Bytes of all bodies in one batch.
const BYTES: usize = 16 << 20;

/// The outbox's own database, where the vault may read and delete in it.
#[derive(Debug)]
pub struct Direct(OutboxReader);

impl Direct {
    /// Reads this outbox.
    pub fn new(outbox: OutboxReader) -> Self {
        Self(outbox)
    }
}

impl Source for Direct {
    async fn next_batch(&self, limit: u32) -> Result<Batch, SourceError> {
        let batch = self.0.next_batch(limit, BYTES).await?;
        Ok(Batch { rows: batch.rows, more: batch.more })
    }

    async fn acknowledge(&self, taken: &[Taken]) -> Result<(), SourceError> {
        self.0.delete(taken).await?;
        Ok(())
    }

    async fn close(self) {
        self.0.close().await;
    }
}
