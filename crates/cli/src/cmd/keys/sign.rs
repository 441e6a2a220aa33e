//! `nightsafe keys sign`: a proposed manifest on a machine without network; or, on one machine, the next manifest signed
//! and published in one step.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nightsafe_core::manifest;
use nightsafe_store::vault::VaultStore;

use super::plan::{self, Wanted};
use super::review::review;
use crate::data_dir::DataDirArg;
use crate::database_url::VaultArg;
use crate::keys::carried::{self, SignerArgs};
use crate::keys::leavers::Leavers;
use crate::keys::now;
use crate::keys::proposal::Proposal;
use crate::keys::site_key::unlock_signers;
use crate::manifests::{self, Signed};
use crate::term;

/// Signs a proposed key manifest with site keys, or signs and publishes the next one in one step
///
/// With FILE, which `nightsafe keys propose` wrote: shows in plain words what is signed, asks, and adds the signatures to the
/// file. This needs no network and no data directory; signers take turns, on different machines, in any order. With
/// --data-dir instead, where the site keys are at hand: makes the next manifest, signs and publishes it at once.
#[derive(clap::Args, Debug)]
pub(crate) struct SignArgs {
    /// The proposal to sign
    #[arg(value_name = "FILE", conflicts_with_all = ["data_dir", "vault_url_file", "days", "policy", "parents"])]
    proposal: Option<PathBuf>,
    /// Data directory of the site, as made by `nightsafe init`
    #[arg(long, value_name = "DIR", required_unless_present = "proposal")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    vault: VaultArg,
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    signer: SignerArgs,
}

pub(super) async fn run(args: &SignArgs) -> Result<()> {
    match (&args.proposal, &args.data_dir) {
        (Some(file), _) => {
            carried::sign::<Proposal>(file, &args.signer, |proposal, own| Ok(review(proposal, own, now()))).await
        }
        (None, Some(data_dir)) => sign_and_publish(args, data_dir).await,
        (None, None) => bail!("name the proposal to sign, or the data directory"),
    }
}

async fn sign_and_publish(args: &SignArgs, data_dir: &Path) -> Result<()> {
    let (data, config) = DataDirArg { data_dir: data_dir.to_owned() }.open()?;
    let anchor = manifests::read_anchor(&data)?;
    let history = manifests::all(&data, &anchor)?;
    let store = VaultStore::open(&args.vault.database(&data, &config)?).await?;
    let now = now();
    let leavers = Leavers::read(&store, &anchor).await?;
    let next = plan::next_manifest(&args.wanted, &history, (&store.custody().await?, &leavers), now)?;
    plan::check_any_key(&next)?;
    if let Some(before) = history.last() {
        leavers.told(before.manifest(), now).iter().for_each(|line| term::progress(line));
    }
    for key in &next.data_keys {
        manifests::read_key(&data, key)?;
        if history.iter().all(|signed| signed.manifest().data_key(key.key_id()).is_none()) {
            term::progress(&format!(
                "new data key {}, sealing from {}: compare it with what `nightsafe keys next` printed",
                key.key_id(),
                key.start.to_text()
            ));
        }
    }

    let signers =
        unlock_signers(&args.signer.site_keys, args.signer.site_passphrase_fd.as_ref(), &config.site()?, &anchor)
            .await?;
    let note = manifest::sign(&next, &signers.iter().collect::<Vec<_>>())?;
    manifest::verify(&note, &anchor, now).context("the new manifest does not verify, so it was not published")?;
    let signed = Signed::verify(note, &anchor)?;
    plan::place(&data, &config, &store, &signed).await?;
    store.close().await;
    plan::tell(&signed)
}
