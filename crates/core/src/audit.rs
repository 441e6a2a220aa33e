//! The audit log (`docs/spec/audit-entry.md`): who did what, to which record, and what for.
//!
//! An entry is signed by who acts, together with a fresh salt ([`SignedEntry`]). The tree ([`crate::log`]) holds its
//! [`Commitment`] only; the entry is kept apart, sealed to the auditors, and can be erased without breaking a proof.

mod action;
mod commitment;
mod deeds;
mod entry;
mod field;
mod findings;
mod purpose;
mod sealed;
mod seen;
mod signed;

pub use action::{Action, MAX_CRITERIA, PasskeyChange, RecoveryMethod};
pub use commitment::{Commitment, Salt};
pub use deeds::{of_grants, of_roster_entry};
pub use entry::{Actor, Entry};
pub use field::{MAX_OPENED, OpenedField, PointHash};
pub use findings::{Evidence, Finding, Signer, check, check_consistency, check_inclusion};
pub use purpose::Purpose;
pub use sealed::{open_sealed, seal};
pub use seen::{SeenError, SeenLog, is_in_log};
pub use signed::SignedEntry;
#[cfg(test)]
pub(crate) use {sealed::parts as sealed_parts, signed::message as signed_message};

use core::fmt;

/// Most bytes of an entry: as many as go, signed and salted, into a padded plaintext.
pub const MAX_AUDIT_ENTRY: usize = 3968;

/// Why an entry was not made, read, sealed or opened. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditError {
    /// Not an entry in its one encoding, or an action that is not specified.
    Malformed,
    /// Longer than [`MAX_AUDIT_ENTRY`], or a list that is empty, too long or out of order.
    Limits,
    /// Who is said to act may not sign this action.
    Actor,
    /// The signature is not the key's.
    BadSignature,
    /// The audit key cannot be sealed to: it must be an X-Wing key.
    Seal,
    /// Another audit key, another site, or changed bytes.
    Open,
    /// What was sealed is not what the tree holds.
    OtherCommitment,
}

impl AuditError {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Limits => "out_of_limits",
            Self::Actor => "wrong_actor",
            Self::BadSignature => "bad_signature",
            Self::Seal => "seal_failed",
            Self::Open => "open_failed",
            Self::OtherCommitment => "other_commitment",
        }
    }
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "write the entry as specified in audit-entry.md",
            Self::Limits => "split the entry: at most 48 fields or 16 criteria, each once and in order",
            Self::Actor => {
                "have an admin sign what admins do; the vault signs failed sign-ins only, and what nobody did"
            }
            Self::BadSignature => "refuse the entry: who is said to have signed it did not",
            Self::Seal => "make a new audit key: entries are sealed to X-Wing keys",
            Self::Open => "check that this is the audit key the entry was sealed to, and its site",
            Self::OtherCommitment => "report it: what was kept is not the entry that the log holds",
        })
    }
}

impl core::error::Error for AuditError {}

impl From<crate::cbor::CborError> for AuditError {
    fn from(_: crate::cbor::CborError) -> Self {
        Self::Malformed
    }
}

impl From<crate::scalar::ScalarError> for AuditError {
    fn from(_: crate::scalar::ScalarError) -> Self {
        Self::Malformed
    }
}

#[cfg(test)]
mod tests;
