//! Announcing by mail what is due with manifest and data keys: each step once, and what is late once a day.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use nightsafe_core::epoch::{Due, due};
use nightsafe_core::manifest::KeyManifest;
use nightsafe_core::note::Note;
use nightsafe_core::scalar::Site;
use nightsafe_core::time::UnixTime;
use nightsafe_serve::clock::Clock;
use nightsafe_serve::files::replace;
use nightsafe_store::StoreError;
use nightsafe_store::vault::VaultStore;
use tokio::sync::Mutex;

use crate::Leavers;
use crate::mail::{MailError, Mailer};

/// How often it is looked whether something is due, and tried again what was not sent.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// How often what is late is said again, in seconds.
const AGAIN_AFTER: u64 = 86_400;
/// Steps that are remembered: those of two years.
const MAX_STEPS: usize = 64;
/// Longest state, in bytes.
const MAX_STATE: u64 = 16 << 10;
const STATE_MODE: u32 = 0o600;

/// Announces by mail.
#[derive(Debug)]
pub struct Announcer {
    site: Site,
    mailer: Mailer,
    state: PathBuf,
    /// By this process: where the file cannot be written, nobody gets a mail every ten minutes.
    sent: Mutex<Announced>,
}

/// Why something was not announced.
#[derive(Debug, thiserror::Error)]
pub enum AnnounceError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The state. What was sent would be sent again after a restart.
    #[error("cannot keep in {} what was announced: {source}", .path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl Announcer {
    /// For a site; what was announced is kept in the file `state`.
    pub const fn new(site: Site, mailer: Mailer, state: PathBuf) -> Self {
        Self { site, mailer, state, sent: Mutex::const_new(Announced(Vec::new())) }
    }

    /// Announces what is due by the vault's newest manifest, now and every ten minutes, until `stopped` is ready.
    pub async fn watch(
        self,
        store: VaultStore,
        leavers: Leavers,
        clock: Arc<dyn Clock>,
        stopped: impl Future<Output = ()>,
    ) {
        let mut stopped = pin!(stopped);
        loop {
            let announced = tokio::select! {
                biased;
                () = &mut stopped => break,
                announced = self.look(&store, &leavers, clock.now()) => announced,
            };
            match announced {
                Ok(0) => {}
                Ok(announced) => tracing::info!(announced, "announced by mail what is due"),
                Err(error) => tracing::error!(%error, "what is due was not announced by mail; it is tried again"),
            }
            tokio::select! {
                () = &mut stopped => break,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn look(&self, store: &VaultStore, leavers: &Leavers, now: UnixTime) -> Result<usize, AnnounceError> {
        match newest_manifest(store).await? {
            Some(manifest) => self.announce(&due(&manifest, &leavers.keys(store).await, now), now).await,
            None => Ok(0),
        }
    }

    /// Announces those of them that were not announced yet, in one mail; how many these are.
    ///
    /// # Errors
    /// [`AnnounceError`]; what was not sent is announced the next time.
    pub async fn announce(&self, due: &[Due], now: UnixTime) -> Result<usize, AnnounceError> {
        let mut sent = self.sent.lock().await;
        let kept = Announced::read(&self.state);
        let mut announced = kept.clone();
        sent.0.iter().for_each(|(step, at)| announced.add(step.clone(), *at));
        let new: Vec<&Due> = due.iter().filter(|due| announced.is_due(due, now)).collect();
        if !new.is_empty() {
            self.send(&new, now).await?;
            new.iter().for_each(|due| announced.add(due.step(), now));
        }
        let count = new.len();
        sent.clone_from(&announced);
        if announced != kept {
            let written = replace(&self.state, announced.to_text().as_bytes(), STATE_MODE);
            written.map_err(|source| AnnounceError::State { path: self.state.clone(), source })?;
        }
        Ok(count)
    }

    async fn send(&self, new: &[&Due], now: UnixTime) -> Result<(), MailError> {
        let subject = format!("Nightsafe, {}: {}", self.site, subject(new));
        let lines: Vec<String> = new.iter().map(|due| format!("- {due}")).collect();
        let text = format!("For {}, as of {}:\n\n{}\n", self.site, now.to_text(), lines.join("\n"));
        self.mailer.send(&subject, &text, now).await
    }
}

/// The vault's manifest with the highest number. It is not verified here: browsers do that, and this is the vault's own.
pub(crate) async fn newest_manifest(store: &VaultStore) -> Result<Option<KeyManifest>, StoreError> {
    let notes = store.manifests().await?;
    let manifests = notes.iter().filter_map(|note| KeyManifest::parse(Note::parse(note).ok()?.text()).ok());
    Ok(manifests.max_by_key(|manifest| manifest.sequence))
}

fn subject(due: &[&Due]) -> &'static str {
    let is_late = due.iter().any(|due| due.is_late());
    if is_late { "keys or manifest are overdue" } else { "keys or manifest are due soon" }
}

/// Steps with the time of the last mail, oldest first. As text a line each: time, blank, step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Announced(Vec<(String, UnixTime)>);

impl Announced {
    /// A state that cannot be read costs a mail too many, not silence.
    fn read(path: &Path) -> Self {
        let fits = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() <= MAX_STATE);
        let text = if fits { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() };
        Self(text.lines().filter_map(step).collect())
    }

    fn is_due(&self, due: &Due, now: UnixTime) -> bool {
        let step = due.step();
        match self.0.iter().find(|(known, _)| *known == step) {
            None => true,
            // A clock that was set back must not silence it for longer than it says
            Some((_, at)) => due.is_late() && (now >= at.plus(AGAIN_AFTER) || now < *at),
        }
    }

    fn add(&mut self, step: String, now: UnixTime) {
        self.0.retain(|(known, _)| *known != step);
        self.0.push((step, now));
        let surplus = self.0.len().saturating_sub(MAX_STEPS);
        self.0.drain(..surplus);
    }

    fn to_text(&self) -> String {
        self.0.iter().map(|(step, at)| format!("{} {step}\n", at.to_text())).collect()
    }
}

fn step(line: &str) -> Option<(String, UnixTime)> {
    let (at, step) = line.split_once(' ')?;
    Some((step.to_owned(), UnixTime::parse(at).ok()?))
}

#[cfg(test)]
mod tests {
    use nightsafe_core::scalar::KeyId;

    use super::*;

    const DAY: u64 = 86_400;

    #[test]
    fn each_step_once_and_what_is_late_once_a_day() {
        let start = UnixTime::from_seconds(1_795_219_200);
        let (ends, key) = (start.plus_days(30), KeyId([7; 16]));
        let soon = Due::ManifestEnds { within_days: 30, at: ends };
        let late = |days| Due::KeyOverdue { key, days };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("announced");
        let mut announced = Announced::read(&path);
        assert!(announced.is_due(&soon, start) && announced.is_due(&late(90), start));
        announced.add(soon.step(), start);
        announced.add(late(90).step(), start);
        std::fs::write(&path, announced.to_text()).unwrap();

        // After a restart
        let mut announced = Announced::read(&path);
        assert!(!announced.is_due(&soon, start.plus_days(2)));
        assert!(announced.is_due(&Due::ManifestEnds { within_days: 7, at: ends }, start));
        assert!(announced.is_due(&Due::ManifestEnds { within_days: 30, at: ends.plus_days(1) }, start));
        assert!(!announced.is_due(&late(90), start.plus(DAY - 1)));
        assert!(announced.is_due(&late(91), start.plus(DAY)));
        assert!(announced.is_due(&late(90), start.minus(1)), "a clock that was set back");
        announced.add(late(91).step(), start.plus(DAY));
        assert_eq!(announced.0.len(), 2);
        for number in 0..100 {
            announced.add(Due::ManifestEnded { at: start.plus_days(number) }.step(), start);
        }
        assert_eq!(announced.0.len(), MAX_STEPS);
        std::fs::write(&path, "no such thing\n2026-01-01 x\n").unwrap();
        assert_eq!(Announced::read(&path), Announced::default());
    }
}
