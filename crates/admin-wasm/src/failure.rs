//! Errors as JavaScript sees them: an `Error` with a stable `code`.

use js_sys::{Error, Reflect};
use nightsafe_core::custody::CustodyError;
use nightsafe_core::identity::CodeError;
use wasm_bindgen::JsValue;

/// What a call can fail with. Holds nothing of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The passphrase opens nothing, or there is no such user.
    WrongPassphrase,
    /// What the sign-in gave does not unwrap the identity.
    IdentityRefused,
    /// There is no identity yet.
    NoIdentity,
    /// A session's tab is not enough: something is under the passphrase alone.
    PassphraseNeeded,
    /// The roster was not signed from the site keys down.
    RosterRefused,
    /// This browser knows a later roster.
    RosterRolledBack,
    /// This browser knows another roster, from the same site keys.
    RosterForked,
    /// The timestamp note names an entry that the roster does not have.
    RosterNotCurrent,
    /// Nobody but the vault says that the roster is the current one.
    RosterUnconfirmed,
    /// The timestamp note is not by the timestamp key of a manifest that the vault has.
    TimestampRefused,
    /// Fewer admins would be left than must sign.
    LastAdmin,
    /// Somebody in the roster has this name.
    NameTaken,
    /// The roster does not take this change.
    ChangeRefused,
    /// A text is not what the call takes.
    Malformed,
    /// The deposit was not through `open_locator`.
    UnknownDeposit,
    /// The admin site does not carry the log's key.
    LogKeyMissing,
    /// No log is kept here, or this admin signs nothing for it.
    NoLog,
    /// What was signed is not shown in the log.
    LogRefused,
    /// The log is shorter than this browser has seen it.
    LogRolledBack,
    /// The log is not the one that this browser has seen.
    LogForked,
    /// The deposit's fields were not compared since its locator was opened.
    Unchecked,
    /// Nothing can be sealed anew: somebody who has left was granted the active key, or the vault does not have it.
    NotTheActiveKey,
    /// Nothing is sealed anew to a key that this admin does not hold: it could not be compared before it is sent.
    ActiveKeyNotHeld,
    /// What was sealed anew does not open to what was there; nothing was sent.
    ResealedUnlike,
    /// A recovery code that lacks digits, or has too many.
    CodeLength,
    /// The group of a recovery code, from 1, that is not as it was printed.
    CodeTypo(u8),
    /// Not the file of this site's recovery key.
    RecoveryKeyRefused,
    /// What the vault gave does not open with the recovery key, or makes another key.
    RecoveryGrantsRefused,
    /// The recovery key opens nothing that this admin does not hold.
    NothingToRecover,
    /// `lock` was called, or the attempt is used up.
    Locked,
    /// The browser gave no random bytes.
    Randomness,
    /// The browser has not the memory that Argon2id asks for.
    Memory,
}

impl Failure {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::WrongPassphrase => "wrong_passphrase",
            Self::IdentityRefused => "identity_refused",
            Self::NoIdentity => "no_identity",
            Self::PassphraseNeeded => "passphrase_needed",
            Self::RosterRefused => "roster_refused",
            Self::RosterRolledBack => "roster_rolled_back",
            Self::RosterForked => "roster_forked",
            Self::RosterNotCurrent => "roster_not_current",
            Self::RosterUnconfirmed => "roster_unconfirmed",
            Self::TimestampRefused => "timestamp_refused",
            Self::LastAdmin => "last_admin",
            Self::NameTaken => "name_taken",
            Self::ChangeRefused => "change_refused",
            Self::Malformed => "malformed",
            Self::UnknownDeposit => "unknown_deposit",
            Self::LogKeyMissing => "log_key_missing",
            Self::NoLog => "no_log",
            Self::NotTheActiveKey => "not_the_active_key",
            Self::ActiveKeyNotHeld => "active_key_not_held",
            Self::ResealedUnlike => "resealed_unlike",
            Self::LogRefused => "log_refused",
            Self::LogRolledBack => "log_rolled_back",
            Self::LogForked => "log_forked",
            Self::Unchecked => "unchecked",
            Self::CodeLength => "code_length",
            Self::CodeTypo(1) => "code_typo_1",
            Self::CodeTypo(2) => "code_typo_2",
            Self::CodeTypo(3) => "code_typo_3",
            Self::CodeTypo(4) => "code_typo_4",
            Self::CodeTypo(5) => "code_typo_5",
            Self::CodeTypo(6) => "code_typo_6",
            Self::CodeTypo(_) => "code_typo_7",
            Self::RecoveryKeyRefused => "recovery_key_refused",
            Self::RecoveryGrantsRefused => "recovery_grants_refused",
            Self::NothingToRecover => "nothing_to_recover",
            Self::Locked => "locked",
            Self::Randomness => "randomness",
            Self::Memory => "memory",
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::WrongPassphrase => "the name or the passphrase is wrong",
            Self::IdentityRefused => "the vault holds another identity than the one that this sign-in unlocks",
            Self::PassphraseNeeded => "sign in with the passphrase: not everything opens without it yet",
            Self::NoIdentity => "sign in again first: then there are keys of your own",
            Self::RosterRefused => "the roster of admins is not one that the site keys and admins signed",
            Self::RosterRolledBack => "the roster of admins is older than one that this browser has seen",
            Self::RosterForked => "the roster of admins is not the one that this browser has seen",
            Self::RosterNotCurrent => "the roster of admins lacks the entry that the timestamp note names",
            Self::RosterUnconfirmed => "nobody but the vault says that the roster of admins is the current one",
            Self::TimestampRefused => "the timestamp note does not fit the key manifests that the vault has",
            Self::LastAdmin => "fewer admins would be left than must sign the next change",
            Self::NameTaken => "somebody in the roster has this name",
            Self::ChangeRefused => "the roster does not take this change: load it again",
            Self::Malformed => "the text is not in the form that this call takes",
            Self::UnknownDeposit => "open the deposit's locator first",
            Self::LogKeyMissing => "build the admin site again with the key of the audit log",
            Self::NoLog => "nothing is signed for an audit log here",
            Self::NotTheActiveKey => "nothing can be sealed anew before another data key is sealed to",
            Self::ActiveKeyNotHeld => {
                "the active data key is not granted to this admin, so what is sealed to it cannot be compared"
            }
            Self::ResealedUnlike => "what was sealed anew does not open to what was there: nothing was sent",
            Self::LogRefused => "the vault did not show the signed entry in its audit log",
            Self::LogRolledBack => "the audit log is shorter than this browser has seen it",
            Self::LogForked => "the audit log is not the one that this browser has seen",
            Self::Unchecked => "compare the deposit's fields first",
            Self::CodeLength => "type all 35 characters of the recovery code",
            Self::CodeTypo(_) => "compare this group of the recovery code with the page",
            Self::RecoveryKeyRefused => "this is not the file of this site's recovery key",
            Self::RecoveryGrantsRefused => "what the vault gave does not open with the recovery key",
            Self::NothingToRecover => "the recovery key opens nothing that is not held already",
            Self::Locked => "sign in again: the keys are locked",
            Self::Randomness => "the browser gave no random bytes",
            Self::Memory => "the browser has not enough memory: close other tabs",
        }
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        let error = Error::new(failure.message());
        // An object that was just made takes a property
        let _ = Reflect::set(&error, &"code".into(), &failure.code().into());
        error.into()
    }
}

impl From<CodeError> for Failure {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Length => Self::CodeLength,
            CodeError::Typo(group) => Self::CodeTypo(group),
        }
    }
}

impl From<nightsafe_login::Error> for Failure {
    fn from(error: nightsafe_login::Error) -> Self {
        match error {
            nightsafe_login::Error::WrongPassphrase => Self::WrongPassphrase,
            nightsafe_login::Error::Randomness => Self::Randomness,
            nightsafe_login::Error::Stretch => Self::Memory,
            _ => Self::Malformed,
        }
    }
}

impl From<CustodyError> for Failure {
    fn from(error: CustodyError) -> Self {
        match error {
            CustodyError::Unwrap => Self::WrongPassphrase,
            CustodyError::Memory => Self::Memory,
            _ => Self::Malformed,
        }
    }
}
