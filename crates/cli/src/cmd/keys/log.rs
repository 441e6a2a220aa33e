//! `nightsafe keys log`: the key that the vault signs the audit log with.

use anyhow::{Context, Result};
use nightsafe_core::note::NoteSigner;
use nightsafe_vault::LogConfig;

use crate::data_dir::DataDirArg;
use crate::files;
use crate::keys::{online, rng};
use crate::term;

/// Prints the public key of the audit log, for whoever checks copies of it; makes the key when there is none
///
/// The key is DATA/keys/log.key; give it to the vault as `site.log_key`. `init` makes one; a site of an earlier version
/// has none. Do not replace it: what another key signed is another log.
#[derive(clap::Args, Debug)]
pub(crate) struct LogArgs {
    #[command(flatten)]
    data: DataDirArg,
}

pub(super) fn run(args: &LogArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let path = data.log_key();
    let signer = if path.exists() {
        online::read(&path)?
    } else {
        let signer = NoteSigner::generate(&LogConfig::name(&config.site()?), &mut rng())
            .context("the site's name cannot be part of a key's name")?;
        files::create_private_dir(&data.keys())?;
        online::create(&path, &signer)?;
        files::sync_parent(&path)?;
        term::progress(&format!("Made {}; keep it on the vault's machine only.", path.display()));
        signer
    };
    term::print(&format!("{}\n", signer.vkey()))
}
