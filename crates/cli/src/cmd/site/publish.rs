//! `nightsafe site publish`: the last step of a release day, on the machine that is online.

use std::path::PathBuf;

use anyhow::Result;

use crate::data_dir::DataDirArg;
use crate::keys::{carried, now};
use crate::site::offered;
use crate::site::proposal::SiteProposal;
use crate::{manifests, term};

/// Publishes a release that enough site keys have signed
///
/// Verifies the signatures and every file's bytes, puts the release into the release log, has witnesses cosign it where
/// nightsafe.toml names some, then exchanges one link. Whenever this is interrupted, the old release or
/// the new one is served, whole; run it again. A running `nightsafe up` takes the release over by itself. Afterwards, run
/// `nightsafe site verify` against the servers.
#[derive(clap::Args, Debug)]
pub(crate) struct PublishArgs {
    #[command(flatten)]
    data: DataDirArg,
    /// The signed proposal; several files when copies of one went to different signers
    #[arg(value_name = "FILE", required = true)]
    proposals: Vec<PathBuf>,
}

pub(super) async fn run(args: &PublishArgs) -> Result<()> {
    let (data, config) = args.data.open()?;
    let anchor = manifests::read_anchor(&data)?;
    let proposal: SiteProposal = carried::read_signed(&args.proposals, &anchor)?;
    let sequence = offered::publish((&data, &config), &anchor, &proposal, now()).await?;
    term::print(&format!("{}\n", nightsafe_core::release::hash(proposal.document())))?;
    term::progress(&format!(
        "release {sequence} is served from {}. Now check what the servers answer:",
        data.site().display()
    ));
    for origin in [&config.origins.fields, &config.origins.admin] {
        term::progress(&format!("  nightsafe site verify {origin} --anchor {}", data.anchor().display()));
    }
    Ok(())
}
