//! `nightsafe keys publish`: the last step of the ceremony, on the machine that is online.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nightsafe_core::manifest;
use nightsafe_store::vault::VaultStore;

use super::plan;
use crate::data_dir::DataDirArg;
use crate::database_url::VaultArg;
use crate::keys::carried::{self, Carried};
use crate::keys::leavers::Leavers;
use crate::keys::now;
use crate::keys::proposal::Proposal;
use crate::manifests::{self, Signed};
use crate::term;

/// Publishes a manifest that enough site keys have signed: the last of three steps
///
/// It must follow the current one. Whenever this is interrupted, the old manifest or the new one is in place, whole; run it
/// again. A running `nightsafe up` takes the manifest over by itself.
#[derive(clap::Args, Debug)]
pub(crate) struct PublishArgs {
    #[command(flatten)]
    data: DataDirArg,
    #[command(flatten)]
    vault: VaultArg,
    /// The signed proposal; several files when copies of one went to different signers
    #[arg(value_name = "FILE", required = true)]
    proposals: Vec<PathBuf>,
}

pub(super) async fn run(args: &PublishArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let anchor = manifests::read_anchor(&data)?;
    let proposal: Proposal = carried::read_signed(&args.proposals, &anchor)?;
    let note = proposal.signatures().note();
    manifest::verify(&note, &anchor, now()).context("the manifest is not in force now, so it was not published")?;
    let signed = Signed::verify(note, &anchor)?;
    let latest = manifests::latest(&data, &anchor)?;
    // What was interrupted is done again from the beginning: every step leaves alone what is in place
    if latest.hash() != signed.hash() && latest.hash() != proposal.before().hash() {
        bail!(
            "manifest {} was signed in the meantime, so this one does not follow any more: propose again",
            latest.sequence()
        );
    }

    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    let held = store.custody().await?;
    for (named, key) in proposal.manifest().data_keys.iter().zip(proposal.keys()) {
        if !held.iter().any(|held| held.key_id == named.key_id()) {
            bail!("the vault does not hold data key {}: what is sealed to it, nobody could open", named.key_id());
        }
        manifests::store_key(&data, named, key.as_bytes())?;
    }
    plan::place(&data, &config, &store, &signed).await?;
    let known = Leavers::read(&store, &anchor).await?.told(signed.manifest(), now());
    store.close().await;
    if !known.is_empty() {
        // Signed before the person left, it may be needed all the same: an old manifest stops the form
        term::warn("somebody who has left opens a data key of this manifest: run `nightsafe keys propose` again");
    }
    plan::tell(&signed)
}
