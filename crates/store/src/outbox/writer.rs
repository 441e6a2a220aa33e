use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{DATABASE, OutboxRow};
use crate::{Database, StoreError};

/// How much may wait, and how much goes into one transaction.
#[derive(Debug, Clone, Copy)]
pub struct WriterLimits {
    /// Deposits that may wait; one more is refused with [`InsertError::Busy`].
    pub queue: usize,
    /// Deposits in one transaction.
    pub batch: usize,
}

/// 1024 waiting deposits of at most 256 KiB each, 256 a transaction.
impl Default for WriterLimits {
    fn default() -> Self {
        Self { queue: 1024, batch: 256 }
    }
}

/// Why a deposit was not stored.
#[derive(Debug, thiserror::Error)]
pub enum InsertError {
    /// The queue is full: nothing was stored, try again later.
    #[error("the outbox queue is full")]
    Busy,
    /// The transaction did not commit, or the writer is closed: try the same deposit again.
    #[error("the outbox does not take deposits now; the reason is logged")]
    NotStored,
}

/// Inserts deposits, several callers in one transaction (group commit). Clones share one queue.
#[derive(Debug, Clone)]
pub struct OutboxWriter {
    queue: mpsc::Sender<Job>,
}

/// Ends the writer's task, once every clone of [`OutboxWriter`] is gone.
#[derive(Debug)]
pub struct WriterTask(JoinHandle<()>);

#[derive(Debug)]
enum Job {
    Insert(OutboxRow, Done),
    Probe(Done),
}

/// Told `true` after commit.
type Done = oneshot::Sender<bool>;

impl OutboxWriter {
    /// Opens the file, making it when it is not there, and starts the task that writes. The task
    /// finishes what was accepted after the last clone of the writer is dropped.
    ///
    /// # Errors
    /// As [`crate::sqlite::open`].
    pub async fn open(database: &Database, limits: WriterLimits) -> Result<(Self, WriterTask), StoreError> {
        let pool = super::open(database).await?;
        let (queue, jobs) = mpsc::channel(limits.queue.max(1));
        let task = tokio::spawn(run(pool, jobs, limits.batch.max(1)));
        Ok((Self { queue }, WriterTask(task)))
    }

    /// Stores a deposit and returns after commit. A deposit that is already there is left as it
    /// is, which counts as stored.
    ///
    /// # Errors
    /// [`InsertError`]
    pub async fn insert(&self, row: OutboxRow) -> Result<(), InsertError> {
        self.ask(|done| Job::Insert(row, done)).await
    }

    /// Whether the database takes writes now: runs an empty write transaction.
    ///
    /// # Errors
    /// [`InsertError`]
    pub async fn probe(&self) -> Result<(), InsertError> {
        self.ask(Job::Probe).await
    }

    async fn ask(&self, job: impl FnOnce(Done) -> Job) -> Result<(), InsertError> {
        let (done, answer) = oneshot::channel();
        self.queue.try_send(job(done)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => InsertError::Busy,
            mpsc::error::TrySendError::Closed(_) => InsertError::NotStored,
        })?;
        match answer.await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(InsertError::NotStored),
        }
    }
}

impl WriterTask {
    /// Waits until everything accepted is committed and the file is closed.
    pub async fn finished(self) {
        if self.0.await.is_err() {
            tracing::error!("the outbox writer ended early");
        }
    }
}

async fn run(pool: SqlitePool, mut jobs: mpsc::Receiver<Job>, batch: usize) {
    let mut waiting = Vec::with_capacity(batch);
    while jobs.recv_many(&mut waiting, batch).await > 0 {
        let stored = match commit(&pool, &waiting).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, deposits = waiting.len(), "deposits were not stored");
                false
            }
        };
        for job in waiting.drain(..) {
            let (Job::Insert(_, done) | Job::Probe(done)) = job;
            // A caller that has gone away needs no answer
            let _ = done.send(stored);
        }
    }
    pool.close().await;
}

async fn commit(pool: &SqlitePool, jobs: &[Job]) -> Result<(), StoreError> {
    let unavailable = StoreError::unavailable(DATABASE);
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable)?;
    for job in jobs {
        let Job::Insert(row, _) = job else { continue };
        sqlx::query(
            "/* outbox insert */ INSERT INTO deposit (deposit_id, day, nonce, body) \
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(row.deposit_id.as_slice())
        .bind(&row.day)
        .bind(row.nonce.as_slice())
        .bind(&row.body)
        .execute(&mut *transaction)
        .await
        .map_err(unavailable)?;
    }
    transaction.commit().await.map_err(unavailable)
}
