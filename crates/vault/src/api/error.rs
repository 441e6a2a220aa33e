//! Faults of our own as problems; what happened is in the log only.

use nightsafe_proto::problem::ProblemType;
use nightsafe_serve::problem::Problem;
use nightsafe_store::StoreError;

use crate::roster::RosterUnknown;

/// The database did not answer.
pub(super) fn storage(error: &StoreError) -> Problem {
    tracing::error!(%error, "the vault could not answer");
    ProblemType::StorageUnavailable.into()
}

/// The vault's own roster cannot be relied upon.
pub(super) fn roster(unknown: &RosterUnknown) -> Problem {
    tracing::error!(error = %unknown, "the roster is not known");
    match unknown {
        RosterUnknown::Store(_) => ProblemType::StorageUnavailable.into(),
        RosterUnknown::NoAnchor => ProblemType::NoTrustAnchor.into(),
        RosterUnknown::Refused(_) => ProblemType::InternalError.into(),
    }
}

/// The system gave no random bytes.
pub(super) fn randomness() -> Problem {
    tracing::error!("the system gave no random bytes");
    ProblemType::InternalError.into()
}
