//! The keys that a shopper's browser would seal to: key manifest and timestamp note, held against the trust anchor, the release
//! and what was seen before.

use std::sync::Arc;

use nightsafe_core::anchor::TrustError;
use nightsafe_core::manifest::{self, VerifiedManifest};
use nightsafe_core::note::MAX_NOTE;
use nightsafe_core::release::SiteRelease;
use nightsafe_core::timestamp;
use nightsafe_serve::release::{Manner, Server, UNREACHABLE};
use nightsafe_store::monitor::Highest;

use crate::check::Job;
use crate::verdict::{Finding, Verdict};

/// Where the fields origin has the key manifest.
pub(crate) const MANIFEST_PATH: &str = "/key-manifest";
/// Where ingest has the timestamp note.
const TIMESTAMP_PATH: &str = "/v1/timestamp";

/// How often they are looked at while they do not belong together.
const LOOKS: u32 = 3;

/// What was seen of the keys.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pub(crate) findings: Vec<Finding>,
    pub(crate) manifest: Option<VerifiedManifest>,
    pub(crate) roster_head: Option<[u8; 32]>,
}

impl Keys {
    /// Fetches both notes. Again after a pause, when they do not belong together: the manifest is published first, and ingest
    /// looks for a new one once a second.
    pub(crate) async fn look(job: &Job, server: &mut Server, release: &SiteRelease, manner: &Arc<Manner>) -> Self {
        let mut keys = Self::look_once(job, server, release, manner).await;
        for _ in 1..LOOKS {
            if !keys.findings.iter().any(|finding| finding.code == TrustError::NotCurrent.code()) {
                break;
            }
            tokio::time::sleep(manner.again.1).await;
            keys = Self::look_once(job, server, release, manner).await;
        }
        keys
    }

    async fn look_once(job: &Job, server: &mut Server, release: &SiteRelease, manner: &Arc<Manner>) -> Self {
        let mut keys = Self::default();
        let what = release.fields.url(MANIFEST_PATH);
        let note = match server.text(MANIFEST_PATH, MAX_NOTE).await {
            Ok(note) => note,
            Err(difference) => {
                keys.findings.push(Finding::of_difference(difference));
                return keys;
            }
        };
        keys.verify(job, release, &note, &what);
        if let Some(verified) = keys.manifest.clone() {
            keys.look_at_timestamp(job, &verified, manner).await;
        }
        keys
    }

    /// Takes in a key manifest, when the site keys signed it; what is wrong with it is a finding.
    pub(crate) fn verify(&mut self, job: &Job, release: &SiteRelease, note: &str, what: &str) {
        match manifest::verify(note, &job.anchor, job.now) {
            Ok(verified) => {
                self.findings.extend(order(job, release, &verified, what));
                self.manifest = Some(verified);
            }
            Err(error) => self.findings.push(refused(error, what)),
        }
    }

    async fn look_at_timestamp(&mut self, job: &Job, manifest: &VerifiedManifest, manner: &Arc<Manner>) {
        let ingest = &manifest.manifest().ingest;
        let what = format!("{ingest}{TIMESTAMP_PATH}");
        let note = match job.net.server(ingest, manner).text(TIMESTAMP_PATH, MAX_NOTE).await {
            Ok(note) => note,
            // An ingest that is away stops purchases; it swaps nothing
            Err(difference) => {
                let said = difference.said;
                self.findings.push(Finding::new(Verdict::Unreachable, UNREACHABLE, what, said));
                return;
            }
        };
        match timestamp::verify(&note, manifest, job.now) {
            Ok(timestamp) => {
                if timestamp.until < job.now {
                    let said = format!("no longer says what is current: it ended at {}", timestamp.until);
                    self.findings.push(Finding::new(Verdict::Expiring, "timestamp_ended", &what, said));
                }
                let before = job.known.as_ref().and_then(|known| known.roster_head);
                if before.is_some() && timestamp.roster.is_none() {
                    let said = "names no list of admins any more";
                    self.findings.push(Finding::new(Verdict::Rollback, "roster_gone", what, said));
                }
                self.roster_head = timestamp.roster;
            }
            Err(TrustError::NotCurrent) => {
                let said = "names another key manifest as the current one";
                self.findings.push(Finding::new(Verdict::Rollback, TrustError::NotCurrent.code(), what, said));
            }
            Err(error) => self.findings.push(refused(error, &what)),
        }
    }
}

fn refused(error: TrustError, what: &str) -> Finding {
    let verdict = match error {
        TrustError::Rollback => Verdict::Rollback,
        TrustError::Expired => return Finding::new(Verdict::Expiring, error.code(), what, error).late(),
        _ => Verdict::KeySwapped,
    };
    Finding::new(verdict, error.code(), what, error)
}

/// The manifest's number against the release's and the highest that was seen.
fn order(job: &Job, release: &SiteRelease, verified: &VerifiedManifest, what: &str) -> Option<Finding> {
    let (sequence, hash) = (verified.manifest().sequence, verified.hash());
    let before = job.known.as_ref().and_then(|known| known.manifest);
    if let Some(Highest { sequence: last, hash: of_last }) = before {
        if sequence < last {
            let said = format!("is number {sequence}; number {last} was seen before");
            return Some(Finding::new(Verdict::Rollback, "rollback", what, said));
        }
        if sequence == last && hash.as_bytes() != &of_last {
            let said = format!("is another number {sequence} than the one that was seen before");
            return Some(Finding::new(Verdict::Rollback, "fork", what, said));
        }
    }
    let named = &release.key_manifest;
    if hash != named.hash {
        let newer = sequence > named.sequence;
        let said = format!("is number {sequence}; the release names number {}", named.sequence);
        let (verdict, code) =
            if newer { (Verdict::SignedNew, "ahead_of_release") } else { (Verdict::Rollback, "behind_release") };
        return Some(Finding::new(verdict, code, what, said));
    }
    let is_new = before.is_some_and(|last| sequence > last.sequence);
    is_new.then(|| Finding::new(Verdict::SignedNew, "new_manifest", what, format!("is a new one, number {sequence}")))
}
