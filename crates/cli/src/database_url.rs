//! Where a command finds the URL of a database.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use nightsafe_serve::config::Secret;
use nightsafe_store::Database;
use zeroize::Zeroizing;

use crate::config::Config;
use crate::data_dir::DataDir;
use crate::term;

/// `--vault-url-file`, which every subcommand takes that works on the vault's database. There is no option for the URL
/// itself: the vault's has a password in most shops.
#[derive(Args, Clone, Debug)]
pub(crate) struct VaultArg {
    /// File whose only line is the URL of the vault's database, readable by its owner alone [default: what
    /// nightsafe.toml names as vault_url_file, else vault.db in the data directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) vault_url_file: Option<PathBuf>,
}

impl VaultArg {
    /// The vault's database: as the option says, else as the configuration, else the SQLite file.
    pub(crate) fn database(&self, data: &DataDir, config: &Config) -> Result<Database> {
        match self.vault_url_file.as_ref().or(config.vault_url_file.as_ref()) {
            Some(file) => from_file(file),
            None => Ok(data.vault()),
        }
    }
}

/// Reads a file with a URL in its only line.
pub(crate) fn from_file(path: &Path) -> Result<Database> {
    let path = std::path::absolute(path).context("cannot find the current folder")?;
    let text = path.to_str().context("the name of the file with the URL is not UTF-8")?;
    let url = Secret::parse(text)?.read_text()?;
    url.trim().parse().with_context(|| format!("{} holds no URL of a database", path.display()))
}

/// Parses a URL that was an argument. A password in it is taken, with a warning; `instead` is the option for a file.
pub(crate) fn from_argument(url: &Zeroizing<String>, instead: &str) -> Result<Database> {
    if Database::text_holds_password(url) {
        term::warn(&format!(
            "every user of this machine can read the password in the arguments of a program: \
             put the URL into a file and name that with {instead}, and change the password",
        ));
    }
    Ok(url.parse()?)
}
