use nightsafe_store::outbox::OutboxReader;

use super::{Batch, Source, SourceError, Taken};

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
        let rows = self.0.next_batch(limit).await?;
        let more = u32::try_from(rows.len()).is_ok_and(|count| count == limit);
        Ok(Batch { rows, more })
    }

    async fn acknowledge(&self, taken: &[Taken]) -> Result<(), SourceError> {
        // Rows never change and nothing lies between the table and us, so what has the id is what was read
        let ids: Vec<[u8; 32]> = taken.iter().map(|one| one.deposit_id).collect();
        Ok(self.0.delete(&ids).await?)
    }

    async fn close(self) {
        self.0.close().await;
    }
}
