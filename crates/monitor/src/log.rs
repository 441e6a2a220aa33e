//! The release log, as it is shown to visitors: whether it goes on from what was seen before, is the same for all of them, and
//! has in it what is served. All of it is read, so that what was signed and not shown to us is told, too.

mod reader;

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_core::log::{Checkpoint, MAX_LOGGED};
use nightsafe_core::note::{MAX_NOTE, Note, Vkey};
use nightsafe_core::release::{LOG_PREFIX, PROOF_PATH, SiteRelease, VerifiedRelease};
use nightsafe_core::release_log::{Entry, Kind};
use nightsafe_serve::release::{Server, UNREACHABLE, verify_proof};
use nightsafe_store::monitor::ReadLog;

use self::reader::Reader;
use crate::check::{Job, Outcome, Told};
use crate::verdict::{Finding, NOT_IN_LOG, Verdict};

pub use self::reader::{MAX_NEW, root_at};

/// How often it is looked again for what was published a moment ago.
const LOOK_AGAIN: u32 = 4;

/// A checkpoint that a visitor was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub(crate) visitor: &'static str,
    pub(crate) url: String,
    pub(crate) key: Vkey,
    pub(crate) note: String,
    pub(crate) checkpoint: Checkpoint,
    /// Of the log itself; a proof's may be older.
    pub(crate) is_last: bool,
}

impl Shown {
    pub(crate) fn by(&self, visitor: &'static str) -> Self {
        Self { visitor, ..self.clone() }
    }
}

/// Fetches what one visitor is shown of the log: its checkpoint, and that of the proof beside the release.
pub(crate) async fn look(job: &Job, server: &mut Server, release: &SiteRelease) -> (Vec<Shown>, Vec<Finding>) {
    let mut findings = Vec::new();
    let Some(key) = &release.log else {
        if job.log.is_some() {
            let said = "names no release log any more";
            findings.push(Finding::new(Verdict::SplitView, "log_gone", release.fields.url(LOG_PREFIX), said));
        }
        return (Vec::new(), findings);
    };
    let mut seen = Vec::new();
    let shown = |url: String, note: String, checkpoint, is_last| Shown {
        visitor: "",
        url,
        key: key.clone(),
        note,
        checkpoint,
        is_last,
    };
    // What is wrong with it was found already
    if let Ok(text) = server.text(PROOF_PATH, MAX_LOGGED).await
        && let Ok(checkpoint) = verify_proof(&text, release, key)
    {
        let note = text.split_once("\n\n").map_or("", |(_, note)| note).to_owned();
        seen.push(shown(release.fields.url(PROOF_PATH), note, checkpoint, false));
    }
    let path = [LOG_PREFIX, "checkpoint"].concat();
    let url = release.fields.url(&path);
    match server.logged(&release.fields, &path, MAX_NOTE).await {
        Ok((note, headers)) => {
            findings.extend(headers.into_iter().map(Finding::of_difference));
            match Checkpoint::verify(&note, key) {
                Ok(checkpoint) => seen.push(shown(url, note, checkpoint, true)),
                Err(error) => findings.push(Finding::new(Verdict::UnsignedChange, error.code(), url, error)),
            }
        }
        Err(difference) => findings.push(Finding::of_difference(difference)),
    }
    (seen, findings)
}

/// Holds all that was shown against what was read before, and what is served against the log.
pub(crate) async fn examine(job: &Job, outcome: &Outcome, shown: Vec<Shown>) -> (Vec<Told>, Option<ReadLog>) {
    let Some(release) = outcome.release.as_ref().map(VerifiedRelease::release) else { return (Vec::new(), None) };
    let Some(key) = &release.log else { return (Vec::new(), None) };
    let mut told = Findings::default();
    let prefix = release.fields.url(LOG_PREFIX);
    if let Some(known) = job.log.as_ref().filter(|known| known.key != key.to_text()) {
        let said = format!(
            "is another log than the one that was seen before, whose key is {}: find out why, then give --replace-log once",
            known.key
        );
        told.all(Finding::new(Verdict::SplitView, "log_replaced", prefix, said));
        return (told.0, None);
    }
    let (mut shown, others): (Vec<Shown>, Vec<Shown>) = shown.into_iter().partition(|one| one.key == *key);
    for other in &others {
        let said = "is another log than the one that others are shown";
        told.add(other, Finding::new(Verdict::SplitView, "log_replaced", &prefix, said));
    }
    let visitors: BTreeSet<&'static str> = shown.iter().chain(&others).map(|one| one.visitor).collect();
    let mut reader = Reader::new(job, release, key);
    let limit = job.patience.check;
    let looking = look_at_all(job, outcome, &mut reader, (&mut shown, &mut told));
    if tokio::time::timeout(limit, looking).await.is_err() {
        let said = format!("not all of it could be read within {} seconds", limit.as_secs());
        told.all(Finding::new(Verdict::Unreachable, UNREACHABLE, prefix, said));
    }
    for one in &mut told.0 {
        if visitors.iter().all(|visitor| one.only.contains(visitor)) {
            one.only.clear();
        }
    }
    (told.0, reader.into_read())
}

async fn look_at_all(
    job: &Job,
    outcome: &Outcome,
    reader: &mut Reader<'_>,
    (shown, told): (&mut Vec<Shown>, &mut Findings),
) {
    // From the longest on, all others follow from what was read for it
    shown.sort_by_key(|one| (std::cmp::Reverse(one.checkpoint.size), !one.is_last));
    for one in shown.iter() {
        if let Err(finding) = reader.take(one).await {
            told.add(one, finding);
        }
        reader.take_headers().into_iter().for_each(|finding| told.add(one, finding));
        cosigned(job, one, told);
    }
    if shown.iter().all(|one| !one.is_last) || told.is_split() {
        return;
    }
    for _ in 0..LOOK_AGAIN {
        if missing(outcome, reader).is_empty() {
            break;
        }
        tokio::time::sleep(job.patience.again.1).await;
        if let Some(later) = reader.look_again().await
            && let Err(finding) = reader.take(&later).await
        {
            told.add(&later, finding);
        }
    }
    missing(outcome, reader).into_iter().for_each(|finding| told.all(finding));
    news(job, outcome, reader).into_iter().for_each(|finding| told.all(finding));
}

/// What is served and not in the log.
fn missing(outcome: &Outcome, reader: &Reader<'_>) -> Vec<Finding> {
    let release = outcome.release.as_ref().map(|one| Entry::of_release(one.release()));
    let manifest = outcome.manifest.as_ref().map(Entry::of_manifest);
    let mut served: Vec<(Kind, [u8; 32])> = release.iter().chain(&manifest).map(|one| (one.kind, one.hash)).collect();
    served.extend(outcome.roster_head.map(|head| (Kind::Roster, head)));
    let is_missing =
        |(kind, hash): &(Kind, [u8; 32])| !reader.entries().any(|entry| entry.kind == *kind && entry.hash == *hash);
    let finding = |(kind, _)| {
        let what = match kind {
            Kind::Release => "the release that is served",
            Kind::Manifest => "the key manifest that is served",
            Kind::Roster => "the list of admins that the timestamp note names",
        };
        Finding::new(Verdict::SplitView, NOT_IN_LOG, reader.url(), format!("does not have {what}"))
    };
    served.into_iter().filter(is_missing).map(finding).collect()
}

/// What came into the log since, and nobody was shown; what must never be in it.
fn news(job: &Job, outcome: &Outcome, reader: &Reader<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let unknown = reader.len().saturating_sub(reader.entries().count());
    if unknown > 0 {
        let said = format!("has {unknown} entries that are none of this site's");
        findings.push(Finding::new(Verdict::UnsignedChange, "log_entry", reader.url(), said));
    }
    let mut of: BTreeMap<(Kind, u64), [u8; 32]> = BTreeMap::new();
    for entry in reader.entries() {
        if *of.entry((entry.kind, entry.sequence)).or_insert(entry.hash) != entry.hash {
            let said = format!("has two of one number: {} {}", entry.kind, entry.sequence);
            findings.push(Finding::new(Verdict::SplitView, "log_two_of_one_number", reader.url(), said));
        }
    }
    let served = |kind| match kind {
        Kind::Release => outcome.release.as_ref().map(|one| one.release().sequence),
        Kind::Manifest => outcome.manifest.as_ref().map(|one| one.manifest().sequence),
        Kind::Roster => None,
    };
    for entry in reader.new_entries(job) {
        if let Some(number) = served(entry.kind).filter(|number| entry.sequence > *number) {
            let Entry { kind, sequence, .. } = &entry;
            let said = format!("has {kind} number {sequence}, and number {number} is served");
            findings.push(Finding::new(Verdict::SignedNew, "logged_not_served", reader.url(), said));
        }
    }
    findings
}

/// Whether as many witnesses cosigned as are asked for.
fn cosigned(job: &Job, shown: &Shown, told: &mut Findings) {
    let (witnesses, wanted) = &job.witnesses;
    if *wanted == 0 || !shown.is_last {
        return;
    }
    let Ok(note) = Note::parse(&shown.note) else { return };
    let mut count = 0_usize;
    for witness in witnesses {
        match witness.verify(&note) {
            Ok(Some(time)) if time <= job.now.plus_days(1) => count = count.saturating_add(1),
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => {
                let said = format!("has a wrong cosignature by {}", witness.name());
                told.add(shown, Finding::new(Verdict::SplitView, "wrong_cosignature", &shown.url, said));
            }
        }
    }
    if count < *wanted {
        // Witnesses may be away; that others see the same log, nobody knows then
        let said = format!("is cosigned by {count} witnesses, and {wanted} are asked for");
        told.add(shown, Finding::new(Verdict::Unreachable, "too_few_cosignatures", &shown.url, said));
    }
}

/// What was found, and by whom.
#[derive(Default)]
struct Findings(Vec<Told>);

impl Findings {
    /// It does not depend on who looks.
    fn all(&mut self, finding: Finding) {
        self.0.push(Told { finding, only: Vec::new() });
    }

    fn add(&mut self, shown: &Shown, finding: Finding) {
        match self.0.iter_mut().find(|told| told.finding == finding) {
            Some(told) if !told.only.contains(&shown.visitor) => told.only.push(shown.visitor),
            Some(_) => {}
            None => self.0.push(Told { finding, only: vec![shown.visitor] }),
        }
    }

    fn is_split(&self) -> bool {
        self.0.iter().any(|told| told.finding.verdict == Verdict::SplitView)
    }
}
