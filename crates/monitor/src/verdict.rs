//! What a monitor says of what it found.

use nightsafe_core::release::ReleaseError;
use nightsafe_serve::release::{Finding as Difference, INVALID_PROOF, UNREACHABLE};

/// The code of something that is served and has no entry in the release log.
pub(crate) const NOT_IN_LOG: &str = "not_in_log";

/// How bad it is, as Nagios counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing to do.
    Ok,
    /// Somebody should look.
    Warning,
    /// Somebody must look now.
    Critical,
    /// Nobody knows.
    Unknown,
}

/// One word for each kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// All is as it was signed.
    Ok,
    /// A later release or key manifest, signed as it must be.
    SignedNew,
    /// A signed text ends soon, or has ended.
    Expiring,
    /// Something else than what was signed.
    UnsignedChange,
    /// A security header is missing, changed, or there twice.
    HeaderWeakened,
    /// A security header that nobody signed.
    HeaderAdded,
    /// Code on a page that is not in an inventory.
    ForeignScript,
    /// Another WASM module.
    ForeignWasm,
    /// Older than what was seen.
    Rollback,
    /// Another log than the one that was seen, or something that is served and not in the log.
    SplitView,
    /// Keys that the site keys did not sign.
    KeySwapped,
    /// No answer, so nothing is known.
    Unreachable,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What it is.
    pub verdict: Verdict,
    /// A stable code, finer than the verdict.
    pub code: &'static str,
    /// The address.
    pub what: String,
    /// For people.
    pub said: String,
    /// Too late, where the verdict has both.
    pub is_late: bool,
}

impl Severity {
    /// The exit status, as Nagios has it.
    pub const fn exit_status(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    /// The word for it, as Nagios has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The worst of many. That something is not known outweighs a warning: under it, all could be wrong.
    pub fn worst(all: impl Iterator<Item = Self>) -> Self {
        let weight = |severity: &Self| match severity {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Unknown => 2,
            Self::Critical => 3,
        };
        all.max_by_key(weight).unwrap_or(Self::Ok)
    }
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Ok,
        Self::SignedNew,
        Self::Expiring,
        Self::UnsignedChange,
        Self::HeaderWeakened,
        Self::HeaderAdded,
        Self::ForeignScript,
        Self::ForeignWasm,
        Self::Rollback,
        Self::SplitView,
        Self::KeySwapped,
        Self::Unreachable,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::SignedNew => "SIGNED-NEW",
            Self::Expiring => "EXPIRING",
            Self::UnsignedChange => "UNSIGNED-CHANGE",
            Self::HeaderWeakened => "HEADER-WEAKENED",
            Self::HeaderAdded => "HEADER-ADDED",
            Self::ForeignScript => "FOREIGN-SCRIPT",
            Self::ForeignWasm => "FOREIGN-WASM",
            Self::Rollback => "ROLLBACK",
            Self::SplitView => "SPLIT-VIEW",
            Self::KeySwapped => "KEY-SWAPPED",
            Self::Unreachable => "UNREACHABLE",
        }
    }
}

impl Finding {
    /// A finding.
    pub fn new(verdict: Verdict, code: &'static str, what: impl Into<String>, said: impl ToString) -> Self {
        Self { verdict, code, what: what.into(), said: said.to_string(), is_late: false }
    }

    /// The same, too late.
    #[must_use]
    pub fn late(self) -> Self {
        Self { is_late: true, ..self }
    }

    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        match self.verdict {
            Verdict::Ok => Severity::Ok,
            Verdict::SignedNew => Severity::Warning,
            Verdict::Expiring if !self.is_late => Severity::Warning,
            Verdict::Unreachable => Severity::Unknown,
            _ => Severity::Critical,
        }
    }

    /// Of a release that was refused.
    pub fn of_release(error: ReleaseError, what: &str) -> Self {
        let verdict = match error {
            ReleaseError::Rollback | ReleaseError::Fork => Verdict::Rollback,
            ReleaseError::Expired => return Self::new(Verdict::Expiring, error.code(), what, error).late(),
            _ => Verdict::UnsignedChange,
        };
        Self::new(verdict, error.code(), what, error)
    }

    /// Of a difference to a release. Whoever changes files that carry keys changes keys.
    pub fn of_difference(difference: Difference) -> Self {
        let Difference { code, what, said } = difference;
        let verdict = match code {
            "header_missing" | "header_changed" | "header_doubled" => Verdict::HeaderWeakened,
            "header_added" => Verdict::HeaderAdded,
            "wasm_hash_mismatch" => Verdict::ForeignWasm,
            UNREACHABLE => Verdict::Unreachable,
            INVALID_PROOF => Verdict::SplitView,
            _ if carries_keys(&what) => Verdict::KeySwapped,
            _ => Verdict::UnsignedChange,
        };
        Self { verdict, code, what, said, is_late: false }
    }
}

fn carries_keys(url: &str) -> bool {
    let name = url.rsplit_once('/').map_or(url, |(_, name)| name);
    name.starts_with(nightsafe_core::manifest::DATA_KEY_FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_outweighs_a_warning_and_nothing_outweighs_red() {
        let worst = |all: &[Severity]| Severity::worst(all.iter().copied());
        assert_eq!(worst(&[]), Severity::Ok);
        assert_eq!(worst(&[Severity::Warning, Severity::Unknown, Severity::Ok]), Severity::Unknown);
        assert_eq!(worst(&[Severity::Critical, Severity::Unknown]), Severity::Critical);
    }

    #[test]
    fn a_difference_gets_its_word() {
        let word = |code, what: &str| Finding::of_difference(Difference::new(code, what, "")).verdict.word();
        assert_eq!(word("header_doubled", "https://a.example/"), "HEADER-WEAKENED");
        assert_eq!(word("header_added", "https://a.example/"), "HEADER-ADDED");
        assert_eq!(word("wasm_hash_mismatch", "https://a.example/a.wasm"), "FOREIGN-WASM");
        assert_eq!(word("no_manifest_match", "https://a.example/data-key-00"), "KEY-SWAPPED");
        assert_eq!(word("no_manifest_match", "https://a.example/data.js"), "UNSIGNED-CHANGE");
        assert_eq!(word("unreachable", "https://a.example/data-key-00"), "UNREACHABLE");
        assert_eq!(word("invalid_transparency_proof", "https://a.example/site-release.tlog-proof"), "SPLIT-VIEW");
    }
}
