//! Where the vault gets deposits from: the outbox's database, or a relay on the shop's side.

mod direct;
mod relay;

use std::fmt::Debug;
use std::future::Future;

use nightsafe_store::StoreError;
use nightsafe_store::outbox::OutboxRow;

pub use direct::Direct;
pub use nightsafe_store::outbox::Taken;
pub use relay::{AuthoritiesError, ClientTls, Relay, RelayConfig, RelayError};

/// A queue of deposits. What it gives stays in it until it is acknowledged, so that a crash on either side, or a lost
/// answer, leads to the same deposits again and never to none.
pub trait Source: Debug + Send + Sync + 'static {
    /// The oldest deposits, at most `limit`; the same ones again until they are acknowledged. They are not checked.
    ///
    /// Giving the call up half way does no harm.
    fn next_batch(&self, limit: u32) -> impl Future<Output = Result<Batch, SourceError>> + Send;

    /// Takes deposits out of the queue that the vault has committed, to its tables or to quarantine. Repeating it does no harm.
    ///
    /// After an error some, all or none of them may be out.
    fn acknowledge(&self, taken: &[Taken]) -> impl Future<Output = Result<(), SourceError>> + Send;

    /// Ends what is open to the queue.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// What a queue gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Oldest first.
    pub rows: Vec<OutboxRow>,
    /// Whether the queue says that more wait.
    pub more: bool,
}

/// Why a queue gives or takes nothing now. Nothing is lost by it.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The outbox's database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The relay.
    #[error(transparent)]
    Relay(#[from] RelayError),
}
