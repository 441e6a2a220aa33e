//! The data directory: where each file of a site is.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use nightsafe_store::Database;

use crate::config::Config;

/// `--data-dir`, which every subcommand takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct DataDirArg {
    /// Data directory of the site, as made by `nightsafe init`
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: PathBuf,
}

impl DataDirArg {
    /// Opens the directory: reads and checks its configuration.
    pub(crate) fn open(&self) -> Result<(DataDir, Config)> {
        let data = DataDir::new(&self.data_dir);
        let config = Config::read(&data.config())?;
        Ok((data, config))
    }
}

/// Paths below one data directory.
#[derive(Clone, Debug)]
pub(crate) struct DataDir {
    root: PathBuf,
}

impl DataDir {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The directory itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// `nightsafe.toml`.
    pub(crate) fn config(&self) -> PathBuf {
        self.root.join("nightsafe.toml")
    }

    /// The trust anchor of the checkout. Its `wasm` line names no file until the site is built.
    pub(crate) fn anchor(&self) -> PathBuf {
        self.root.join("anchor.txt")
    }

    /// Online signing keys.
    pub(crate) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    pub(crate) fn receipt_key(&self) -> PathBuf {
        self.keys().join("receipt.key")
    }

    pub(crate) fn timestamp_key(&self) -> PathBuf {
        self.keys().join("timestamp.key")
    }

    /// The vault's secret for sign-in (OPAQUE): kept out of its database on purpose.
    pub(crate) fn login_key(&self) -> PathBuf {
        self.keys().join("login.key")
    }

    /// Signs the audit log.
    pub(crate) fn log_key(&self) -> PathBuf {
        self.keys().join("log.key")
    }

    /// Signs the release log.
    pub(crate) fn release_log_key(&self) -> PathBuf {
        self.keys().join("release-log.key")
    }

    /// Signs the site's scripts and modules.
    pub(crate) fn integrity_key(&self) -> PathBuf {
        self.keys().join("integrity.key")
    }

    /// Does so from the next rotation on.
    pub(crate) fn integrity_next_key(&self) -> PathBuf {
        self.keys().join("integrity-next.key")
    }

    /// The release log: what is served below `/log/` is a copy of it.
    pub(crate) fn release_log(&self) -> PathBuf {
        self.root.join("release-log")
    }

    /// Signs the vault's requests to a relay.
    pub(crate) fn relay_key(&self) -> PathBuf {
        self.keys().join("relay.key")
    }

    /// Public part of the organisation's recovery key.
    pub(crate) fn recovery_public(&self) -> PathBuf {
        self.root.join("recovery.pub")
    }

    /// The roster of admins, for ingest. Never published: it has names in it.
    pub(crate) fn roster(&self) -> PathBuf {
        self.root.join("roster")
    }

    /// Which roster ingest has seen.
    pub(crate) fn roster_seen(&self) -> PathBuf {
        self.root.join("roster-seen")
    }

    /// What was announced by mail.
    pub(crate) fn announced(&self) -> PathBuf {
        self.root.join("announced")
    }

    /// All key manifests that were ever signed, `<hash>.note`.
    pub(crate) fn manifests(&self) -> PathBuf {
        self.root.join("manifests")
    }

    pub(crate) fn outbox(&self) -> Database {
        self.root.join("outbox.db").into()
    }

    /// Where the vault is unless another database was named; see [`crate::database_url::VaultArg`].
    pub(crate) fn vault(&self) -> Database {
        self.vault_file().into()
    }

    pub(crate) fn vault_file(&self) -> PathBuf {
        self.root.join("vault.db")
    }

    /// The release that is served: a link to its folder.
    pub(crate) fn site(&self) -> PathBuf {
        self.root.join("site")
    }

    /// The same, to read what is in it.
    pub(crate) fn served(&self) -> ReleaseFolder {
        ReleaseFolder::new(self.site())
    }

    /// A folder for each release, by sequence number.
    pub(crate) fn releases(&self) -> PathBuf {
        self.root.join("releases")
    }

    /// The release of that number, served or not.
    pub(crate) fn release_folder(&self, sequence: u64) -> ReleaseFolder {
        ReleaseFolder::new(self.releases().join(sequence.to_string()))
    }

    /// The file that is carried to the site keys for it.
    pub(crate) fn release_proposal(&self, sequence: u64) -> PathBuf {
        self.releases().join(format!("{sequence}.proposal"))
    }

    /// Documents and notes of all releases that were published.
    pub(crate) fn signed_releases(&self) -> PathBuf {
        self.releases().join("signed")
    }

    /// Owners and justifications of scripts, where they are not the usual ones.
    pub(crate) fn inventory(&self) -> PathBuf {
        self.root.join("inventory.toml")
    }

    pub(crate) fn fields(&self) -> PathBuf {
        self.served().fields()
    }

    pub(crate) fn admin(&self) -> PathBuf {
        self.served().admin()
    }

    pub(crate) fn fields_headers(&self) -> PathBuf {
        self.served().fields_headers()
    }

    pub(crate) fn admin_headers(&self) -> PathBuf {
        self.served().admin_headers()
    }

    pub(crate) fn release(&self) -> PathBuf {
        self.served().record()
    }
}

/// Paths in the folder of one release: all that the two static origins serve, and what describes it.
#[derive(Clone, Debug)]
pub(crate) struct ReleaseFolder {
    root: PathBuf,
}

impl ReleaseFolder {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn fields(&self) -> PathBuf {
        self.root.join("fields")
    }

    pub(crate) fn admin(&self) -> PathBuf {
        self.root.join("admin")
    }

    pub(crate) fn fields_headers(&self) -> PathBuf {
        self.root.join("fields-headers.json")
    }

    pub(crate) fn admin_headers(&self) -> PathBuf {
        self.root.join("admin-headers.json")
    }

    /// The headers of `fields` or `admin` for another kind of server.
    pub(crate) fn server_file(&self, site: &str, kind: &str) -> PathBuf {
        self.root.join(format!("{site}-headers.{kind}"))
    }

    /// The release log, as the fields origin serves it.
    pub(crate) fn log(&self) -> PathBuf {
        self.fields().join("log")
    }

    /// Which files are current, and the earlier versions.
    pub(crate) fn record(&self) -> PathBuf {
        self.root.join("release.json")
    }

    /// The release's document.
    pub(crate) fn document(&self) -> PathBuf {
        self.root.join("site-release.json")
    }

    /// Its signed note, once enough site keys have signed.
    pub(crate) fn note(&self) -> PathBuf {
        self.root.join("site-release")
    }

    /// The trust anchor that its scripts carry.
    pub(crate) fn anchor(&self) -> PathBuf {
        self.root.join("anchor.txt")
    }
}
