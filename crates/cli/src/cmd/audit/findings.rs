//! Findings, as lines.

use nightsafe_core::audit::Finding;

/// Lines, one a finding: its code, what it is about, and what that means.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<String>);

impl Findings {
    /// About the whole copy, or a file.
    pub(super) fn about(&mut self, code: &str, what: &str, meaning: &str) {
        self.0.push(format!("{code}: {what}: {meaning}\n"));
    }

    /// About one leaf.
    pub(super) fn at(&mut self, code: &str, leaf: u64, meaning: &str) {
        self.about(code, &format!("entry {leaf}"), meaning);
    }

    /// What core found; `what` is named where it is not about a leaf.
    pub(super) fn add(&mut self, finding: Finding, what: &str) {
        let about = finding.index().map_or_else(|| what.to_owned(), |leaf| format!("entry {leaf}"));
        self.about(finding.code(), &about, &meaning(finding));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn lines(&self) -> String {
        self.0.concat()
    }
}

fn meaning(finding: Finding) -> String {
    match finding {
        Finding::OtherLog => "the checkpoint is one of another log".into(),
        Finding::Incomplete(leaves) => format!("it has {leaves} leaves, its checkpoint another number"),
        Finding::Edited => "the leaves are not those that the checkpoint was signed over".into(),
        Finding::Dropped => "it has more entries than the copy: some were dropped at the end".into(),
        Finding::Forked => "the log does not continue it: entries from before it were changed".into(),
        Finding::Repeated { first, .. } => format!("the same leaf as entry {first}"),
        Finding::NotInLog(_) => "no leaf is that of this entry: it was changed, or its leaf was".into(),
        Finding::Reordered { found, .. } => format!("its leaf is in the place of entry {found}"),
        Finding::Malformed(_) => "not an entry of the specified form".into(),
        Finding::OtherSite(_) => "an entry of another site".into(),
        Finding::Unsigned(_) => "who is said to have signed it did not".into(),
        Finding::UnknownSigner(_) => "no key is known of who is said to have signed it".into(),
    }
}
