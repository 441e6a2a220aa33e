use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::OutboxRow;
use super::insert::Inserter;
use crate::{Database, StoreError};

/// How much may wait, and how much goes into one transaction.
#[derive(Debug, Clone, Copy)]
pub struct WriterLimits {
    /// Deposits that may wait; one more is refused with [`InsertError::Busy`].
    pub queue: usize,
    /// Bytes of deposits that may wait or be on their way into the database; the same beyond that.
    pub queue_bytes: usize,
    /// Deposits in one transaction.
    pub batch: usize,
    /// Transactions at the same time, each on a connection of its own. On SQLite there is one.
    pub connections: usize,
}

/// 1024 waiting deposits and 64 MiB of them, 256 a transaction, 4 connections.
impl Default for WriterLimits {
    fn default() -> Self {
        Self { queue: 1024, queue_bytes: 64 << 20, batch: 256, connections: 4 }
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

/// Is told what the writer does: for metrics.
pub trait WriterObserver: std::fmt::Debug + Send + Sync {
    /// A transaction with `deposits` was committed, `new` of which were not there before.
    fn committed(&self, deposits: usize, new: u64, took: Duration);
    /// A transaction with `deposits` was not.
    fn failed(&self, deposits: usize);
}

#[derive(Debug)]
struct Unobserved;

impl WriterObserver for Unobserved {
    fn committed(&self, _deposits: usize, _new: u64, _took: Duration) {}
    fn failed(&self, _deposits: usize) {}
}

/// What waits for a commit, or is on its way into the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Deposits that no transaction has begun with.
    pub deposits: usize,
    /// Bytes of all deposits that are not committed, rounded up to whole KiB each.
    pub bytes: usize,
}

/// Inserts deposits, several callers in one transaction (group commit). Clones share one queue.
#[derive(Debug, Clone)]
pub struct OutboxWriter {
    queue: mpsc::Sender<Job>,
    /// One permit a KiB, so that the number of permits fits the semaphore on every machine.
    room: Arc<Semaphore>,
    room_in_all: usize,
}

/// The writer's tasks, which end once every clone of [`OutboxWriter`] is gone. They go on when this is dropped.
#[derive(Debug)]
pub struct WriterTask(Vec<JoinHandle<()>>);

#[derive(Debug)]
struct Job {
    /// `None` only asks whether the database takes writes.
    row: Option<OutboxRow>,
    /// Told `true` after commit.
    done: oneshot::Sender<bool>,
    /// Given back when the job is gone.
    _room: Option<OwnedSemaphorePermit>,
}

impl OutboxWriter {
    /// Opens the database and starts the tasks that write; a SQLite file is made when it is not there. The tasks
    /// finish what was accepted after the last clone of the writer is dropped. A server that is lost later is
    /// connected to again as soon as it is there.
    ///
    /// # Errors
    /// As [`crate::sqlite::open`]; on PostgreSQL [`StoreError::NotMigrated`], [`StoreError::NewerSchema`],
    /// [`StoreError::Unavailable`].
    pub async fn open(database: &Database, limits: WriterLimits) -> Result<(Self, WriterTask), StoreError> {
        Self::open_observed(database, limits, Arc::new(Unobserved)).await
    }

    /// [`Self::open`], with somebody who is told.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_observed(
        database: &Database,
        limits: WriterLimits,
        observer: Arc<dyn WriterObserver>,
    ) -> Result<(Self, WriterTask), StoreError> {
        let inserters = Inserter::open(database, limits.connections).await?;
        let (queue, jobs) = mpsc::channel(limits.queue.max(1));
        let jobs = Arc::new(Mutex::new(jobs));
        let tasks = inserters.into_iter();
        let tasks = tasks
            .map(|inserter| tokio::spawn(run(inserter, Arc::clone(&jobs), limits.batch.max(1), Arc::clone(&observer))))
            .collect();
        let room_in_all = limits.queue_bytes.div_ceil(1024).min(Semaphore::MAX_PERMITS);
        let room = Arc::new(Semaphore::new(room_in_all));
        Ok((Self { queue, room, room_in_all }, WriterTask(tasks)))
    }

    /// What waits now.
    pub fn waiting(&self) -> Waiting {
        let taken = self.room_in_all.saturating_sub(self.room.available_permits());
        let deposits = self.queue.max_capacity().saturating_sub(self.queue.capacity());
        Waiting { deposits, bytes: taken.saturating_mul(1024) }
    }

    /// Stores a deposit and returns after commit. A deposit that is already there is left as it
    /// is, which counts as stored; so does one that the vault has taken.
    ///
    /// # Errors
    /// [`InsertError`]
    pub async fn insert(&self, row: OutboxRow) -> Result<(), InsertError> {
        let size = u32::try_from(row.body.len().div_ceil(1024)).map_err(|_| InsertError::Busy)?;
        let room = Arc::clone(&self.room).try_acquire_many_owned(size).map_err(|_| InsertError::Busy)?;
        self.ask(Some(row), Some(room)).await
    }

    /// Whether the database takes writes now: runs an empty write transaction.
    ///
    /// # Errors
    /// [`InsertError`]
    pub async fn probe(&self) -> Result<(), InsertError> {
        self.ask(None, None).await
    }

    async fn ask(&self, row: Option<OutboxRow>, room: Option<OwnedSemaphorePermit>) -> Result<(), InsertError> {
        let (done, answer) = oneshot::channel();
        self.queue.try_send(Job { row, done, _room: room }).map_err(|error| match error {
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
    /// Waits until everything accepted is committed and the database is closed.
    pub async fn finished(self) {
        for task in self.0 {
            if task.await.is_err() {
                tracing::error!("the outbox writer ended early");
            }
        }
    }
}

/// While one connection commits, the next batch gathers for whichever is free first.
async fn run(
    mut inserter: Inserter,
    jobs: Arc<Mutex<mpsc::Receiver<Job>>>,
    batch: usize,
    observer: Arc<dyn WriterObserver>,
) {
    let mut waiting = Vec::new();
    loop {
        // The lock is let go before the batch is written
        if jobs.lock().await.recv_many(&mut waiting, batch).await == 0 {
            break;
        }
        let rows: Vec<_> = waiting.iter().filter_map(|job| job.row.as_ref()).collect();
        let start = Instant::now();
        let stored = match inserter.commit(&rows).await {
            Ok(new) => {
                if !rows.is_empty() {
                    observer.committed(rows.len(), new, start.elapsed());
                }
                true
            }
            Err(error) => {
                observer.failed(rows.len());
                tracing::error!(%error, deposits = rows.len(), "deposits were not stored");
                false
            }
        };
        for job in waiting.drain(..) {
            // A caller that has gone away needs no answer
            let _ = job.done.send(stored);
        }
    }
    inserter.close().await;
}
