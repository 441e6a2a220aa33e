//! Faults of our own as problems; what happened is in the log only.

use nightsafe_proto::problem::ProblemType;
use nightsafe_serve::problem::Problem;
use nightsafe_store::StoreError;

/// The database did not answer.
pub(super) fn storage(error: &StoreError) -> Problem {
    tracing::error!(%error, "the vault could not answer");
    ProblemType::StorageUnavailable.into()
}

/// The system gave no random bytes.
pub(super) fn randomness() -> Problem {
    tracing::error!("the system gave no random bytes");
    ProblemType::InternalError.into()
}
