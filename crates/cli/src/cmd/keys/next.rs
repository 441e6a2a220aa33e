//! `nightsafe keys next`: the data key that follows.

use anyhow::{Context, Result};
use nightsafe_core::suite::Suite;
use nightsafe_store::vault::VaultStore;

use crate::data_dir::DataDirArg;
use crate::database_url::VaultArg;
use crate::keys::fresh::Maker;
use crate::manifests;
use crate::passphrase::{Descriptor, Source};
use crate::term;

/// Makes the data key that follows, and grants it to all admins of the roster and to the recovery key
///
/// It seals nothing before a manifest with it was signed and published: `nightsafe keys propose` does this and more.
#[derive(clap::Args, Debug)]
pub(crate) struct NextArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// Key encapsulation: xwing or x25519 [default: that of the active key]
    #[arg(long, value_name = "SUITE", value_parser = parse_suite)]
    suite: Option<Suite>,
    /// Read the admin's passphrase from this file descriptor instead of the terminal
    #[arg(long, value_name = "FD")]
    passphrase_fd: Option<Descriptor>,
}

pub(super) async fn run(args: &NextArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let anchor = manifests::read_anchor(&data)?;
    let latest = manifests::latest(&data, &anchor)?;
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    let maker = Maker::new((&data, &config), &anchor, &store, latest.manifest(), args.suite).await?;
    let passphrase = Source::new(args.passphrase_fd.as_ref()).existing(&format!("the admin {}", config.admin_user))?;
    let made = maker.make(1, &passphrase).await?;
    store.close().await;

    for id in made {
        term::print(&format!("{id}\n"))?;
    }
    term::progress("It seals nothing yet: `nightsafe keys sign` puts it into the next manifest.");
    Ok(())
}

pub(super) fn parse_suite(text: &str) -> Result<Suite> {
    Suite::from_name(text).context("take xwing or x25519")
}
