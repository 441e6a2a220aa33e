//! `nightsafe keys relay`: the key that the vault signs its requests to a relay with.

use anyhow::{Context, Result};
use nightsafe_core::note::NoteSigner;

use crate::data_dir::DataDirArg;
use crate::files;
use crate::keys::{online, rng};
use crate::term;

/// Makes the vault's relay key when there is none, and prints its public key for the shop's side
///
/// The key is DATA/keys/relay.key; give it to the vault as `source.relay.key`. The line that is printed goes into the
/// relay's configuration, as one of `relay.vault_keys`. To replace a key, move its file away and run this again; the
/// relay takes both until you remove the old line.
#[derive(clap::Args, Debug)]
pub(crate) struct RelayArgs {
    #[command(flatten)]
    data: DataDirArg,
}

pub(super) fn run(args: &RelayArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let path = data.relay_key();
    let signer = if path.exists() {
        online::read(&path)?
    } else {
        let signer = NoteSigner::generate(&format!("{}/relay", config.site()?), &mut rng())
            .context("the site's name cannot be part of a key's name")?;
        files::create_private_dir(&data.keys())?;
        online::create(&path, &signer)?;
        files::sync_parent(&path)?;
        term::progress(&format!("Made {}; keep it on the vault's machine only.", path.display()));
        signer
    };
    term::print(&format!("{}\n", signer.vkey()))
}
