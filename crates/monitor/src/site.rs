//! One of the site's own origins, as one visitor sees it.

use std::sync::Arc;

use nightsafe_core::anchor::Origin;
use nightsafe_core::release::{self, ReleaseError, Remembered, SiteRelease, VerifiedRelease};
use nightsafe_core::scalar::ReleaseHash;
use nightsafe_serve::release::{Manner, Server, UNREACHABLE};

use crate::check::Job;
use crate::keys::{Keys, MANIFEST_PATH};
use crate::log::{self, Shown};
use crate::verdict::{Finding, Verdict};

/// How often a release may be replaced while it is looked at.
const PUBLISHED_MEANWHILE: u32 = 3;

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) findings: Vec<Finding>,
    /// The release, when the site keys signed it.
    pub(crate) release: Option<VerifiedRelease>,
    pub(crate) keys: Keys,
    /// Checkpoints of the release log.
    pub(crate) log: Vec<Shown>,
}

impl Seen {
    /// Takes in the release, when the site keys signed it; what is wrong with it is a finding.
    pub(crate) fn verify(&mut self, job: &Job, document: &str, note: &str, what: &str) {
        let verified = match release::verify(note, document, &job.anchor, job.now) {
            Ok(verified) => Some(verified),
            Err(error) => {
                self.findings.push(Finding::of_release(error, what));
                // One that is too old, or behind the floor, still says what should be there
                release::verify_at_any_time(note, document, &job.anchor).ok()
            }
        };
        let last = job.known.as_ref().and_then(|known| known.release);
        if let Some((verified, last)) = verified.as_ref().zip(last)
            && let Err(error) = verified.follows(&Remembered { sequence: last.sequence, hash: ReleaseHash(last.hash) })
        {
            let said = match error {
                ReleaseError::Fork => format!("{error} {}", last.sequence),
                _ => format!("is number {}; number {} was seen before", verified.release().sequence, last.sequence),
            };
            self.findings.push(Finding::new(Verdict::Rollback, error.code(), what, said));
        }
        // Signed it is, wherever it is served
        self.release = verified;
    }

    /// Takes in what was seen of the keys. Where they are wrong, that their bytes are others says less.
    pub(crate) fn take_keys(&mut self, mut keys: Keys) {
        let is_manifest =
            |finding: &Finding| finding.code == "no_manifest_match" && finding.what.ends_with(MANIFEST_PATH);
        if keys.findings.iter().any(|finding| finding.what.ends_with(MANIFEST_PATH)) {
            self.findings.retain(|finding| !is_manifest(finding));
        }
        self.findings.append(&mut keys.findings);
        self.keys = keys;
    }
}

/// Looks at all of an origin; again when another release was published meanwhile.
pub(crate) async fn look(job: &Job, origin: &Origin, manner: &Arc<Manner>) -> Seen {
    let mut server = job.net.server(origin, manner);
    let mut seen = Seen::default();
    for _ in 0..PUBLISHED_MEANWHILE {
        let text;
        (seen, text) = look_once(job, origin, &mut server, manner).await;
        if seen.findings.is_empty() || text.is_none() {
            break;
        }
        let now = server.read_release().await.ok();
        if now.is_none() || now == text {
            break;
        }
    }
    seen
}

/// Document and note, when both are there.
type Texts = Option<(String, String)>;

async fn look_once(job: &Job, origin: &Origin, server: &mut Server, manner: &Arc<Manner>) -> (Seen, Texts) {
    let mut seen = Seen::default();
    let (document, note) = match server.read_release().await {
        Ok(texts) => texts,
        Err(difference) => {
            seen.findings.push(Finding::of_difference(difference));
            return (seen, None);
        }
    };
    let what = format!("{origin}{}", release::NOTE_PATH);
    seen.verify(job, &document, &note, &what);
    let texts = Some((document, note.clone()));
    let Some(verified) = seen.release.clone() else { return (seen, texts) };
    let release = verified.release();
    let Some(place) = release.place(origin.as_str()) else {
        let said = "serves the release of other origins";
        seen.findings.push(Finding::new(Verdict::UnsignedChange, "wrong_origin", origin.as_str(), said));
        return (seen, texts);
    };
    let differences = server.check(release, &note, place).await;
    seen.findings.extend(differences.into_iter().map(Finding::of_difference));
    if *origin == release.fields.origin {
        // However long the files took: who sends those slowly does not keep the keys from being looked at
        let limit = job.patience.check;
        let all = look_at_keys_and_log(job, server, release, manner, &mut seen);
        if tokio::time::timeout(limit, all).await.is_err() {
            let said = format!("keys and release log could not be read within {} seconds", limit.as_secs());
            seen.findings.push(Finding::new(Verdict::Unreachable, UNREACHABLE, origin.as_str(), said));
        }
    }
    (seen, texts)
}

async fn look_at_keys_and_log(
    job: &Job,
    server: &mut Server,
    release: &SiteRelease,
    manner: &Arc<Manner>,
    seen: &mut Seen,
) {
    seen.take_keys(Keys::look(job, server, release, manner).await);
    // Last: what was seen so far is in the log before it is served
    let (log, findings) = log::look(job, server, release).await;
    seen.log = log;
    seen.findings.extend(findings);
}
