//! Why a roster was refused.

use core::fmt;

/// What is wrong with an entry. The code is stable. Holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No note, or not the one canonical text, or beyond a limit: the line, from 1; 0 when none can be named.
    Malformed(u32),
    /// Made for another site.
    WrongSite,
    /// Not the entry that is due: one is missing, repeated, or out of order.
    OutOfSequence,
    /// Names another entry before it than the one that is there.
    BrokenChain,
    /// Earlier than the entry before it.
    TimeWentBack,
    /// A signature of a site key or an active admin is wrong.
    BadSignature,
    /// Signed by somebody who is no active admin at that place, and by too few who are.
    NotAnAdmin,
    /// Fewer signatures than must.
    TooFewSignatures,
    /// An identity id that the keys do not have, or a key that the roster does not commit to.
    SwappedKey,
    /// A key that was in the roster before, or is a site key.
    ReusedKey,
    /// An active admin has this name.
    NameTaken,
    /// A change of somebody who is not active.
    UnknownAdmin,
    /// Fewer admins would be left than must sign.
    LastAdmin,
    /// The first entry says no threshold, or adds no admin.
    BadStart,
    /// Too many entries, active people, or identities.
    TooMany,
    /// Shorter than a roster that was verified before: yesterday's.
    Stale,
    /// Another entry at a place that was verified before.
    Fork,
    /// The entry that the timestamp note names is not in it: it ends before, or is another.
    NotCurrent,
}

impl Fault {
    /// The stable code, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::WrongSite => "wrong_site",
            Self::OutOfSequence => "out_of_sequence",
            Self::BrokenChain => "broken_chain",
            Self::TimeWentBack => "time_went_back",
            Self::BadSignature => "bad_signature",
            Self::NotAnAdmin => "not_an_admin",
            Self::TooFewSignatures => "too_few_signatures",
            Self::SwappedKey => "swapped_key",
            Self::ReusedKey => "reused_key",
            Self::NameTaken => "name_taken",
            Self::UnknownAdmin => "unknown_admin",
            Self::LastAdmin => "last_admin",
            Self::BadStart => "bad_start",
            Self::TooMany => "too_many",
            Self::Stale => "stale",
            Self::Fork => "fork",
            Self::NotCurrent => "not_current",
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::Malformed(_) => "write the entry in its one canonical form",
            Self::WrongSite => "use the roster of this site",
            Self::OutOfSequence => "fetch the whole roster: an entry is missing or in another's place",
            Self::BrokenChain => "stop trusting this vault: the roster does not follow from its own beginning",
            Self::TimeWentBack => "check the clock: the entry is older than the one before it",
            Self::BadSignature => "stop trusting this vault: the entry is not what an admin signed",
            Self::NotAnAdmin => "stop trusting this vault: who signed the entry is no admin",
            Self::TooFewSignatures => "have more admins sign the entry, or the site keys",
            Self::SwappedKey => "stop trusting this vault: it shows a key that the roster does not name",
            Self::ReusedKey => "make a new identity: keys stand in the roster once",
            Self::NameTaken => "choose another name: an active admin has this one",
            Self::UnknownAdmin => "name an active admin",
            Self::LastAdmin => "add an admin first, or have the site keys sign: too few would be left",
            Self::BadStart => "begin with a threshold and at least one admin",
            Self::TooMany => "remove people who left: the roster is full",
            Self::Stale => "stop trusting this vault: it shows an old roster",
            Self::Fork => "stop trusting this vault: it shows another roster than before",
            Self::NotCurrent => "fetch roster and timestamp again: they do not belong together",
        }
    }
}

/// The entry that is wrong, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RosterError {
    /// Its place in the list, from 0; for a list that ends too early or not where it should, its length.
    pub sequence: u64,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for RosterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "roster entry {}: {}", self.sequence, self.fault.advice())?;
        if let Fault::Malformed(line @ 1..) = self.fault {
            write!(f, "; look at line {line}")?;
        }
        Ok(())
    }
}

impl core::error::Error for RosterError {}
