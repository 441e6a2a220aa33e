//! The configuration of a witness; `deploy/witness.toml` is the commented sample.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use nightsafe_core::log::Witness as Cosigner;
use nightsafe_core::note::{NoteSigner, Vkey};
use nightsafe_serve::clock::SystemClock;
use nightsafe_serve::config::{self, AbsolutePath, Listen, Log, Secret};
use nightsafe_serve::service::Service;
use nightsafe_serve::{online_key, server};
use nightsafe_store::monitor::MonitorStore;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Witness, router};

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The file that `nightsafe-monitor witness-key` made.
    pub key: Secret,
    /// What was cosigned. Whoever puts an older copy of it back makes the witness sign two histories.
    pub database: AbsolutePath,
    /// Keys of the logs that are cosigned; the name of each is its log's origin.
    pub logs: Vec<String>,
    /// Where it listens.
    pub listen: Listen,
    /// What is logged.
    #[serde(default)]
    pub log: Log,
}

impl Config {
    fn logs(&self) -> Result<Vec<Vkey>> {
        // Not its text: a private key may have been pasted there
        let read = |(place, text): (usize, &String)| {
            Vkey::parse(text).with_context(|| format!("logs: number {} is no key of a log", place.saturating_add(1)))
        };
        self.logs.iter().enumerate().map(read).collect()
    }

    fn signer(&self) -> Result<NoteSigner> {
        let text = self.key.read_text().context("key")?;
        online_key::parse(&text).context("key: the file is not one line of PRIVATE+KEY+name+id+base64")
    }
}

/// Serves until the end is asked for.
///
/// # Errors
/// What is wrong with the configuration, or could not start.
pub async fn run(path: &Path) -> Result<()> {
    let config: Config = config::read(path)?;
    let (signer, logs) = (config.signer()?, config.logs()?);
    config.log.start()?;
    let end = server::end_requested()?;
    let database = config.database.to_path_buf();
    let store = MonitorStore::open(&database).await.with_context(|| format!("cannot use {}", database.display()))?;
    let witness = Arc::new(Witness::new(signer, &logs, store.clone(), Arc::new(SystemClock)));
    tracing::info!(key = %witness.cosigner(), logs = logs.len(), "a witness");
    let mut service = Service::default();
    service.listen("witness", &config.listen, router(witness)).await?;
    let ended = service.run(end).await;
    store.close().await;
    ended.map_err(Into::into)
}

/// Makes the key of a witness, in a new file. Its public key.
///
/// # Errors
/// When the name is none, or the file is there already.
pub fn make_key(path: &Path, name: &str) -> Result<Cosigner> {
    let mut seed = Zeroizing::new([0; 32]);
    if getrandom::fill(seed.as_mut()).is_err() {
        bail!("the system gave no random bytes");
    }
    let signer = NoteSigner::from_seed(name, &seed).context("a witness's name has no blank and no + in it")?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot make {}: nothing is overwritten", path.display()))?;
    file.write_all(online_key::to_text(&signer).as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Cosigner::new(signer.vkey().clone()))
}
